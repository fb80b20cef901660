{#
  LOCATE_DEVICE gives the one device that identifiers name, and where a head-end reaches it.
#}
{% from 'frame.sql' import procedure, when, give %}
{% import 'locate.sql' as locate %}

{% call procedure('LOCATE_DEVICE', 'Give the device that identifiers name, and where a head-end reaches it.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = locate.locate_takes,
                  gives = locate.locate_gives,
                  holds = locate.locate_holds,
                  means = locate.locate_means,
                  codes = locate.locate_codes) %}
{{ locate.verdict() }}

{% call when(':RESULT_CODE = 0') %}
{{ locate.find() }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
{{ locate.found() }}
{% endcall %}
{% endcall %}
{% endcall %}
