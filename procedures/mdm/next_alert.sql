{#
  NEXT_ALERT gives the alerts that monitoring is to be told of, the oldest of them first.

  RAISED   open, and it was not told
  CLEARED  it was told that the alert was raised, and it has ended since
  EVENT    ended before it was told: one message says all. So does one of an event

  What ended more than NOTIFY_DAYS ago and was never told is not sent any more: so an
  installation that begins to send does not send its history. Nothing is taken: of two callers
  at once both get the same, and monitoring drops a repeat by ALERT_ID and STATE. Each part
  walks a range of one index as far as it needs: no history is read, nor all of a storm.
#}
{% from 'frame.sql' import procedure, when, give, first_rows, by_index, add_days %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set told = ['CLEAR_NOTIFIED_AT', 'NOTIFIED_AT', 'CLEARED_AT'] %}
{% set ever = "TIMESTAMP '1900-01-01 00:00:00'" %}

{#
  Some of one state, about the oldest: no ORDER BY, for that would read all of a storm and sort it,
  where the index gives them in its order.
#}
{% macro some(state, conditions) -%}
SELECT s.ALERT_ID, '{{ state }}' AS STATE
                  FROM (SELECT a.ALERT_ID
                          FROM MDM_ALERT_HISTORY a{{ by_index('MDM_ALERT_HISTORY', told) }}
                         WHERE a.CLEAR_NOTIFIED_AT IS NULL
                           AND a.{{ conditions | join('\n                           AND a.') }}
                         {{ first_rows(':v_most') }}) s
{%- endmacro %}

{% call procedure('NEXT_ALERT', 'Give the alerts that monitoring is to be told of.',
                  callers = ['SHIM'],
                  takes = dict(p_now = t.time, p_most = 'INTEGER'),
                  gives = dict(ALERT_ID = 'BIGINT', STATE = 'VARCHAR(8)', FACILITY = 'VARCHAR(8)', SEVERITY = 'INTEGER',
                               ALERT_CODE = 'VARCHAR(32)', SOURCE = 'VARCHAR(64)', DEVICE = 'VARCHAR(64)',
                               LD_ID = 'VARCHAR(32)', SUB_NUMBER = 'INTEGER', GENERATED_TIME = t.time,
                               MEASURED_TIME = t.time, CLEARED_AT = t.time, MESSAGE = 'VARCHAR(512)'),
                  holds = dict(v_from = t.time, v_most = 'INTEGER', v_given = 'INTEGER'),
                  means = dict(p_now = 'The moment to count NOTIFY_DAYS back from; null now.',
                               p_most = 'Alerts at most; null 500.',
                               STATE = 'RAISED, CLEARED or EVENT.',
                               FACILITY = 'Facility of syslog; local4 of a kind that ALERT_KIND does not have.'),
                  codes = {11: 'monitoring was told of all',
                           1004: 'the number of alerts is not 1 to 10000'}) %}
SELECT CASE
         WHEN {{ check.is_outside(':p_most', 1, 10000) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_most = COALESCE(:p_most, 500);
-- Without its row what it is at first.
SELECT {{ add_days('COALESCE(:p_now, LOCALTIMESTAMP(0))', '-COALESCE(MAX(CAST(c."VALUE" AS DECIMAL(9))), 7)') }}
  FROM MDM_CONFIG c
 WHERE c.NAME = 'NOTIFY_DAYS'
  INTO :v_from;
{% call give() %}
SELECT a.ALERT_ID, p.STATE, COALESCE(k.FACILITY, 'local4'), a.SEVERITY, a.ALERT_CODE, a.SOURCE, a.DEVICE,
       a.LD_ID, a.SUB_NUMBER, a.GENERATED_TIME, a.MEASURED_TIME, a.CLEARED_AT, a.MESSAGE
  FROM (SELECT n.ALERT_ID, TRIM(n.STATE) AS STATE
          FROM ({{ some('RAISED', ['NOTIFIED_AT IS NULL', 'CLEARED_AT IS NULL']) }}
                 UNION ALL
                {{ some('EVENT', ['NOTIFIED_AT IS NULL', 'CLEARED_AT >= :v_from']) }}
                 UNION ALL
                {{ some('CLEARED', ['NOTIFIED_AT > ' ~ ever, 'CLEARED_AT > ' ~ ever]) }}) n
         ORDER BY n.ALERT_ID
         {{ first_rows(':v_most') }}) p
  JOIN MDM_ALERT_HISTORY a
    ON a.ALERT_ID = p.ALERT_ID
  LEFT JOIN ALERT_KIND k
    ON k.ALERT_CODE = a.ALERT_CODE
 ORDER BY a.ALERT_ID
{% endcall %}
SET :v_given = {{ t.given_rows }};
SET :RESULT_CODE = CASE WHEN :v_given > 0 THEN 0 ELSE 11 END;
{% endcall %}
{% endcall %}
