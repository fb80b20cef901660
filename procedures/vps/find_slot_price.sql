{#
  FIND_SLOT_PRICE works out the time-of-use price of every slot of each type of day.

  A price holds from its START_TIME to the next one of the same type of day, round midnight.
  A type of day without prices of its own has those of weekdays.
#}
{% from 'frame.sql' import procedure, stage %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('FIND_SLOT_PRICE', 'Work out the time-of-use price of every slot of each type of day.',
                  holds = dict(v_interval = 'INTEGER')) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
{{ stage('SLOT_PRICE') }}
INSERT INTO SLOT_PRICE (PARAM_ID, FROM_DATE, DAY_TYPE, MINUTE_OF_DAY, PRICE)
WITH RECURSIVE SLOTS (MINUTE_OF_DAY) AS (
    SELECT 0 FROM {{ t.one_row }}
     UNION ALL
    SELECT m.MINUTE_OF_DAY + :v_interval FROM SLOTS m WHERE m.MINUTE_OF_DAY + :v_interval < 1440
), DAY_TYPES (DAY_TYPE) AS (
    SELECT CAST('WEEKDAY' AS CHAR(8)) FROM {{ t.one_row }}
     UNION ALL
    SELECT 'SATURDAY' FROM {{ t.one_row }}
     UNION ALL
    SELECT 'HOLIDAY' FROM {{ t.one_row }}
)
SELECT r.PARAM_ID, r.FROM_DATE, TRIM(r.DAY_TYPE), r.MINUTE_OF_DAY, r.PRICE
  FROM (SELECT p.PARAM_ID, p.FROM_DATE, y.DAY_TYPE, m.MINUTE_OF_DAY, p.PRICE,
               ROW_NUMBER() OVER (PARTITION BY p.PARAM_ID, p.FROM_DATE, y.DAY_TYPE, m.MINUTE_OF_DAY
                                      ORDER BY CASE WHEN p.DAY_TYPE = y.DAY_TYPE THEN 0 ELSE 1 END,
                                               CASE WHEN EXTRACT(HOUR FROM p.START_TIME) * 60
                                                         + EXTRACT(MINUTE FROM p.START_TIME) <= m.MINUTE_OF_DAY
                                                    THEN 0 ELSE 1 END,
                                               p.START_TIME DESC) AS NTH
          FROM TOU_PRICE p
         CROSS JOIN SLOTS m
         CROSS JOIN DAY_TYPES y
         WHERE p.DAY_TYPE IN (y.DAY_TYPE, 'WEEKDAY')) r
 WHERE r.NTH = 1;
{% endcall %}
