{#
  RESERVE_POLL_START sets the moment from which a device is polled again.

  Of the reserved start and stop, the later one that has come decides, so the two are never
  the same moment. The device is named by MAC, serial number or LD_ID.
#}
{% from 'reservation.sql' import reserve %}

{{ reserve('START', 'STOP', 'Reserve the moment from which a device is polled.') }}
