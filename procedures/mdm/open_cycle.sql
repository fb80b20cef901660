{#
  OPEN_CYCLE tells what the cycle of a snapshot has to take in.

  These are the snapshots since the last finished cycle, up to this one, of every enabled
  head-end. A snapshot is DONE or MISSING when it is closed, LATE when its log should have
  come by now, else DUE. Until FINISH_CYCLE the answer covers the same snapshots, so a
  cycle that broke off goes on where it was.
#}
{% from 'frame.sql' import procedure, when, give, add_minutes, add_days, minutes_between %}
{% import 'type.sql' as t %}

{% call procedure('OPEN_CYCLE', 'Tell what the cycle of a snapshot has to take in.',
                  callers = ['SHIM'],
                  takes = dict(p_cycle_time = t.time, p_now = t.time),
                  gives = dict(HEID = 'INTEGER', SNAPSHOT_TIME = t.time, SNAPSHOT_END = t.time, STATE = 'VARCHAR(8)'),
                  holds = dict(v_interval = 'INTEGER', v_grace = 'INTEGER', v_finished = t.time, v_first = t.time),
                  means = dict(p_now = 'The clock to go by: which logs may still come.',
                               SNAPSHOT_END = 'Snapshot after it: the end of its slots in a range.'),
                  codes = {10: 'the cycle was finished before', 1001: 'an argument is missing',
                           1004: 'the time is not on the grid of intervals, or lies ahead',
                           3002: 'a later cycle was finished'}) %}
SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = 'INTERVAL_MINUTES' INTO :v_interval;
SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = 'LOG_GRACE_MINUTES' INTO :v_grace;
SELECT CASE
         WHEN :p_cycle_time IS NULL OR :p_now IS NULL            THEN 1001
         WHEN MOD({{ minutes_between("TIMESTAMP '2000-01-01 00:00:00'", ':p_cycle_time') }}, :v_interval) <> 0
           OR EXTRACT(SECOND FROM :p_cycle_time) <> 0
           OR :p_cycle_time > :p_now                             THEN 1004
         WHEN MAX(c.CYCLE_TIME) = :p_cycle_time                  THEN 10
         WHEN MAX(c.CYCLE_TIME) > :p_cycle_time                  THEN 3002
         ELSE 0
       END,
       MAX(c.CYCLE_TIME)
  FROM CYCLE_LOG c
  INTO :RESULT_CODE, :v_finished;

{% call when(':RESULT_CODE = 0') %}
SET :v_first = COALESCE({{ add_minutes(':v_finished', ':v_interval') }}, :p_cycle_time);
{% call give() %}
WITH RECURSIVE DAYS (DAY_ON) AS (
    SELECT CAST(:v_first AS DATE) FROM {{ t.one_row }}
     UNION ALL
    SELECT {{ add_days('y.DAY_ON', '1') }} FROM DAYS y WHERE y.DAY_ON < CAST(:p_cycle_time AS DATE)
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
              WHEN c.STATE IS NOT NULL                                        THEN c.STATE
              WHEN {{ add_minutes('s.SNAPSHOT_TIME', ':v_grace') }} <= :p_now THEN 'LATE'
              ELSE 'DUE'
            END) AS STATE
  FROM HECONF h
 CROSS JOIN SNAPSHOTS s
  LEFT JOIN COLLECTION_LOG c
    ON c.HEID = h.HEID
   AND c.SNAPSHOT_TIME = s.SNAPSHOT_TIME
   AND c.CLASS = 'ONTIME'
 WHERE h.ENABLED = 1
   AND s.SNAPSHOT_TIME >= :v_first
   AND s.SNAPSHOT_TIME <= :p_cycle_time
 ORDER BY h.HEID, s.SNAPSHOT_TIME
{% endcall %}
{% endcall %}
{% endcall %}
