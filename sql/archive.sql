{#
  What the rules of the archive share: its tables, their rows in key order, and its seal.

  A month is archived as it was closed (MONTH_CLOSED), and only when the month behind it is
  closed, too: then no log brings it a slot or a reading any more. What else changes slots, by
  hand or by bill, asks for the seal.
#}
{% from 'frame.sql' import procedure, when, while, give, first_rows, add_days, latest %}
{% from 'pruned.sql' import behind, also_within %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set tables = tables_of('vps') | selectattr('name', 'in', ['QUOTE_HISTORY', 'USAGE_HISTORY', 'USAGE_REVISION']) | list %}

{# A column's type where no constraint may stand, as this engine writes it. #}
{% macro type_of(table, column) %}{{ table.columns[column][0] | bare_type | replace('DATETIME', t.time) }}{% endmacro %}

{# The columns of numbers, which are summed up. #}
{% macro numbers(table) %}
{% for column, (type, meaning) in table.columns.items() if column not in table.key and type.startswith(('DECIMAL', 'INTEGER', 'SMALLINT')) %}{{ column }} {% endfor %}
{% endmacro %}

{# Until this transaction ends, no month that somebody may be changing is sealed. #}
{% macro lock_archive() %}
UPDATE MDM_CONFIG
   SET ALLOWED = ALLOWED
 WHERE NAME = 'ARCHIVE_HISTORY';
{% endmacro %}

{% macro archives(into) %}
SELECT COALESCE(MAX(CAST(c."VALUE" AS DECIMAL(9))), 0) FROM MDM_CONFIG c WHERE c.NAME = 'ARCHIVE_HISTORY' INTO {{ into }};
{% endmacro %}

{# Months of a table whose archive was verified, that are here still and past their retention; the oldest first. #}
{% macro months_to_remove(name, kept_from) %}
SELECT g.MONTH_START, g.MONTH_END
  FROM ARCHIVE_LOG g
 WHERE g.TABLE_NAME = '{{ name }}'
   AND g.ARCHIVED_AT IS NOT NULL
   AND g.REMOVED_AT IS NULL
   AND g.MONTH_END <= {{ kept_from }}
 ORDER BY g.TABLE_NAME, g.MONTH_START
{% endmacro %}

{% macro read_seal(lock = '') %}
SELECT COALESCE(CAST(MAX(g.MONTH_END) AS {{ t.time }}), TIMESTAMP '1900-01-01 00:00:00')
  FROM ARCHIVE_LOG g
 WHERE g.TABLE_NAME IN ('QUOTE_HISTORY', 'USAGE_REVISION')
{{ lock }}
  INTO :v_sealed;
{% endmacro %}

{#
  Up to when the slots that bills and corrections change are sealed. For whoever changes slots
  from a moment on: only one that is so old that it may be sealed just now queues for it, and
  then sees a seal that was set since its transaction began.

  A month that is past its retention begins at most half a month behind so many mean months ago;
  a day more for a clock that is behind, and one for the time of the day.
#}
{% set seal_holds = {'v_archives': 'INTEGER', 'v_sealed': t.time} %}
{% macro sealed_up_to(first) %}
SELECT COUNT(*)
  FROM MDM_CONFIG c, MDM_CONFIG m
 WHERE c.NAME = 'ARCHIVE_HISTORY'
   AND c."VALUE" = '1'
   AND m.NAME = 'QUOTE_MONTHS'
   AND {{ first }} < {{ add_days('LOCALTIMESTAMP(0)', '17 - FLOOR(CAST(m."VALUE" AS DECIMAL(9)) * 30.436875)') }}
  INTO :v_archives;
{% call when(':v_archives > 0') %}
{{ lock_archive() }}
{{ read_seal(latest()) }}
{% endcall %}
{% call when(':v_archives = 0') %}
{{ read_seal() }}
{% endcall %}
{% endmacro %}

{#
  For each item of each point behind :v_point, in the order of the key, as long as :v_most is
  above 0: two steps along the key find the next one, however many rows one has. Where a history
  has partitions, only those of the month are asked.
#}
{% set series_holds = {'v_point': 'VARCHAR(32)', 'v_sub': 'INTEGER', 'v_start': 'DATE', 'v_end': 'DATE',
                       'v_most': 'INTEGER', 'v_here': 'INTEGER'} %}
{% macro each_series(table) %}
{% set body = caller() | trim %}
{% call while(':v_point IS NOT NULL AND :v_most > 0') %}
SELECT (SELECT h.LD_ID
          FROM {{ table.name }} h
         WHERE h.LD_ID > :v_point
{{ also_within(table, ':v_start', ':v_end') | indent(8) }}
         ORDER BY {% for column in table.key %}h.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

         {{ first_rows(1) }})
  FROM {{ t.one_row }}
  INTO :v_point;
SET :v_sub = CASE WHEN :v_point IS NULL THEN NULL ELSE -32769 END;
SET :v_here = 0;
{% call while(':v_sub IS NOT NULL') %}
SELECT (SELECT h.SUB_NUMBER
          FROM {{ table.name }} h
         WHERE h.LD_ID = :v_point
           AND h.SUB_NUMBER > :v_sub
{{ also_within(table, ':v_start', ':v_end') | indent(8) }}
         ORDER BY {% for column in table.key %}h.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

         {{ first_rows(1) }})
  FROM {{ t.one_row }}
  INTO :v_sub;
{% call when(':v_sub IS NOT NULL') %}
{{ body }}
{% endcall %}
{% endcall %}
SET :v_most = :v_most - :v_here;
{% endcall %}
{% endmacro %}

{% macro of_series() %}
h.LD_ID = :v_point
   AND h.SUB_NUMBER = :v_sub
   AND {{ behind('h.MEASURED_TIME', ':v_start') }}
   AND h.MEASURED_TIME <= :v_end
{%- endmacro %}

{# The rule that gives a month of a table to the client that archives it, a page at a time. #}
{% macro archive_rows(kind, name) %}
{% set table = tables | selectattr('name', 'equalto', name) | first %}
{% set gives = dict() %}
{% for column in table.columns %}
{% set _ = gives.update({column: type_of(table, column)}) %}
{% endfor %}
{% call procedure('ARCHIVE_' ~ kind ~ '_ROWS', 'Give the rows of a sealed month of ' ~ name ~ ' in key order, a page of points at a time.',
                  callers = ['SHIM'],
                  takes = {'p_month_start': 'DATE', 'p_after': 'VARCHAR(1024)', 'p_points': 'INTEGER'},
                  gives = gives,
                  holds = dict(series_holds, v_first = t.time, v_given = 'INTEGER'),
                  means = {'p_after': 'LD_ID of the last row of the page before; null the first page.',
                           'p_points': 'Points of a page, 1 to 1000; null 100.'},
                  codes = {11: 'there is no further row in the month',
                           1001: 'the month is missing',
                           1002: 'the LD_ID is badly formed',
                           1004: 'the page is out of range',
                           3002: 'the archive of the month was not begun'}) %}
SELECT MAX(g.MONTH_START), MAX(g.MONTH_END)
  FROM ARCHIVE_LOG g
 WHERE g.TABLE_NAME = '{{ name }}'
   AND g.MONTH_START = :p_month_start
  INTO :v_start, :v_end;
SELECT CASE
         WHEN :p_month_start IS NULL                        THEN 1001
         WHEN NOT {{ check.is_identifier(':p_after', 32) }} THEN 1002
         WHEN {{ check.is_outside(':p_points', 1, 1000) }}  THEN 1004
         WHEN :v_start IS NULL                              THEN 3002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_most = COALESCE(:p_points, 100);
SET :v_point = COALESCE(:p_after, '');
SET :v_given = 0;
{% call each_series(table) %}
SELECT (SELECT h.MEASURED_TIME
          FROM {{ name }} h
         WHERE {{ of_series() | indent(8) }}
         ORDER BY {% for column in table.key %}h.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

         {{ first_rows(1) }})
  FROM {{ t.one_row }}
  INTO :v_first;
{% call when(':v_first IS NOT NULL') %}
{% call give() %}
SELECT {% for column in table.columns %}h.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

  FROM {{ name }} h
 WHERE {{ of_series() }}
 ORDER BY {% for column in table.key %}h.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

{% endcall %}
SET :v_here = 1;
SET :v_given = 1;
{% endcall %}
{% endcall %}
{% call when(':v_given = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}
{% endcall %}
{% endmacro %}
