{#
  SET_ASIDE_READINGS looks at the valid readings that were not stored.

  A device, address or item that the head-end does not have is refused with its line. The
  others are readings that nobody waits for: of a meter in stock or paused, of a slot that
  has its reading. They are left out and only counted.
#}
{% from 'frame.sql' import procedure, when, stage %}
{% import 'type.sql' as t %}

{% call procedure('SET_ASIDE_READINGS', 'Refuse the readings of unknown devices.',
                  takes = dict(p_heid = 'INTEGER', p_file_name = 'VARCHAR(128)'),
                  holds = dict(v_valid = 'INTEGER', v_stored = 'INTEGER')) %}
SELECT COUNT(*) FROM VALID_READING v INTO :v_valid;
SELECT COUNT(n.LINE_NO) FROM USAGE_INCREMENT n INTO :v_stored;
{% call when(':v_stored < :v_valid') %}
INSERT INTO SET_ASIDE_LINE (LINE_NO)
SELECT v.LINE_NO
  FROM VALID_READING v
 WHERE NOT EXISTS (SELECT 1 FROM USAGE_INCREMENT n WHERE n.LINE_NO = v.LINE_NO);
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
{% endcall %}
{% endcall %}
