{#
  RECEIVE_ADR_EVENT stores a saving event and plans one action for each policy that it meets.

  A policy has a window on each day of its mask and dates: from START_TIME to END_TIME, or the
  whole day. A window over midnight belongs to the day on which it begins. The action is the
  part of the event, from now on, inside the first window that it meets; whole days that follow
  each other are one window. A point has one action at a time: of policies that collide the lowest target
  wins, and what is planned or reserved already stays, for a reservation cannot be cancelled.

  An event that comes again changes nothing, but for the state that the server moves on.
#}
{% from 'frame.sql' import procedure, when, each, give, stage, insert_keyed, add_days, days_between %}
{% from 'device.sql' import same, news %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% macro at_time(day, time) %}
CAST(CAST({{ day }} AS CHAR(10)) || ' ' || SUBSTRING(CAST({{ time }} AS CHAR(13)) FROM 1 FOR 8) AS {{ t.time }})
{%- endmacro %}
{% set opens = "COALESCE(p.START_TIME, TIME '00:00:00')" %}

{% call procedure('RECEIVE_ADR_EVENT', 'Store a saving event and plan an action for each policy that it meets.',
                  callers = ['VPS'],
                  takes = dict(p_dras_event_id = 'VARCHAR(1024)',
                               p_level         = 'INTEGER',
                               p_start_at      = t.time,
                               p_end_at        = t.time,
                               p_cluster_id    = 'VARCHAR(1024)',
                               p_incentive     = 'DECIMAL(18,4)',
                               p_status        = 'VARCHAR(1024)'),
                  gives = dict(ADR_ACTION_ID = 'BIGINT', POLICY_ID = 'BIGINT', LD_ID = 'VARCHAR(32)',
                               FROM_CAPACITY = 'DECIMAL(18,4)', TO_CAPACITY = 'DECIMAL(18,4)',
                               START_AT = t.time, END_AT = t.time, STATE = 'VARCHAR(8)', ADR_EVENT_ID = 'BIGINT'),
                  holds = dict(v_from = t.time, v_event = 'BIGINT', v_same = 'INTEGER', v_moved = 'INTEGER', v_first = 'DATE',
                               v_days = 'INTEGER', v_turn = 'INTEGER'),
                  means = dict(p_start_at = 'First moment of the event.',
                               p_end_at = 'End of the event, excluded; at most seven days later.',
                               p_cluster_id = 'Cluster whose points it is for; null all.',
                               p_incentive = 'Incentive offered, money; null none.'),
                  codes = {10: 'the event was received before; its actions are given again',
                           1001: 'the identifier, the level, the start or the end is missing',
                           1002: 'an argument is badly formed', 1003: 'there is no such cluster',
                           1004: 'the end is not behind the start, more than seven days behind it or over, or a number is out of range',
                           3001: 'an event of this identifier was received with other content'}) %}
SELECT CASE
         WHEN :p_dras_event_id IS NULL OR :p_level IS NULL
           OR :p_start_at IS NULL OR :p_end_at IS NULL                  THEN 1001
         WHEN NOT {{ check.is_identifier(':p_dras_event_id', 64) }}
           OR NOT {{ check.is_identifier(':p_cluster_id', 32) }}
           OR NOT {{ check.is_identifier(':p_status', 16) }}            THEN 1002
         WHEN :p_cluster_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM VPS_CLUSTER k WHERE k.CLUSTER_ID = :p_cluster_id) THEN 1003
         WHEN {{ check.is_outside(':p_level', 0, 32767) }} OR {{ check.is_negative(':p_incentive') }}
           OR :p_end_at <= :p_start_at
           OR :p_end_at >= TIMESTAMP '2200-01-01 00:00:00'              THEN 1004
         WHEN {{ days_between(':p_start_at', ':p_end_at') }} > 8        THEN 1004
         WHEN {{ add_days(':p_start_at', '7') }} < :p_end_at            THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
UPDATE ADR_LOCK
   SET PLANNED_AT = LOCALTIMESTAMP(0)
 WHERE LOCK_ID = 1;
