{#
  VALIDATE_READINGS checks every line of COLLECTION_LOG_LINE by itself.

  A good line becomes a row of VALID_READING, any other a row of IMPORT_REJECT with its
  number and reason. Of lines that repeat a reading the first counts.
#}
{% from 'frame.sql' import procedure, when, stage, matches %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set reason %}
CASE
  WHEN l.STATUS IS NULL OR l.SURPLUS IS NOT NULL THEN 'wrong number of fields'
  WHEN NOT {{ check.is_integer('l.PD_TABLE_KEY') }}    THEN 'PD_TABLE_KEY is no number'
  WHEN NOT {{ check.is_integer('l.LD_ADDRESS') }}
    OR CHAR_LENGTH(l.LD_ADDRESS) > 9             THEN 'LD_ADDRESS is no number'
  WHEN NOT {{ check.is_integer('l.SUB_NUMBER') }}
    OR CHAR_LENGTH(l.SUB_NUMBER) > 9             THEN 'SUB_NUMBER is no number'
  WHEN :p_class = 'ONTIME'
   AND l.MEASURED_TIME = :v_stamp                THEN %s
  WHEN :p_class = 'ONTIME'                       THEN 'MEASURED_TIME is not the snapshot'
  WHEN {{ check.is_time('l.MEASURED_TIME') | indent(7) }} = 0 THEN 'MEASURED_TIME is no time'
  WHEN l.MEASURED_TIME > :v_stamp                THEN 'MEASURED_TIME is later than the cycle'
  ELSE %s
END
{% endset %}
{% set value_reason %}
CASE
  WHEN l.STATUS NOT IN ('0', '1')                THEN 'STATUS is neither 0 nor 1'
  WHEN l."VALUE" = '' AND l.STATUS = '0'         THEN 'VALUE is missing'
  WHEN l."VALUE" <> ''
   AND NOT {{ check.is_number('l."VALUE"') }}    THEN 'VALUE is no number'
END
{% endset %}
{% set reason = reason | replace('%s', value_reason | trim | indent(9)) | trim %}
{# Nearly every line of a snapshot: one look at the whole of it. A comma inside a field does not match. #}
{% set is_plain %}
:p_class = 'ONTIME'
   AND l.MEASURED_TIME = :v_stamp
   AND l.SURPLUS IS NULL
   AND {{ matches("l.PD_TABLE_KEY || ',' || l.LD_ADDRESS || ',' || l.SUB_NUMBER || ',' || l.\"VALUE\" || ',' || l.STATUS",
                  '(0|[1-9][0-9]{0,17}),(0|[1-9][0-9]{0,8}),(0|[1-9][0-9]{0,8}),[\\+\\-]?[0-9]{1,11}([.][0-9]{1,4})?,[01]') }}
{%- endset %}

{% call procedure('VALIDATE_READINGS', 'Check every line of a collection log by itself.',
                  takes = dict(p_snapshot_time = t.time, p_class = 'VARCHAR(8)', p_file_name = 'VARCHAR(128)'),
                  holds = dict(v_stamp = 'VARCHAR(24)', v_lines = 'INTEGER', v_valid = 'INTEGER',
                               v_repeated = 'INTEGER')) %}
SET :v_stamp = SUBSTRING(CAST(:p_snapshot_time AS CHAR(24)) FROM 1 FOR 19);
{{ stage('VALID_READING') }}
{{ stage('SET_ASIDE_LINE') }}
INSERT INTO VALID_READING (PD_TABLE_KEY, LD_ADDRESS, SUB_NUMBER, MEASURED_TIME, LINE_NO, RAW_VALUE)
SELECT l.PD_TABLE_KEY, l.LD_ADDRESS, l.SUB_NUMBER, l.MEASURED_TIME, l.LINE_NO,
       CASE WHEN l.STATUS = '0' THEN l."VALUE" END
  FROM COLLECTION_LOG_LINE l
 WHERE ({{ is_plain | indent(4) }})
    OR {{ reason | indent(7) }} IS NULL;

SET :v_valid = {{ t.row_count }};
SELECT COUNT(*) FROM COLLECTION_LOG_LINE l INTO :v_lines;
{% call when(':v_valid < :v_lines') %}
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO,
       COALESCE(l.PD_TABLE_KEY, '')
       || COALESCE(',' || l.LD_ADDRESS, '')
       || COALESCE(',' || l.SUB_NUMBER, '')
       || COALESCE(',' || l.MEASURED_TIME, '')
       || COALESCE(',' || l."VALUE", '')
       || COALESCE(',' || l.STATUS, '')
       || COALESCE(',' || l.SURPLUS, ''),
       {{ reason | indent(7) }},
       LOCALTIMESTAMP(0)
  FROM COLLECTION_LOG_LINE l
 WHERE {{ reason | indent(7) }} IS NOT NULL;
{% endcall %}

SELECT COUNT(*)
  FROM (SELECT v.PD_TABLE_KEY
          FROM VALID_READING v
         GROUP BY v.PD_TABLE_KEY, v.LD_ADDRESS, v.SUB_NUMBER, v.MEASURED_TIME
        HAVING COUNT(*) > 1) r
  INTO :v_repeated;
{% call when(':v_repeated > 0') %}
INSERT INTO SET_ASIDE_LINE (LINE_NO)
SELECT r.LINE_NO
  FROM (SELECT v.LINE_NO,
               ROW_NUMBER() OVER (PARTITION BY v.PD_TABLE_KEY, v.LD_ADDRESS, v.SUB_NUMBER, v.MEASURED_TIME
                                      ORDER BY v.LINE_NO) AS NTH
          FROM VALID_READING v) r
 WHERE r.NTH > 1;
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO,
       l.PD_TABLE_KEY || ',' || l.LD_ADDRESS || ',' || l.SUB_NUMBER || ','
       || l.MEASURED_TIME || ',' || l."VALUE" || ',' || l.STATUS,
       'repeats an earlier line', LOCALTIMESTAMP(0)
  FROM SET_ASIDE_LINE r
  JOIN COLLECTION_LOG_LINE l
    ON l.LINE_NO = r.LINE_NO;
DELETE FROM VALID_READING
 WHERE LINE_NO IN (SELECT r.LINE_NO FROM SET_ASIDE_LINE r);
DELETE FROM SET_ASIDE_LINE;
{% endcall %}
{% endcall %}
