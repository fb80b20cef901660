{#
  QUERY_USAGE gives the readings, the usage and the bills of a point, a page at a time.

  A page is cut by moments, so that all items of a moment stand on one; the next one starts
  behind the last moment of this one. Readings are kept for a shorter time than what became of
  them: of an older slot only the final usage and its bill are given.

  Slots lie an interval apart, so a page is first looked for within as many intervals. Only
  where some are missing there, or others lie between them, is more of the range read.
#}
{% from 'frame.sql' import procedure, when, give, first_rows, add_minutes %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# With each item an equality, the key of the histories finds the range of every one. #}
{% set items %}
(SELECT DISTINCT COALESCE(:p_sub_number, g.SUB_NUMBER) AS SUB_NUMBER
   FROM PARAM_GROUP g) i
{%- endset %}

{% macro slots(history, rows='u.SUB_NUMBER, u.MEASURED_TIME') %}
SELECT {{ rows }}
  FROM {{ items | indent(7) }}
  JOIN {{ history }} u
    ON u.LD_ID = :p_ld_id
   AND u.SUB_NUMBER = i.SUB_NUMBER
   AND u.MEASURED_TIME >= :v_first
   AND u.MEASURED_TIME > :v_after
   AND u.MEASURED_TIME < :v_end
{%- endmacro %}

{# The first moment of each item, by the key alone, however long the range. #}
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
                  holds = dict(v_first = t.time, v_end = t.time, v_to = t.time, v_after = t.time, v_last = t.time, v_limit = 'INTEGER',
                               v_interval = 'INTEGER', v_found = 'INTEGER', v_known = 'INTEGER'),
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
SET :v_first = :p_from;
SET :v_to = :p_to;
SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = 'INTERVAL_MINUTES' INTO :v_interval;
SET :v_after = COALESCE(:p_after, TIMESTAMP '1900-01-01 00:00:00');
SET :v_end = :v_to;
SELECT MIN(f.MEASURED_TIME)
  FROM ({{ earliest('USAGE_HISTORY') | indent(8) }}
         UNION ALL
        {{ earliest('QUOTE_HISTORY') | indent(8) }}) f
  INTO :v_first;
SET :v_end = {{ add_minutes(':v_first', ':v_limit * :v_interval') }};
SET :v_end = CASE WHEN :v_end < :v_to THEN :v_end ELSE :v_to END;
{{ find_page() }}
{% call when(':v_found < :v_limit AND :v_end < :v_to') %}
SET :v_end = :v_to;
{{ find_page() }}
{% endcall %}
{% call when(':v_last IS NULL') %}
SELECT CASE
         WHEN EXISTS (SELECT 1 FROM LOGICAL_DEVICE l WHERE l.LD_ID = :p_ld_id)
           OR EXISTS (SELECT 1 FROM USAGE_HISTORY u WHERE u.LD_ID = :p_ld_id)
           OR EXISTS (SELECT 1 FROM QUOTE_HISTORY q WHERE q.LD_ID = :p_ld_id) THEN 11
         ELSE 2002
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_end = {{ add_minutes(':v_last', '1') }};
{% call give() %}
SELECT k.MEASURED_TIME, k.SUB_NUMBER, h.READING, h.USAGE_VALUE, h.STATUS, h.REPOLL_READING, h.REPOLL_USAGE, h.REPOLLED_AT,
       q.USAGE_VALUE AS BILLED_USAGE, q.QUOTE, q.CO2, q.SOURCE
  FROM ({{ slots('USAGE_HISTORY') | indent(8) }}
         UNION DISTINCT
        {{ slots('QUOTE_HISTORY') | indent(8) }}) k
  LEFT JOIN USAGE_HISTORY h
    ON h.LD_ID = :p_ld_id
   AND h.SUB_NUMBER = k.SUB_NUMBER
   AND h.MEASURED_TIME = k.MEASURED_TIME
  LEFT JOIN QUOTE_HISTORY q
    ON q.LD_ID = :p_ld_id
   AND q.SUB_NUMBER = k.SUB_NUMBER
   AND q.MEASURED_TIME = k.MEASURED_TIME
 WHERE k.MEASURED_TIME <= :v_last
 ORDER BY k.MEASURED_TIME, k.SUB_NUMBER
{% endcall %}
{% endcall %}
{% endcall %}
