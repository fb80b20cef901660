{#
  The physical devices that head-ends poll now: once for the view of them, once for the view of
  what is read from them.

  The engine begins with the devices, which a caller asks for a page at a time, and looks the rest
  up. Left to itself it begins with whatever its statistics take for empty, as they do just after
  many devices have come.
#}
{% import 'pollable.sql' as p %}
{% from 'frame.sql' import join_in_order, by_index %}

{# The block may join more to the devices, d. #}
{% macro poll_targets() %}
{% set join = join_in_order() %}
  FROM CONTROLLER d
  {{ join }} CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  {{ join }} CONCENTRATOR o{{ by_index('CONCENTRATOR', ['CO_ID']) }}
    ON o.CO_ID = d.CO_ID
  {{ join }} CONTROLLER_TYPE y
    ON y.TYPE_ID = d.TYPE_ID
{% if caller is defined %}
{{ '  ' ~ caller() | trim }}
{% endif %}
  LEFT JOIN MDM_CONFIG a
    ON a.NAME = 'ALA_LINKED'
 WHERE {{ p.pollable('d', 'x', 'a') | indent(7) }} = 1
   AND NOT ({{ p.paused_from('x') }} <= LOCALTIMESTAMP
            AND LOCALTIMESTAMP < {{ p.paused_until('x') | indent(12) }})
{%- endmacro %}