SELECT MAX(e.ADR_EVENT_ID),
       MAX(CASE
             WHEN e.LEVEL = :p_level
              AND e.START_AT = :p_start_at
              AND e.END_AT = :p_end_at
              AND {{ same('e.CLUSTER_ID', ':p_cluster_id') }}
              AND {{ same('e.INCENTIVE', ':p_incentive') }} THEN 1
             ELSE 0
           END),
       MAX(CASE WHEN {{ news(':p_status', 'e.STATUS') }} THEN 1 ELSE 0 END)
  FROM ADR_EVENT_HISTORY e
 WHERE e.DRAS_EVENT_ID = :p_dras_event_id
  INTO :v_event, :v_same, :v_moved;
SET :RESULT_CODE = CASE
  WHEN :v_same = 0                                           THEN 3001
  WHEN :v_moved = 0                                          THEN 10
  WHEN :v_event IS NULL AND :p_end_at <= LOCALTIMESTAMP(0)   THEN 1004
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :v_event IS NOT NULL') %}
UPDATE ADR_EVENT_HISTORY
   SET STATUS = :p_status
 WHERE ADR_EVENT_ID = :v_event;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :v_event IS NULL') %}
{% call insert_keyed('ADR_EVENT_ID', ':v_event') %}
INSERT INTO ADR_EVENT_HISTORY (
       DRAS_EVENT_ID, RECEIVED_TIME, LEVEL, START_AT, END_AT, CLUSTER_ID, INCENTIVE, STATUS)
VALUES (:p_dras_event_id, LOCALTIMESTAMP(0), :p_level, :p_start_at, :p_end_at, :p_cluster_id, :p_incentive, :p_status)
{% endcall %}
-- Of an event that has begun only what is still to come can be planned.
SET :v_from = CASE WHEN :p_start_at < LOCALTIMESTAMP(0) THEN LOCALTIMESTAMP(0) ELSE :p_start_at END;
-- A window over midnight may have begun on the day before.
SET :v_first = {{ add_days('CAST(:v_from AS DATE)', '-1') }};
SET :v_days = {{ days_between(':v_first', 'CAST(:p_end_at AS DATE)') }};
{{ stage('ADR_CANDIDATE') }}
INSERT INTO ADR_CANDIDATE (TURN, POLICY_ID, LD_ID, FROM_CAPACITY, TO_CAPACITY, START_AT, END_AT)
SELECT ROW_NUMBER() OVER (PARTITION BY m.LD_ID ORDER BY m.TARGET_CAPACITY, m.POLICY_ID),
       m.POLICY_ID, m.LD_ID, m.CONTRACT_CAPACITY, m.TARGET_CAPACITY, m.START_AT, m.END_AT
  FROM (SELECT x.POLICY_ID, x.LD_ID, x.CONTRACT_CAPACITY, x.TARGET_CAPACITY,
               MIN(CASE WHEN x.OPENS_AT > :v_from THEN x.OPENS_AT ELSE :v_from END) AS START_AT,
               MAX(CASE WHEN x.CLOSES_AT < :p_end_at THEN x.CLOSES_AT ELSE :p_end_at END) AS END_AT
          FROM (SELECT w.POLICY_ID, w.LD_ID, w.CONTRACT_CAPACITY, w.TARGET_CAPACITY, w.WHOLE_DAY, w.OPENS_AT,
                       w.CLOSES_AT, w.DAY_NUMBER,
                       ROW_NUMBER() OVER (PARTITION BY w.POLICY_ID ORDER BY w.DAY_NUMBER) AS PLACE,
                       MIN(w.DAY_NUMBER) OVER (PARTITION BY w.POLICY_ID) AS FIRST_DAY
                  FROM (SELECT p.POLICY_ID, p.LD_ID, l.CONTRACT_CAPACITY, p.TARGET_CAPACITY, d.DAY_NUMBER,
                               CASE
                                 WHEN {{ opens }} = TIME '00:00:00' AND p.END_TIME IS NULL THEN 1
                                 ELSE 0
                               END AS WHOLE_DAY,
                               {{ at_time('d.DAY_ON', opens) }} AS OPENS_AT,
                               -- Of a window that ends where it starts nothing is left.
                               CASE
                                 WHEN p.END_TIME IS NULL
                                 THEN CAST(d.DAY_AFTER AS {{ t.time }})
                                 WHEN p.END_TIME > {{ opens }}
                                 THEN {{ at_time('d.DAY_ON', 'p.END_TIME') }}
                                 WHEN p.END_TIME < {{ opens }}
                                 THEN {{ at_time('d.DAY_AFTER', 'p.END_TIME') }}
                               END AS CLOSES_AT
                          FROM ADR_POLICY p
                          JOIN LOGICAL_DEVICE l
                            ON l.LD_ID = p.LD_ID
                          JOIN (SELECT n.DAY_NUMBER,
                                       {{ add_days(':v_first', 'n.DAY_NUMBER') }} AS DAY_ON,
                                       {{ add_days(':v_first', 'n.DAY_NUMBER + 1') }} AS DAY_AFTER,
                                       POWER(2, MOD({{ days_between("DATE '2000-01-03'", ':v_first') }} + n.DAY_NUMBER, 7)) AS DAY_BIT
                                  FROM (
{% for number in range(9) %}
                                        SELECT {{ number }} AS DAY_NUMBER FROM {{ t.one_row }}
{% if not loop.last %}
                                        UNION ALL
{% endif %}
{% endfor %}
                                       ) n
                                 WHERE n.DAY_NUMBER <= :v_days) d
                            ON MOD(FLOOR(p.DAY_MASK / d.DAY_BIT), 2) = 1
                           AND (p.FROM_DATE IS NULL OR p.FROM_DATE <= d.DAY_ON)
                           AND (p.TO_DATE IS NULL OR p.TO_DATE > d.DAY_ON)
                         WHERE p.ACTIVE = 1
                           AND p.DELETED = 0
                           AND p.MIN_LEVEL <= :p_level
                           AND p.MIN_INCENTIVE <= COALESCE(:p_incentive, 0)
                           AND l.DELETED = 0
                           AND p.TARGET_CAPACITY < l.CONTRACT_CAPACITY
                           AND (:p_cluster_id IS NULL OR l.CLUSTER_ID = :p_cluster_id)) w
                 WHERE w.OPENS_AT < :p_end_at
                   AND w.CLOSES_AT > :v_from) x
         WHERE x.PLACE = 1
            OR (x.WHOLE_DAY = 1 AND x.DAY_NUMBER = x.FIRST_DAY + x.PLACE - 1)
         GROUP BY x.POLICY_ID, x.LD_ID, x.CONTRACT_CAPACITY, x.TARGET_CAPACITY) m;

