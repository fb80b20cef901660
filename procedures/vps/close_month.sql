{#
  CLOSE_MONTH keeps the totals of a billing month and ends its re-polling.

  Months are closed in their order, each once every enabled head-end has delivered its last
  slot and the cycle of that slot is finished. From then on REPOLL_TARGET no longer names
  slots of the month, and a past log that brings one is refused that line. Corrections by
  hand and bills still change its slots, for settlement comes after the closing: the totals
  stay as they were, and MONTH_RESTATEMENT shows both.

  Without a month it is the oldest one that is over and not closed, and has slots.

  After a change of the closing day the month that overlaps a closed one begins where that
  ended. A point whose meter is gone no longer tells what its items are; one that is
  cumulative in some parameter group is summed up.
#}
{% from 'frame.sql' import procedure, when, give, add_days %}
{% from 'billing_month.sql' import billing_month %}
{% from 'closed_month.sql' import lock_closing %}
{% from 'pruned.sql' import pruned_holds, behind, any_of, first_day %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% set quotes = tables_of('vps') | selectattr('name', 'equalto', 'QUOTE_HISTORY') | first %}

{% set in_month %}
{{ behind('q.MEASURED_TIME', ':v_start') }} AND q.MEASURED_TIME <= :v_end
{%- endset %}

{% call procedure('CLOSE_MONTH', 'Close a billing month: keep its totals and end its re-polling.',
                  callers = ['SHIM'],
                  takes = dict(p_month = 'DATE'),
                  gives = dict(MONTH_START = 'DATE', MONTH_END = 'DATE', POINTS = 'INTEGER', MISSING_SLOTS = 'BIGINT'),
                  holds = dict(pruned_holds, v_closing_day = 'INTEGER', v_day = 'DATE', v_open = 'DATE',
                               v_start = 'DATE', v_end = 'DATE', v_closed = 'DATE',
                               v_behind = 'INTEGER', v_cycle = t.time, v_earlier = 'INTEGER', v_slots = 'INTEGER',
                               v_points = 'INTEGER', v_missing = 'BIGINT'),
                  means = dict(p_month = 'Any day of the billing month; null the oldest month that is over and not closed.'),
                  codes = {10: 'the month was closed before', 11: 'the month has no slots, or no month waits to be closed',
                           1004: 'the day lies ahead, or before 1900',
                           3002: 'the month is not over yet, or an earlier one is not closed'}) %}
SELECT CASE
         WHEN :p_month < DATE '1900-01-01'
           OR :p_month > CURRENT_DATE       THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ lock_closing() }}
{{ setting('CLOSING_DAY', ':v_closing_day') }}
SELECT MAX(m.MONTH_END) FROM MONTH_CLOSED m INTO :v_closed;
SET :v_open = COALESCE(:v_closed, DATE '1900-01-01');
SET :v_day = :p_month;
{% call when(':p_month IS NULL') %}
-- A slot belongs to the month in which it begins.
{{ first_day(quotes, ':v_open', '', ':v_day') }}
{% endcall %}
SET :v_start = {{ billing_month(':v_day', ':v_closing_day') }};
SET :v_end = {{ billing_month(add_days(':v_start', '32'), ':v_closing_day') }};
{% call when(':v_closed > :v_start') %}
SET :v_start = :v_closed;
{% endcall %}
SELECT COUNT(*)
  FROM HECONF h
 WHERE h.ENABLED = 1
   AND NOT EXISTS (SELECT 1
                     FROM COLLECTION_LOG c
                    WHERE c.HEID = h.HEID
                      AND c.CLASS = 'ONTIME'
                      AND c.SNAPSHOT_TIME >= :v_end)
  INTO :v_behind;
SELECT MAX(c.CYCLE_TIME) FROM CYCLE_LOG c INTO :v_cycle;
SELECT CASE WHEN EXISTS (SELECT 1
                           FROM QUOTE_HISTORY q{{ any_of(quotes) }}
                          WHERE {{ behind('q.MEASURED_TIME', ':v_open') }}
                            AND q.MEASURED_TIME <= :v_start)
            THEN 1 ELSE 0
       END,
       CASE WHEN EXISTS (SELECT 1 FROM QUOTE_HISTORY q{{ any_of(quotes) }} WHERE {{ in_month }})
            THEN 1 ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :v_earlier, :v_slots;
SET :RESULT_CODE = CASE
  WHEN :v_day IS NULL
    OR (:p_month IS NULL AND :v_end > CURRENT_DATE) THEN 11
  WHEN :v_day < :v_closed    THEN 10
  WHEN :v_behind > 0
    OR :v_cycle < :v_end
    OR :v_earlier = 1        THEN 3002
  WHEN :v_slots = 0          THEN 11
  ELSE 0
END;
{% call when(':RESULT_CODE = 3002') %}
SET :SQL_ERROR = TRIM(CASE
  WHEN :v_behind > 0     THEN 'a head-end has not come to the end of the month'
  WHEN :v_cycle < :v_end THEN 'the last cycle of the month is not finished'
  ELSE 'an earlier month has slots and is not closed'
END);
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO MONTH_TOTAL (LD_ID, SUB_NUMBER, MONTH_START, USAGE_SUM, QUOTE_SUM, CO2_SUM, SLOTS, MISSING_SLOTS, CLOSED_AT)
SELECT s.LD_ID, s.SUB_NUMBER, :v_start, s.USAGE_SUM, s.QUOTE_SUM, s.CO2_SUM, s.SLOTS, s.SLOTS - s.KNOWN, LOCALTIMESTAMP(0)
  FROM (SELECT q.LD_ID, q.SUB_NUMBER,
               SUM(q.USAGE_VALUE) AS USAGE_SUM, SUM(q.QUOTE) AS QUOTE_SUM, SUM(q.CO2) AS CO2_SUM,
               COUNT(*) AS SLOTS, COUNT(q.USAGE_VALUE) AS KNOWN
          FROM QUOTE_HISTORY q
         WHERE {{ in_month }}
         GROUP BY q.LD_ID, q.SUB_NUMBER) s
  LEFT JOIN DEVICE_ITEM i
    ON i.LD_ID = s.LD_ID
   AND i.SUB_NUMBER = s.SUB_NUMBER
 WHERE COALESCE(i.KIND, (SELECT MIN(g.KIND) FROM PARAM_GROUP g WHERE g.SUB_NUMBER = s.SUB_NUMBER)) = 'CUMULATIVE';
SELECT COUNT(DISTINCT m.LD_ID), COALESCE(SUM(m.MISSING_SLOTS), 0)
  FROM MONTH_TOTAL m
 WHERE m.MONTH_START = :v_start
  INTO :v_points, :v_missing;
INSERT INTO MONTH_CLOSED (MONTH_START, MONTH_END, CLOSED_AT, CLOSED_BY, POINTS, MISSING_SLOTS)
VALUES (:v_start, :v_end, LOCALTIMESTAMP(0), {{ t.caller }}, :v_points, :v_missing);
{% endcall %}

{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT m.MONTH_START, m.MONTH_END, m.POINTS, m.MISSING_SLOTS
  FROM MONTH_CLOSED m
 WHERE m.MONTH_START <= :v_day
   AND m.MONTH_END > :v_day
{% endcall %}
{% endcall %}
{% endcall %}
