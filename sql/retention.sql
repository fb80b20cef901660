{# From when on the histories are kept, counted back from the day of :v_at. #}
{% from 'frame.sql' import add_days %}
{% from 'billing_month.sql' import billing_month %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% set retention_holds = {'v_at': t.time, 'v_closing_day': 'INTEGER', 'v_month': 'DATE'} %}

{# A day of grace: the server may keep another time than the station. #}
{% macro is_no_moment(at) %}
{{ at }} < TIMESTAMP '1900-01-01 00:00:00'
           OR {{ at }} > {{ add_days('LOCALTIMESTAMP(0)', '1') }}
{%- endmacro %}

{% macro count_back_from(at) %}
SET :v_at = COALESCE({{ at }}, LOCALTIMESTAMP(0));
{{ setting('CLOSING_DAY', ':v_closing_day') }}
SET :v_month = {{ billing_month('CAST(:v_at AS DATE)', ':v_closing_day') }};
{% endmacro %}

{# Never while re-polling still asks for a reading. #}
{% macro usage_days_ago(into) %}
SELECT {{ add_days('CAST(:v_at AS DATE)', '-MAX(CAST(c."VALUE" AS DECIMAL(9)))') }}
  FROM MDM_CONFIG c
 WHERE c.NAME IN ('USAGE_DAYS', 'REPOLL_DEADLINE_DAYS')
  INTO {{ into }};
{% endmacro %}

{# The begin of the billing month so many months before the present one: its middle is that many mean months ago. #}
{% macro months_ago(setting, into) %}
{% set middle = add_days(':v_month', '15 - FLOOR(CAST(c."VALUE" AS DECIMAL(9)) * 30.436875)') %}
SELECT {{ billing_month(middle, ':v_closing_day') | trim }}
  FROM MDM_CONFIG c
 WHERE c.NAME = '{{ setting }}'
  INTO {{ into }};
{% endmacro %}