-- The first choice of every point, then the second where it does not collide, and so on.
{% set turns %}
SELECT DISTINCT c.TURN
  FROM ADR_CANDIDATE c
 ORDER BY c.TURN
{% endset %}
{% call each(turns, ':v_turn') %}
INSERT INTO ADR_ACTION_HISTORY (
       DIRECTED_TIME, ADR_EVENT_ID, POLICY_ID, LD_ID, FROM_CAPACITY, TO_CAPACITY, START_AT, END_AT)
SELECT LOCALTIMESTAMP(0), :v_event, c.POLICY_ID, c.LD_ID, c.FROM_CAPACITY, c.TO_CAPACITY, c.START_AT, c.END_AT
  FROM ADR_CANDIDATE c
 WHERE c.TURN = :v_turn
   AND NOT EXISTS (SELECT 1
                     FROM ADR_ACTION_HISTORY a
                    WHERE a.LD_ID = c.LD_ID
                      AND a.START_AT < c.END_AT
                      AND a.END_AT > c.START_AT
                      AND a.STATE IN ('PLANNED', 'RESERVED'))
 ORDER BY c.POLICY_ID;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT a.ADR_ACTION_ID, a.POLICY_ID, a.LD_ID, a.FROM_CAPACITY, a.TO_CAPACITY, a.START_AT, a.END_AT, a.STATE, a.ADR_EVENT_ID
  FROM ADR_ACTION_HISTORY a
 WHERE a.ADR_EVENT_ID = :v_event
 ORDER BY a.ADR_ACTION_ID
{% endcall %}
{% endcall %}
{% endcall %}
