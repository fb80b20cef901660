{#
  IMPORT_BILL_ROWS sets the bills of slots from the bill file that BILL_LINE holds.

  ONTIME leaves a slot alone that was billed or corrected before, PAST does not. A line
  without a slot of its own goes to the reject table, the others take effect.
#}
{% from 'frame.sql' import procedure, when, run, stage, update_from, crc32 %}
{% from 'revision.sql' import supersede, same_slot %}
{% from 'archive.sql' import sealed_up_to, seal_holds %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set text %}
COALESCE(l.LD_ID, '') || COALESCE(',' || l.SUB_NUMBER, '') || COALESCE(',' || l.MEASURED_TIME, '')
       || COALESCE(',' || l.QUOTE, '') || COALESCE(',' || l.SURPLUS, '')
{% endset %}
{% set text = text | trim %}
{% set reason %}
CASE
  WHEN l.QUOTE IS NULL OR l.SURPLUS IS NOT NULL  THEN 'wrong number of fields'
  WHEN NOT {{ check.is_identifier('l.LD_ID', 32) }} THEN 'LD_ID is no identifier'
  WHEN NOT {{ check.is_integer('l.SUB_NUMBER') }}
    OR CHAR_LENGTH(l.SUB_NUMBER) > 4             THEN 'SUB_NUMBER is no number'
  WHEN {{ check.is_time('l.MEASURED_TIME') | indent(7) }} = 0 THEN 'MEASURED_TIME is no time'
  WHEN NOT {{ check.is_number('l.QUOTE') }}      THEN 'QUOTE is no number'
END
{% endset %}
{% set reason = reason | trim %}

{% call procedure('IMPORT_BILL_ROWS', 'Set the bills of slots from the bill file staged in BILL_LINE.',
                  callers = ['BILLING', 'SHIM'],
                  takes = dict(p_file_name = 'VARCHAR(1024)', p_class = 'VARCHAR(1024)'),
                  staged = 'BILL_LINE',
                  holds = dict(seal_holds, v_first = t.time, v_read = 'INTEGER', v_valid = 'INTEGER', v_repeated = 'INTEGER', v_stored = 'INTEGER',
                               v_rejected = 'INTEGER', v_checksum = 'BIGINT', v_known = 'INTEGER',
                               v_started_at = t.time),
                  codes = {10: 'this file was taken in before', 1001: 'an argument is missing',
                           1002: 'the file name is no bare name', 1003: 'the class is neither ONTIME nor PAST',
                           5002: 'the file is empty', 5003: 'the file is cut short', 5004: 'the file is no bill file'}) %}
SET :v_started_at = LOCALTIMESTAMP(0);
SELECT CASE
         WHEN :p_file_name IS NULL OR :p_class IS NULL           THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }}       THEN 1002
         WHEN {{ check.is_none_of(':p_class', ['ONTIME', 'PAST']) }}                 THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
{{ run('CHECK_BILL_LINE') }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(*), COALESCE(SUM({{ crc32(text) }}), 0)
  FROM BILL_LINE l
  INTO :v_read, :v_checksum;
SELECT COUNT(*)
  FROM IMPORT_LOG g
 WHERE g.FILE_NAME = :p_file_name
   AND g.CHECKSUM = :v_checksum
   AND g.CLASS = :p_class
  INTO :v_known;
{% call when(':v_known > 0') %}
SET :RESULT_CODE = 10;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ stage('VALID_BILL') }}
INSERT INTO VALID_BILL (LD_ID, SUB_NUMBER, MEASURED_TIME, LINE_NO, QUOTE)
SELECT l.LD_ID, l.SUB_NUMBER, l.MEASURED_TIME, l.LINE_NO, l.QUOTE
  FROM BILL_LINE l
 WHERE {{ reason | indent(7) }} IS NULL;
