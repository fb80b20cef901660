{#
  LOCATE_DEVICE gives the one device that identifiers name, and where a head-end reaches it.
#}
{% from 'frame.sql' import procedure, when, give %}
{% import 'type.sql' as t %}
{% import 'locate.sql' as locate %}

{% call procedure('LOCATE_DEVICE', 'Give the device that identifiers name, and where a head-end reaches it.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = locate.locate_takes,
                  gives = locate.locate_gives,
                  holds = locate.locate_holds,
                  means = locate.locate_means,
                  codes = locate.locate_codes) %}
SELECT CASE
         WHEN {{ locate.is_missing() }} THEN 1001
         WHEN {{ locate.is_malformed() }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ locate.find() }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
{{ locate.found() }}
{% endcall %}
{% endcall %}
{% endcall %}
