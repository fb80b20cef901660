{#
  How a history is read that has partitions by time instead of an index over it.

  The engine finds the partitions by constants and variables of the rule, not by columns of other
  tables. Along the key it first asks every partition for its next row; without, it scans one after
  the other, from the oldest on. So the first row that it finds is of the oldest day, and a look for
  an older one asks empty partitions only; should it begin elsewhere, the look goes on until there
  is none.
#}
{% from 'frame.sql' import while, when, add_days, delete_some %}
{% import 'type.sql' as t %}

{% set pruned_holds = {'v_some': t.time} %}
{% set deleted_holds = dict(pruned_holds, v_from = 'DATE', v_day = 'DATE', v_more = 'INTEGER') %}

{#
  A slot behind a moment. The bound of a partition lies a second behind its last slot, and of a
  second between the two the engine does not know that it is none: with > it would take the
  partition before as well, and scan the whole day for nothing.
#}
{% macro behind(slot, moment) %}{{ slot }} >= {{ moment }} + INTERVAL 1 SECOND{% endmacro %}

{# Behind the name of a table of which any row will do: it is scanned only as far as that. #}
{% macro any_of(table) %}{{ ' IGNORE INDEX ("PRIMARY")' if table.by_time }}{% endmacro %}

{% macro some(table, after, until) %}
SELECT (SELECT h.MEASURED_TIME
          FROM {{ table.name }} h{{ any_of(table) }}
         WHERE {{ behind('h.MEASURED_TIME', after) }}
{% if until %}
           AND h.MEASURED_TIME <= {{ until }}
{% endif %}
         ORDER BY NULL
         LIMIT 1)
  FROM {{ t.one_row }}
  INTO :v_some;
{% endmacro %}

{# The day in which the oldest slot behind one moment and up to another begins; null where there is none. #}
{% macro first_day(table, after, until, into) %}
SET {{ into }} = NULL;
{% if table.by_time %}
{{ some(table, after, until) }}
{% call while(':v_some IS NOT NULL') %}
SET {{ into }} = CAST(:v_some - INTERVAL 1 SECOND AS DATE);
{{ some(table, after, into) }}
{% endcall %}
{% else %}
SELECT CAST(MIN(h.MEASURED_TIME) - INTERVAL 1 SECOND AS DATE)
  FROM {{ table.name }} h
 WHERE {{ behind('h.MEASURED_TIME', after) }}
{% if until %}
   AND h.MEASURED_TIME <= {{ until }}
{% endif %}
  INTO {{ into }};
{% endif %}
{% endmacro %}

{# Delete at most so many rows behind one day and up to another, the oldest days first. #}
{% macro delete_oldest(table, after, until, count, removed) %}
{% if table.by_time %}
SET {{ removed }} = 0;
SET :v_from = {{ after }};
{{ first_day(table, ':v_from', until, ':v_day') }}
{% call while(':v_day IS NOT NULL') %}
SET :v_more = {{ count }} - {{ removed }};
SET :v_from = {{ add_days(':v_day', '1') }};
DELETE FROM {{ table.name }}
 WHERE {{ behind('MEASURED_TIME', ':v_day') }}
   AND MEASURED_TIME <= :v_from
 LIMIT :v_more;
SET {{ removed }} = {{ removed }} + {{ t.row_count }};
{% call when(removed ~ ' < ' ~ count) %}
{{ first_day(table, ':v_from', until, ':v_day') }}
{% endcall %}
{% call when(removed ~ ' >= ' ~ count) %}
SET :v_day = NULL;
{% endcall %}
{% endcall %}
{% else %}
{{ delete_some(table.name, behind('MEASURED_TIME', after) ~ '\n   AND MEASURED_TIME <= ' ~ until, 'MEASURED_TIME', count) }}
SET {{ removed }} = {{ t.row_count }};
{% endif %}
{% endmacro %}

{# What a step along the key of a history needs as well: each partition is asked for its next row. #}
{% macro also_within(table, after, until) %}
{% if table.by_time %}
   AND {{ behind('h.MEASURED_TIME', after) }}
   AND h.MEASURED_TIME <= {{ until }}
{% endif %}
{% endmacro %}
