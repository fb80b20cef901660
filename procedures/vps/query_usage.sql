{#
  QUERY_USAGE gives the readings, the usage and the bills of a point, a page at a time.

  A page is cut by moments, so that all items of a moment stand on one; the next one starts
  behind the last moment of this one. Readings are kept for a shorter time than what became of
  them: of an older slot only the final usage and its bill are given.

  Slots lie an interval apart, so a page is first looked for within as many intervals. Only
  where some are missing there is more of the range read, and ever more of it.
#}
{% from 'frame.sql' import procedure, when, while, give, first_rows, add_minutes, minutes_between %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# With each item an equality, the key of the histories finds the range of every one. #}
{% set items %}
(SELECT DISTINCT COALESCE(:p_sub_number, g.SUB_NUMBER) AS SUB_NUMBER
   FROM PARAM_GROUP g) i
{%- endset %}

{% macro slots(history, rows) %}
SELECT {{ rows }}
  FROM {{ items | indent(7) }}
  JOIN {{ history }} u
    ON u.LD_ID = :p_ld_id
   AND u.SUB_NUMBER = i.SUB_NUMBER
   AND u.MEASURED_TIME >= :v_first
   AND u.MEASURED_TIME > :v_after
   AND u.MEASURED_TIME < :v_end
{%- endmacro %}

{% set readings %}
u.MEASURED_TIME, u.SUB_NUMBER, u.READING, u.USAGE_VALUE, u.STATUS, u.REPOLL_READING, u.REPOLL_USAGE,
       u.REPOLLED_AT, NULL AS BILLED_USAGE, NULL AS QUOTE, NULL AS CO2, NULL AS SOURCE
{%- endset %}
{% set bills %}
u.MEASURED_TIME, u.SUB_NUMBER, NULL, NULL, NULL, NULL, NULL,
       NULL, u.USAGE_VALUE, u.QUOTE, u.CO2, u.SOURCE
{%- endset %}

{# The first moment of each item, by the key alone. #}
{% macro earliest(history) %}
SELECT (SELECT u.MEASURED_TIME
          FROM {{ history }} u
         WHERE u.LD_ID = :p_ld_id
           AND u.SUB_NUMBER = i.SUB_NUMBER
           AND u.MEASURED_TIME >= :v_first
           AND u.MEASURED_TIME > :v_after
           AND u.MEASURED_TIME < :v_end
         ORDER BY u.LD_ID, u.SUB_NUMBER, u.MEASURED_TIME
         {{ first_rows(1) }}) AS MEASURED_TIME
  FROM {{ items | indent(7) }}
{%- endmacro %}

{# The end of so many minutes behind :v_first, within the range. #}
{% macro reach(minutes) %}
SET :v_end = CASE WHEN {{ minutes }} < {{ minutes_between(':v_first', ':p_to') }} THEN {{ add_minutes(':v_first', minutes) }} ELSE :p_to END;
{% endmacro %}

{% macro find_first() %}
SELECT MIN(f.MEASURED_TIME)
  FROM ({{ earliest('USAGE_HISTORY') | indent(8) }}
         UNION ALL
        {{ earliest('QUOTE_HISTORY') | indent(8) }}) f
  INTO :v_last;
{% endmacro %}

{% macro find_page() %}
SELECT COUNT(*), MAX(p.MEASURED_TIME)
  FROM (SELECT m.MEASURED_TIME
          FROM ({{ slots('USAGE_HISTORY', 'u.MEASURED_TIME') | indent(16) }}
                 UNION DISTINCT
                {{ slots('QUOTE_HISTORY', 'u.MEASURED_TIME') | indent(16) }}) m
         ORDER BY m.MEASURED_TIME
         {{ first_rows(':v_limit') }}) p
  INTO :v_found, :v_last;
{% endmacro %}

{% call procedure('QUERY_USAGE', 'Give the readings, the usage and the bills of a point, a page at a time.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = dict(p_ld_id      = 'VARCHAR(1024)',
                               p_sub_number = 'INTEGER',
                               p_from       = t.time,
                               p_to         = t.time,
                               p_after      = t.time,
                               p_limit      = 'INTEGER'),
                  gives = {'MEASURED_TIME': t.time, 'SUB_NUMBER': 'INTEGER', 'READING': 'DECIMAL(18,4)',
                           'USAGE_VALUE': 'DECIMAL(18,4)', 'STATUS': 'INTEGER', 'REPOLL_READING': 'DECIMAL(18,4)',
                           'REPOLL_USAGE': 'DECIMAL(18,4)', 'REPOLLED_AT': t.time, 'BILLED_USAGE': 'DECIMAL(18,4)',
                           'QUOTE': 'DECIMAL(18,4)', 'CO2': 'DECIMAL(18,4)', 'SOURCE': 'CHAR(1)'},
                  holds = dict(v_first = t.time, v_end = t.time, v_after = t.time, v_last = t.time, v_limit = 'INTEGER',
                               v_interval = 'INTEGER', v_minutes = 'BIGINT', v_found = 'INTEGER', v_known = 'INTEGER'),
                  means = {'p_sub_number': 'Item of the point; null all that a PARAM_GROUP has now.',
                           'p_from': 'Start of the range of MEASURED_TIME.',
                           'p_to': 'End of the range, excluded.',
                           'p_after': 'MEASURED_TIME of the last row of the page before; null the first page.',
                           'p_limit': 'Moments of a page, 1 to 1000; null 100.',
                           'STATUS': '0 normal, 1 missing, 2 undetermined; null the reading is no longer kept.',
                           'USAGE_VALUE': 'Usage as delivered on time.',
                           'BILLED_USAGE': 'Current final increment, in the unit of the item.'},
                  codes = {11: 'there is nothing of the point in the range, or no further page',
                           1001: 'the point or the range is missing',
                           1002: 'the LD_ID is badly formed',
                           1004: 'the range is empty, or the page is out of range',
                           2002: 'there is no such point'}) %}
SELECT CASE
         WHEN :p_ld_id IS NULL
           OR :p_from IS NULL
           OR :p_to IS NULL THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
         WHEN :p_to <= :p_from
           OR {{ check.is_outside(':p_limit', 1, 1000) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_limit = COALESCE(:p_limit, 100);
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SET :v_after = COALESCE(:p_after, TIMESTAMP '1900-01-01 00:00:00');
SET :v_first = CASE WHEN :v_after > :p_from THEN :v_after ELSE :p_from END;
SET :v_minutes = :v_limit * :v_interval;
{{ reach(':v_minutes') }}
{{ find_first() }}
{% call while(':v_last IS NULL AND :v_end < :p_to') %}
SET :v_first = :v_end;
SET :v_minutes = 4 * :v_minutes;
{{ reach(':v_minutes') }}
{{ find_first() }}
{% endcall %}
SET :v_first = :v_last;
SET :v_minutes = :v_limit * :v_interval;
{{ reach(':v_minutes') }}
{{ find_page() }}
{% call while(':v_found < :v_limit AND :v_end < :p_to') %}
SET :v_minutes = 4 * :v_minutes;
{{ reach(':v_minutes') }}
{{ find_page() }}
{% endcall %}
{% call when(':v_last IS NULL') %}
SELECT COUNT(*) FROM LOGICAL_DEVICE l WHERE l.LD_ID = :p_ld_id INTO :v_known;
{% call when(':v_known = 0') %}
-- Its meter may be gone.
SELECT CASE
         WHEN EXISTS (SELECT 1 FROM QUOTE_HISTORY q WHERE q.LD_ID = :p_ld_id)
           OR EXISTS (SELECT 1 FROM USAGE_HISTORY u WHERE u.LD_ID = :p_ld_id) THEN 1
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :v_known;
{% endcall %}
SET :RESULT_CODE = CASE WHEN :v_known > 0 THEN 11 ELSE 2002 END;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_end = {{ add_minutes(':v_last', '1') }};
{% call give() %}
-- A history has one row of a slot at most: the greatest of its values is the only one.
SELECT k.MEASURED_TIME, k.SUB_NUMBER, MAX(k.READING) AS READING, MAX(k.USAGE_VALUE) AS USAGE_VALUE,
       MAX(k.STATUS) AS STATUS, MAX(k.REPOLL_READING) AS REPOLL_READING,
       MAX(k.REPOLL_USAGE) AS REPOLL_USAGE, MAX(k.REPOLLED_AT) AS REPOLLED_AT,
       MAX(k.BILLED_USAGE) AS BILLED_USAGE, MAX(k.QUOTE) AS QUOTE, MAX(k.CO2) AS CO2, MAX(k.SOURCE) AS SOURCE
  FROM ({{ slots('USAGE_HISTORY', readings) | indent(8) }}
         UNION ALL
        {{ slots('QUOTE_HISTORY', bills) | indent(8) }}) k
 WHERE k.MEASURED_TIME <= :v_last
 GROUP BY k.MEASURED_TIME, k.SUB_NUMBER
 ORDER BY k.MEASURED_TIME, k.SUB_NUMBER
{% endcall %}
{% endcall %}
{% endcall %}
