{#
  MARK_SNAPSHOT_MISSING closes a snapshot whose log never came.

  Every target of the head-end gets a missing row, so that re-polling asks for it. A log
  that comes after all is taken in as PAST. The alert of the head-end stays open until a log
  comes on time again.
#}
{% from 'frame.sql' import procedure, when, run, stage, minutes_between %}
{% from 'closed_month.sql' import closed_up_to %}
{% from 'alert.sql' import is_open, severity_of %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('MARK_SNAPSHOT_MISSING', 'Make every target of a snapshot whose log never came a missing row.',
                  callers = ['SHIM'],
                  takes = dict(p_heid = 'INTEGER', p_snapshot_time = t.time),
                  holds = dict(v_interval = 'INTEGER', v_started_at = t.time, v_missing = 'INTEGER', v_known = 'INTEGER', v_closed = t.time,
                               v_head_end = 'VARCHAR(64)'),
                  codes = {10: 'the snapshot was taken in, or marked, before', 1001: 'an argument is missing',
                           1003: 'there is no such head-end',
                           1004: 'the snapshot time is not on the grid of intervals',
                           3002: 'the month of the snapshot is closed'}) %}
UPDATE HECONF
   SET ENABLED = ENABLED
 WHERE HEID = :p_heid;

SET :v_started_at = LOCALTIMESTAMP(0);
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
{{ closed_up_to(':v_closed') }}
SELECT COUNT(*)
  FROM COLLECTION_LOG c
 WHERE c.HEID = :p_heid
   AND c.SNAPSHOT_TIME = :p_snapshot_time
   AND c.CLASS = 'ONTIME'
  INTO :v_known;
SELECT CASE
         WHEN :p_heid IS NULL OR :p_snapshot_time IS NULL        THEN 1001
         WHEN COUNT(h.HEID) = 0                                  THEN 1003
         WHEN MOD({{ minutes_between("TIMESTAMP '2000-01-01 00:00:00'", ':p_snapshot_time') }}, :v_interval) <> 0
           OR EXTRACT(SECOND FROM :p_snapshot_time) <> 0         THEN 1004
         WHEN :v_known > 0                                       THEN 10
         WHEN :p_snapshot_time <= :v_closed                      THEN 3002
         ELSE 0
       END
  FROM HECONF h
 WHERE h.HEID = :p_heid
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ stage('VALID_READING') }}
{{ run('STORE_SNAPSHOT', [':p_heid', ':p_snapshot_time']) }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(*) FROM USAGE_INCREMENT n INTO :v_missing;
INSERT INTO COLLECTION_LOG (
       HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, CHECKSUM,
       ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, ROWS_EXPECTED, ROWS_MISSING,
       STATE, STARTED_AT, FINISHED_AT)
VALUES (:p_heid, :p_snapshot_time, 'ONTIME', '', NULL, 0, 0, 0, 0, :v_missing, :v_missing,
        'MISSING', :v_started_at, LOCALTIMESTAMP(0));
SET :v_head_end = 'HE' || TRIM(CAST(:p_heid AS CHAR(11)));
INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, MEASURED_TIME, MESSAGE)
SELECT LOCALTIMESTAMP(0), {{ severity_of("'LOG_MISSING'") }}, 'LOG_MISSING', 'MARK_SNAPSHOT_MISSING', :v_head_end, :p_snapshot_time,
       'no log of ' || SUBSTRING(CAST(:p_snapshot_time AS CHAR(24)) FROM 1 FOR 16) || ' came'
  FROM {{ t.one_row }}
 WHERE NOT EXISTS (SELECT 1
                     FROM MDM_ALERT_HISTORY o
                    WHERE {{ is_open('o', 'LOG_MISSING', ':v_head_end') }});
{% endcall %}
{% endcall %}
