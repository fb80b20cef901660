{#
  ADD_CERTIFICATE_ROWS stores the certificates of the file that CERTIFICATE_LINE holds.

  A certificate that stands there already, alike in every field, is a repeat. A line that is
  malformed, or has the serial number of another certificate, in the table or further up in
  the file, goes to the reject table; the others are stored.

  A subject holds no quote: RFC 4514 writes it with a backslash and 22, and a reader cannot
  tell a stray one from one that is meant. Nor is a field the bare word NULL, which LOAD DATA
  takes for none. A certificate without an end has the last moment of the year 9999 (RFC 5280).
#}
{% from 'frame.sql' import procedure, when, run, stage, crc32, utf8_of %}
{% from 'device.sql' import same %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set subject %}
CASE
         WHEN POSITION(',' IN l.SUBJECT) > 0 OR POSITION('"' IN l.SUBJECT) > 0
         THEN '"' || REPLACE(l.SUBJECT, '"', '""') || '"'
         ELSE l.SUBJECT
       END
{% endset %}
{% set line %}
COALESCE(l.CERT_SERIAL, '') || COALESCE(',' || l.ALA_ID, '')
       || COALESCE(',' || {{ subject | trim }}, '')
       || COALESCE(',' || l.NOT_BEFORE, '') || COALESCE(',' || l.NOT_AFTER, '') || COALESCE(',' || l.SURPLUS, '')
{% endset %}
{% set line = line | trim %}
{# As it was written; a line that is no UTF-8 shows its bytes. #}
{% set text %}
LEFT(CASE WHEN {{ check.is_utf8(line, 2500) }} THEN {{ utf8_of(line, 2500) }} ELSE {{ line }} END, 512)
{% endset %}
{% set reason %}
CASE
  WHEN l.NOT_AFTER IS NULL OR l.SURPLUS IS NOT NULL        THEN 'wrong number of fields'
  WHEN NOT {{ check.is_identifier('l.CERT_SERIAL', 64) }}
    OR COALESCE(l.CERT_SERIAL, 'NULL') = 'NULL'            THEN 'CERT_SERIAL is no identifier'
  WHEN COALESCE(l.ALA_ID, 'NULL') = 'NULL'
    OR l.ALA_ID <> ''
   AND (NOT {{ check.is_integer('l.ALA_ID') }}
        OR CHAR_LENGTH(l.ALA_ID) > 9)                      THEN 'ALA_ID is no number'
  WHEN COALESCE(l.SUBJECT, 'NULL') IN ('', 'NULL')         THEN 'SUBJECT is missing'
  WHEN POSITION('"' IN l.SUBJECT) > 0                      THEN 'SUBJECT holds a quote'
  WHEN NOT {{ check.is_utf8('l.SUBJECT', 1024) }}          THEN 'SUBJECT is no UTF-8'
  WHEN CHAR_LENGTH({{ utf8_of('l.SUBJECT', 1024) }}) > 255 THEN 'SUBJECT is longer than 255 characters'
  WHEN {{ check.is_time('l.NOT_BEFORE') | indent(7) }} = 0 THEN 'NOT_BEFORE is no time'
  WHEN l.NOT_AFTER <> '9999-12-31 23:59:59'
   AND {{ check.is_time('l.NOT_AFTER') | indent(7) }} = 0  THEN 'NOT_AFTER is no time'
  WHEN l.NOT_AFTER <= l.NOT_BEFORE                         THEN 'NOT_AFTER is not after NOT_BEFORE'
END
{% endset %}
{% set reason = reason | trim %}

{% call procedure('ADD_CERTIFICATE_ROWS', 'Store the certificates of the file staged in CERTIFICATE_LINE.',
                  callers = ['ALA', 'SHIM'],
                  takes = dict(p_file_name = 'VARCHAR(1024)'),
                  staged = 'CERTIFICATE_LINE',
                  holds = dict(v_read = 'INTEGER', v_stored = 'INTEGER', v_malformed = 'INTEGER', v_other = 'INTEGER',
                               v_checksum = 'BIGINT', v_known = 'INTEGER'),
                  means = dict(p_file_name = 'Bare name of the file, by which it is recorded.'),
                  codes = {10: 'this file was taken in before', 1001: 'the file name is missing',
                           1002: 'the file name is no bare name',
                           5002: 'the file is empty', 5003: 'the file is cut short',
                           5004: 'the file is no file of certificates'}) %}
SELECT CASE
         WHEN :p_file_name IS NULL                         THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
{{ run('CHECK_CERTIFICATE_LINE') }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
-- One file at a time: two that hold the same new serial number would both find it free.
UPDATE MDM_CONFIG
   SET "VALUE" = "VALUE"
 WHERE NAME = 'ALA_LINKED';
SELECT COUNT(*), COALESCE(SUM({{ crc32(line) }}), 0)
  FROM CERTIFICATE_LINE l
  INTO :v_read, :v_checksum;
SELECT COUNT(*)
  FROM IMPORT_LOG g
 WHERE g.FILE_NAME = :p_file_name
   AND g.CHECKSUM = :v_checksum
   AND g.CLASS = 'CERT'
  INTO :v_known;
{% call when(':v_known > 0') %}
SET :RESULT_CODE = 10;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ stage('VALID_CERTIFICATE') }}
INSERT INTO VALID_CERTIFICATE (CERT_SERIAL, LINE_NO, ALA_ID, SUBJECT, NOT_BEFORE, NOT_AFTER)
SELECT l.CERT_SERIAL, l.LINE_NO, NULLIF(l.ALA_ID, ''), {{ utf8_of('l.SUBJECT', 1024) }}, l.NOT_BEFORE, l.NOT_AFTER
  FROM CERTIFICATE_LINE l
 WHERE {{ reason | indent(7) }} IS NULL;
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO, {{ text | trim }},
       {{ reason | indent(7) }},
       LOCALTIMESTAMP(0)
  FROM CERTIFICATE_LINE l
 WHERE {{ reason | indent(7) }} IS NOT NULL;
SET :v_malformed = {{ t.row_count }};

INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, ALA_ID, SUBJECT, NOT_BEFORE, NOT_AFTER, ISSUED_AT)
SELECT v.CERT_SERIAL, v.ALA_ID, v.SUBJECT, v.NOT_BEFORE, v.NOT_AFTER, LOCALTIMESTAMP(0)
  FROM (SELECT r.CERT_SERIAL, r.ALA_ID, r.SUBJECT, r.NOT_BEFORE, r.NOT_AFTER,
               ROW_NUMBER() OVER (PARTITION BY r.CERT_SERIAL
                                      ORDER BY r.LINE_NO) AS NTH
          FROM VALID_CERTIFICATE r) v
  LEFT JOIN CERTIFICATE_HISTORY c
    ON c.CERT_SERIAL = v.CERT_SERIAL
 WHERE v.NTH = 1
   AND c.CERT_SERIAL IS NULL
 ORDER BY v.CERT_SERIAL;
SET :v_stored = {{ t.row_count }};

INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO, {{ text | trim }},
       'another certificate has this serial number', LOCALTIMESTAMP(0)
  FROM VALID_CERTIFICATE v
  JOIN CERTIFICATE_HISTORY c
    ON c.CERT_SERIAL = v.CERT_SERIAL
  JOIN CERTIFICATE_LINE l
    ON l.LINE_NO = v.LINE_NO
 WHERE CASE
         WHEN {{ same('c.ALA_ID', 'v.ALA_ID') }}
          AND c.SUBJECT = v.SUBJECT
          AND c.NOT_BEFORE = v.NOT_BEFORE
          AND c.NOT_AFTER = v.NOT_AFTER
         THEN 0
         ELSE 1
       END = 1;
SET :v_other = {{ t.row_count }};

INSERT INTO IMPORT_LOG (FILE_NAME, CHECKSUM, CLASS, ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, FINISHED_AT)
VALUES (:p_file_name, :v_checksum, 'CERT', :v_read, :v_stored, :v_malformed + :v_other,
        :v_read - :v_stored - :v_malformed - :v_other, LOCALTIMESTAMP(0));
DELETE FROM CERTIFICATE_LINE;
{% endcall %}
{% endcall %}
