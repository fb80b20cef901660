{# Firebird finds the oldest slot of a history by its index over time. #}
{% from 'frame.sql' import delete_some %}
{% import 'type.sql' as t %}

{% set pruned_holds = {} %}
{% set deleted_holds = {} %}

{# A slot behind a moment. #}
{% macro behind(slot, moment) %}{{ slot }} > {{ moment }}{% endmacro %}

{# Behind the name of a table of which any row will do. #}
{% macro any_of(table) %}{% endmacro %}

{# The day in which the oldest slot behind one moment and up to another begins; null where there is none. #}
{% macro first_day(table, after, until, into) %}
SELECT CAST(DATEADD(-1 SECOND TO MIN(h.MEASURED_TIME)) AS DATE)
  FROM {{ table.name }} h
 WHERE h.MEASURED_TIME > {{ after }}
{% if until %}
   AND h.MEASURED_TIME <= {{ until }}
{% endif %}
  INTO {{ into }};
{% endmacro %}

{# Delete at most so many rows behind one day and up to another, the oldest first. #}
{% macro delete_oldest(table, after, until, count, removed) %}
{{ delete_some(table.name, 'MEASURED_TIME > ' ~ after ~ '\n   AND MEASURED_TIME <= ' ~ until, 'MEASURED_TIME', count) }}
SET {{ removed }} = {{ t.row_count }};
{% endmacro %}

{# Along the key one step finds the next row, where a range of time would skip years of them. #}
{% macro also_within(table, after, until) %}{% endmacro %}