SELECT COUNT(*) FROM VALID_BILL v INTO :v_valid;
{% call when(':v_valid < :v_read') %}
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO, {{ text }},
       {{ reason | indent(7) }},
       LOCALTIMESTAMP(0)
  FROM BILL_LINE l
 WHERE {{ reason | indent(7) }} IS NOT NULL;
{% endcall %}

{{ stage('SET_ASIDE_LINE') }}
INSERT INTO SET_ASIDE_LINE (LINE_NO)
SELECT r.LINE_NO
  FROM (SELECT v.LINE_NO,
               ROW_NUMBER() OVER (PARTITION BY v.LD_ID, v.SUB_NUMBER, v.MEASURED_TIME
                                      ORDER BY v.LINE_NO) AS NTH
          FROM VALID_BILL v) r
 WHERE r.NTH > 1;
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO, {{ text }}, 'repeats an earlier line', LOCALTIMESTAMP(0)
  FROM SET_ASIDE_LINE r
  JOIN BILL_LINE l
    ON l.LINE_NO = r.LINE_NO;
DELETE FROM VALID_BILL
 WHERE LINE_NO IN (SELECT r.LINE_NO FROM SET_ASIDE_LINE r);

SELECT MIN(v.MEASURED_TIME) FROM VALID_BILL v INTO :v_first;
{{ sealed_up_to(':v_first') }}
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, v.LINE_NO,
       v.LD_ID || ',' || v.SUB_NUMBER || ',' || SUBSTRING(CAST(v.MEASURED_TIME AS CHAR(24)) FROM 1 FOR 19)
       || ',' || TRIM(CAST(v.QUOTE AS CHAR(24))),
       TRIM(CASE WHEN q.LD_ID IS NULL THEN 'unknown slot' ELSE 'the month is archived' END), LOCALTIMESTAMP(0)
  FROM VALID_BILL v
  LEFT JOIN QUOTE_HISTORY q
    ON {{ same_slot('q', 'v') }}
 WHERE q.LD_ID IS NULL
    OR v.MEASURED_TIME <= :v_sealed;

{{ stage('PRICED_SLOT') }}
INSERT INTO PRICED_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, QUOTE, SUPERSEDES, LINE_NO)
SELECT v.LD_ID, v.SUB_NUMBER, v.MEASURED_TIME, v.QUOTE,
       CASE WHEN q.QUOTE <> v.QUOTE THEN 1 ELSE 0 END, v.LINE_NO
  FROM VALID_BILL v
  JOIN QUOTE_HISTORY q
    ON {{ same_slot('q', 'v') }}
 WHERE v.MEASURED_TIME > :v_sealed
   AND (:p_class = 'PAST'
        OR q.SOURCE NOT IN ('B', 'C'));
{{ supersede('PRICED_SLOT', 'billed', 'n.SUPERSEDES = 1') }}
{{ update_from('QUOTE_HISTORY', 'PRICED_SLOT', same_slot(),
               {'REVISION': 'u.REVISION + n.SUPERSEDES', 'QUOTE': 'n.QUOTE', 'SOURCE': "'B'",
                'UPDATED_AT': 'LOCALTIMESTAMP(0)'}) }}

SELECT COUNT(*) FROM PRICED_SLOT n INTO :v_stored;
SELECT COUNT(*)
  FROM IMPORT_REJECT r
 WHERE r.FILE_NAME = :p_file_name
   AND r.RECORDED_AT >= :v_started_at
  INTO :v_rejected;
INSERT INTO IMPORT_LOG (FILE_NAME, CHECKSUM, CLASS, ROWS_READ, ROWS_STORED, ROWS_REJECTED, ROWS_IGNORED, FINISHED_AT)
VALUES (:p_file_name, :v_checksum, :p_class, :v_read, :v_stored, :v_rejected,
        :v_read - :v_stored - :v_rejected, LOCALTIMESTAMP(0));
DELETE FROM BILL_LINE;
{% endcall %}
{% endcall %}
