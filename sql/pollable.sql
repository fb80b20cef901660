{#
  Whether a head-end polls a device: said here once, and read by all through the views that
  carry these three columns.

  A device is polled when it is provisioned (authenticated, where ALA is linked), set to be
  polled, active and not deleted, and when no reservation pauses it. Of the reserved stop
  and start, the later one that has come decides; a start at the very moment of a stop wins.
#}

{% macro pollable(device, transaction, ala) %}
CASE
  WHEN {{ device }}.DELETED = 0
   AND {{ device }}.POLL_CONFIG = 1
   AND {{ transaction }}.ACTIVATION = 1
   AND ({{ transaction }}.PROV_STAT = 'A'
        OR ({{ transaction }}.PROV_STAT = 'C' AND COALESCE({{ ala }}."VALUE", '0') = '0'))
  THEN 1
  ELSE 0
END
{%- endmacro %}

{% macro paused_from(transaction) %}
COALESCE({{ transaction }}.POLL_STOP_AT, TIMESTAMP '9999-12-31 00:00:00')
{%- endmacro %}

{% macro paused_until(transaction) %}
CASE
  WHEN {{ transaction }}.POLL_START_AT >= {{ transaction }}.POLL_STOP_AT
  THEN {{ transaction }}.POLL_START_AT
  ELSE TIMESTAMP '9999-12-31 00:00:00'
END
{%- endmacro %}

{% macro polled_at(device, moment) %}
{{ device }}.POLLABLE = 1
   AND NOT ({{ device }}.PAUSED_FROM <= {{ moment }} AND {{ moment }} < {{ device }}.PAUSED_UNTIL)
{%- endmacro %}
