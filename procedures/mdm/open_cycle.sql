{#
  OPEN_CYCLE tells what the cycle of a snapshot has to take in.

  These are the snapshots since the last finished cycle, up to this one, of every enabled
  head-end; before any was finished, this one alone. A snapshot is DONE or MISSING when it is
  closed, LATE when its log should have come by now, else DUE.
  Until FINISH_CYCLE the answer covers the same snapshots, so a cycle that broke off goes on
  where it was.

  A log may lie at a head-end that could not be reached: the grace of its snapshots then runs
  from the alert of the source `cycle` that says so. It runs once, for the alert stays until the
  head-end is reached. Complaints about single files have other sources, and change nothing here.
#}
{% from 'frame.sql' import procedure, when, give, add_minutes, add_days, minutes_between %}
{% from 'alert.sql' import is_open %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% set head_end = "'HE' || TRIM(CAST(h.HEID AS CHAR(11)))" %}
{% set epoch = "TIMESTAMP '2000-01-01 00:00:00'" %}

{% call procedure('OPEN_CYCLE', 'Tell what the cycle of a snapshot has to take in.',
                  callers = ['SHIM'],
                  takes = dict(p_cycle_time = t.time, p_now = t.time),
                  gives = dict(HEID = 'INTEGER', SNAPSHOT_TIME = t.time, SNAPSHOT_END = t.time, STATE = 'VARCHAR(8)'),
                  holds = dict(v_interval = 'INTEGER', v_grace = 'INTEGER', v_cycle_time = t.time,
                               v_finished = t.time, v_first = t.time),
                  means = dict(p_cycle_time = 'Snapshot of the cycle; null the newest one by the clock.',
                               p_now = 'The clock to go by: which logs may still come.',
                               SNAPSHOT_END = 'Snapshot after it: the end of its slots in a range.'),
                  codes = {10: 'the cycle was finished before', 1001: 'an argument is missing',
                           1004: 'the time is not on the grid of intervals, or lies ahead',
                           3002: 'a later cycle was finished'}) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
{{ setting('LOG_GRACE_MINUTES', ':v_grace') }}
SET :v_cycle_time = :p_cycle_time;
{% call when(':p_cycle_time IS NULL AND :p_now IS NOT NULL') %}
SET :v_cycle_time = {{ add_minutes(epoch, minutes_between(epoch, ':p_now')
                       ~ ' - MOD(' ~ minutes_between(epoch, ':p_now') ~ ', :v_interval)') }};
{% endcall %}
SELECT CASE
         WHEN :p_now IS NULL                                     THEN 1001
         WHEN MOD({{ minutes_between(epoch, ':v_cycle_time') }}, :v_interval) <> 0
           OR EXTRACT(SECOND FROM :v_cycle_time) <> 0
           OR :v_cycle_time > :p_now                             THEN 1004
         WHEN MAX(c.CYCLE_TIME) = :v_cycle_time                  THEN 10
         WHEN MAX(c.CYCLE_TIME) > :v_cycle_time                  THEN 3002
         ELSE 0
       END,
       MAX(c.CYCLE_TIME)
  FROM CYCLE_LOG c
  INTO :RESULT_CODE, :v_finished;

{% call when(':RESULT_CODE = 0') %}
SET :v_first = COALESCE({{ add_minutes(':v_finished', ':v_interval') }}, :v_cycle_time);
{% call give() %}
WITH RECURSIVE DAYS (DAY_ON) AS (
    SELECT CAST(:v_first AS DATE) FROM {{ t.one_row }}
     UNION ALL
    SELECT {{ add_days('y.DAY_ON', '1') }} FROM DAYS y WHERE y.DAY_ON < CAST(:v_cycle_time AS DATE)
), SLOTS (MINUTE_OF_DAY) AS (
    SELECT 0 FROM {{ t.one_row }}
     UNION ALL
    SELECT m.MINUTE_OF_DAY + :v_interval FROM SLOTS m WHERE m.MINUTE_OF_DAY + :v_interval < 1440
), SNAPSHOTS (SNAPSHOT_TIME) AS (
    -- Days and slots apart: no engine recurses as deep as a month of half hours.
    SELECT {{ add_minutes('CAST(y.DAY_ON AS ' ~ t.time ~ ')', 'm.MINUTE_OF_DAY') }}
      FROM DAYS y
     CROSS JOIN SLOTS m
)
SELECT h.HEID, s.SNAPSHOT_TIME, {{ add_minutes('s.SNAPSHOT_TIME', ':v_interval') }} AS SNAPSHOT_END,
       TRIM(CASE
              WHEN c.STATE IS NOT NULL                                       THEN c.STATE
              WHEN {{ add_minutes('s.SNAPSHOT_TIME', ':v_grace') }} > :p_now THEN 'DUE'
              WHEN EXISTS (SELECT 1
                             FROM MDM_ALERT_HISTORY a
                            WHERE {{ is_open('a', 'TRANSFER_FAILED', head_end) }}
                              AND a.SOURCE = 'cycle'
                              AND a.GENERATED_TIME > {{ add_minutes(':p_now', '-:v_grace') }}
                              AND a.GENERATED_TIME <= :p_now)                THEN 'DUE'
              ELSE 'LATE'
            END) AS STATE
  FROM HECONF h
 CROSS JOIN SNAPSHOTS s
  LEFT JOIN COLLECTION_LOG c
    ON c.HEID = h.HEID
   AND c.SNAPSHOT_TIME = s.SNAPSHOT_TIME
   AND c.CLASS = 'ONTIME'
 WHERE h.ENABLED = 1
   AND s.SNAPSHOT_TIME >= :v_first
   AND s.SNAPSHOT_TIME <= :v_cycle_time
 ORDER BY h.HEID, s.SNAPSHOT_TIME
{% endcall %}
{% endcall %}
{% endcall %}
