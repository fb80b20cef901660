{#
  RESERVE_POLL_STOP sets the moment from which a device is no longer polled.

  Of the reserved start and stop, the later one that has come decides, so the two are never
  the same moment. The device is named by MAC, serial number or LD_ID.
#}
{% from 'reservation.sql' import reserve %}

{{ reserve('STOP', 'START', 'Reserve the moment from which a device is no longer polled.') }}
