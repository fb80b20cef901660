{#
  IMPORT_COLLECTION_LOG_ROWS takes in the collection log that COLLECTION_LOG_LINE holds.

  ONTIME stores the snapshot p_snapshot_time. PAST fills gaps of any earlier time; then
  p_snapshot_time is the cycle in which the log is taken in, and stands in REPOLLED_AT, so
  that a cycle repeated later gives the same rows. Everything is one transaction: a crash
  leaves either all of a log or nothing.
#}
{% from 'frame.sql' import procedure, when, run, stage, minutes_between, crc32 %}
{% from 'closed_month.sql' import closed_up_to %}
{% from 'alert.sql' import is_open %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('IMPORT_COLLECTION_LOG_ROWS', 'Take in the collection log staged in COLLECTION_LOG_LINE.',
                  callers = ['SHIM'],
                  takes = dict(p_heid          = 'INTEGER',
                               p_snapshot_time = t.time,
                               p_class         = 'VARCHAR(1024)',
                               p_file_name     = 'VARCHAR(1024)'),
                  staged = 'COLLECTION_LOG_LINE',
                  holds = dict(v_interval = 'INTEGER', v_started_at = t.time,
                               v_stamp = 'VARCHAR(24)', v_checksum = 'BIGINT',
                               v_known = 'BIGINT', v_closed = 'INTEGER', v_ours = 'VARCHAR(128)',
                               v_read = 'INTEGER', v_stored = 'INTEGER',
                               v_rejected = 'INTEGER', v_missing = 'INTEGER', v_expected = 'INTEGER', v_month_end = t.time),
                  codes = {10: 'this log was taken in before',
                           1001: 'an argument is missing', 1002: 'the file name is no bare name',
                           1003: 'the class is neither ONTIME nor PAST, or there is no such head-end',
                           1004: 'the snapshot time is not on the grid of intervals',
                           3001: 'another log of this name was taken in before',
                           3002: 'this snapshot or its month is closed: take the log in as PAST',
                           5002: 'the file is empty', 5003: 'the file is cut short',
                           5004: 'the file is no collection log, or not this one'}) %}
-- Two logs of one head-end are taken in one after the other.
UPDATE HECONF
   SET ENABLED = ENABLED
 WHERE HEID = :p_heid;

SET :v_started_at = LOCALTIMESTAMP(0);
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SET :v_stamp = SUBSTRING(CAST(:p_snapshot_time AS CHAR(24)) FROM 1 FOR 16);
SET :v_ours = 'HE' || TRIM(CAST(:p_heid AS CHAR(11))) || '_';

SELECT CASE
         WHEN :p_heid IS NULL
           OR :p_snapshot_time IS NULL
           OR :p_class IS NULL
           OR :p_file_name IS NULL                               THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }}       THEN 1002
         WHEN {{ check.is_none_of(':p_class', ['ONTIME', 'PAST']) }}
           OR COUNT(h.HEID) = 0                                  THEN 1003
         WHEN MOD({{ minutes_between("TIMESTAMP '2000-01-01 00:00:00'", ':p_snapshot_time') }}, :v_interval) <> 0
           OR EXTRACT(SECOND FROM :p_snapshot_time) <> 0         THEN 1004
         WHEN POSITION(:v_ours IN :p_file_name) <> 1
           OR (:p_class = 'ONTIME'
               AND :p_file_name <> :v_ours || REPLACE(REPLACE(REPLACE(:v_stamp, '-', ''), ':', ''), ' ', '')
                                           || '_ONTIME.csv')     THEN 5004
         ELSE 0
       END
  FROM HECONF h
 WHERE h.HEID = :p_heid
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ run('CHECK_COLLECTION_LOG_LINE') }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(*),
       COALESCE(SUM({{ crc32("COALESCE(l.PD_TABLE_KEY, '') || ',' || COALESCE(l.LD_ADDRESS, '') || ','
                    || COALESCE(l.SUB_NUMBER, '') || ',' || COALESCE(l.MEASURED_TIME, '') || ','
                    || COALESCE(l.\"VALUE\", '') || ',' || COALESCE(l.STATUS, '')") }}), 0)
  FROM COLLECTION_LOG_LINE l
  INTO :v_read, :v_checksum;
-- A log of either class: a run that broke off behind the import offers an ONTIME log as PAST.
SELECT MAX(c.CHECKSUM)
  FROM COLLECTION_LOG c
 WHERE c.HEID = :p_heid
   AND c.CLASS IN ('ONTIME', 'PAST')
   AND c.FILE_NAME = :p_file_name
  INTO :v_known;
{{ closed_up_to(':v_month_end') }}
SELECT COUNT(*)
  FROM COLLECTION_LOG c
 WHERE c.HEID = :p_heid
   AND c.CLASS = 'ONTIME'
   AND c.SNAPSHOT_TIME >= :p_snapshot_time
  INTO :v_closed;
SELECT CASE
         WHEN :v_known = :v_checksum                 THEN 10
         WHEN :v_known <> :v_checksum                THEN 3001
         WHEN :p_class = 'ONTIME'
          AND (:v_closed > 0 OR :p_snapshot_time <= :v_month_end) THEN 3002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ run('VALIDATE_READINGS', [':p_snapshot_time', ':p_class', ':p_file_name']) }}
{% endcall %}
{% call when(":RESULT_CODE = 0 AND :p_class = 'ONTIME'") %}
{{ run('STORE_SNAPSHOT', [':p_heid', ':p_snapshot_time']) }}
{% endcall %}
{% call when(":RESULT_CODE = 0 AND :p_class = 'ONTIME'") %}
-- The alert names the head-end as its logs do.
SET :v_ours = REPLACE(:v_ours, '_', '');
UPDATE MDM_ALERT_HISTORY
   SET CLEARED_AT = CASE WHEN GENERATED_TIME > :p_snapshot_time THEN GENERATED_TIME ELSE :p_snapshot_time END
 WHERE {{ is_open('MDM_ALERT_HISTORY', 'LOG_MISSING', ':v_ours') }};
{% endcall %}
{% call when(":RESULT_CODE = 0 AND :p_class = 'PAST'") %}
{{ run('STORE_REPOLLED', [':p_heid', ':p_snapshot_time']) }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ run('SET_ASIDE_READINGS', [':p_heid', ':p_file_name']) }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(n.LINE_NO),
       CASE WHEN :p_class = 'ONTIME' THEN COUNT(*) ELSE 0 END,
       COALESCE(SUM(CASE WHEN n.STATUS = 1 THEN 1 ELSE 0 END), 0)
  FROM USAGE_INCREMENT n
  INTO :v_stored, :v_expected, :v_missing;
SELECT COUNT(*)
  FROM IMPORT_REJECT r
 WHERE r.FILE_NAME = :p_file_name
   AND r.RECORDED_AT >= :v_started_at
  INTO :v_rejected;
INSERT INTO COLLECTION_LOG (
       HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, CHECKSUM,
       ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, ROWS_EXPECTED, ROWS_MISSING,
       STATE, STARTED_AT, FINISHED_AT)
VALUES (:p_heid, :p_snapshot_time, :p_class, :p_file_name, :v_checksum,
        :v_read, :v_stored, :v_rejected, :v_read - :v_stored - :v_rejected, :v_expected, :v_missing,
        'DONE', :v_started_at, LOCALTIMESTAMP(0));
-- Staging is emptied after each file: on a server it would hold memory until the client leaves.
{{ stage('COLLECTION_LOG_LINE') }}
{{ stage('VALID_READING') }}
{% endcall %}
{% endcall %}
