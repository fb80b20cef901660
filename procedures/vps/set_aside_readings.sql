{#
  SET_ASIDE_READINGS looks at the valid readings that were not stored.

  A device, address or item that the head-end does not have is refused with its line, and so
  is a reading that was missing of a month that is closed by now. The others are readings that nobody waits for: of a meter in stock or paused, of a slot that
  has its reading. They are left out and only counted.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'closed_month.sql' import closed_up_to %}
{% import 'type.sql' as t %}

{% call procedure('SET_ASIDE_READINGS', 'Refuse the readings of unknown devices, and the missing ones of closed months.',
                  takes = dict(p_heid = 'INTEGER', p_file_name = 'VARCHAR(128)'),
                  holds = dict(v_valid = 'INTEGER', v_stored = 'INTEGER', v_closed = t.time, v_old = 'INTEGER')) %}
SELECT COUNT(*) FROM VALID_READING v INTO :v_valid;
SELECT COUNT(n.LINE_NO) FROM USAGE_INCREMENT n INTO :v_stored;
{% call when(':v_stored < :v_valid') %}
INSERT INTO SET_ASIDE_LINE (LINE_NO)
SELECT r.LINE_NO
  FROM (SELECT v.LINE_NO, 0 AS TAKEN
          FROM VALID_READING v
         UNION ALL
        SELECT n.LINE_NO, 1
          FROM USAGE_INCREMENT n
         WHERE n.LINE_NO IS NOT NULL) r
 GROUP BY r.LINE_NO
HAVING MAX(r.TAKEN) = 0;
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO,
       l.PD_TABLE_KEY || ',' || l.LD_ADDRESS || ',' || l.SUB_NUMBER || ','
       || l.MEASURED_TIME || ',' || l."VALUE" || ',' || l.STATUS,
       'unknown device, address or item', LOCALTIMESTAMP(0)
  FROM SET_ASIDE_LINE r
  JOIN COLLECTION_LOG_LINE l
    ON l.LINE_NO = r.LINE_NO
  JOIN VALID_READING v
    ON v.LINE_NO = r.LINE_NO
  LEFT JOIN DEVICE_ITEM i
    ON i.PD_TABLE_KEY = v.PD_TABLE_KEY
   AND i.LD_ADDRESS = v.LD_ADDRESS
   AND i.SUB_NUMBER = v.SUB_NUMBER
   AND i.HEID = :p_heid
 WHERE i.HEID IS NULL;
{{ closed_up_to(':v_closed') }}
SELECT COUNT(*) FROM VALID_READING v WHERE v.MEASURED_TIME < :v_closed INTO :v_old;
{% call when(':v_old > 0') %}
INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, LINE_TEXT, REASON, RECORDED_AT)
SELECT :p_file_name, l.LINE_NO,
       l.PD_TABLE_KEY || ',' || l.LD_ADDRESS || ',' || l.SUB_NUMBER || ','
       || l.MEASURED_TIME || ',' || l."VALUE" || ',' || l.STATUS,
       'the month is closed', LOCALTIMESTAMP(0)
  FROM SET_ASIDE_LINE r
  JOIN COLLECTION_LOG_LINE l
    ON l.LINE_NO = r.LINE_NO
  JOIN VALID_READING v
    ON v.LINE_NO = r.LINE_NO
  JOIN DEVICE_ITEM i
    ON i.PD_TABLE_KEY = v.PD_TABLE_KEY
   AND i.LD_ADDRESS = v.LD_ADDRESS
   AND i.SUB_NUMBER = v.SUB_NUMBER
   AND i.HEID = :p_heid
  JOIN USAGE_HISTORY u
    ON u.LD_ID = i.LD_ID
   AND u.SUB_NUMBER = i.SUB_NUMBER
   AND u.MEASURED_TIME = v.MEASURED_TIME
   AND u.STATUS = 1
   AND u.REPOLL_READING IS NULL
 WHERE v.RAW_VALUE IS NOT NULL
   AND v.MEASURED_TIME < :v_closed;
{% endcall %}
{% endcall %}
{% endcall %}
