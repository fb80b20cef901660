{#
  ADR_PROFILE gives the typical and the largest current of a point over the day.

  A slot is named by the time at which it begins. Days are counted back from the newest slot
  of the point, so that a point whose readings are late still has a whole profile. Without
  an item it is the first instantaneous one in A.
#}
{% from 'frame.sql' import procedure, when, while, give, add_minutes, add_days %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADR_PROFILE', 'Give the typical and the largest current of a point in each slot of the day.',
                  callers = ['VPS'],
                  takes = dict(p_ld_id = 'VARCHAR(1024)', p_sub_number = 'INTEGER', p_days = 'INTEGER'),
                  gives = dict(SLOT_TIME = 'TIME', TYPICAL = 'DECIMAL(18,4)', LARGEST = 'DECIMAL(18,4)', DAYS = 'INTEGER'),
                  holds = dict(v_type_id = 'INTEGER', v_sub_number = 'INTEGER', v_interval = 'INTEGER',
                               v_days = 'INTEGER', v_back = 'INTEGER', v_first = t.time, v_last = t.time, v_until = t.time, v_values = 'INTEGER'),
                  means = dict(p_days    = 'Days to look back, 1 to 366; null 30.',
                               SLOT_TIME = 'Time of day at which the slot begins.',
                               TYPICAL   = 'Average current of the slot, A.',
                               LARGEST   = 'Largest current of the slot, A.',
                               DAYS      = 'Days that have a value of the slot.'),
                  codes = {11: 'the item has no values in these days',
                           1001: 'the point is missing',
                           1002: 'the LD_ID is badly formed',
                           1003: 'the point does not have this item, or it is no current',
                           1004: 'the days are out of range',
                           2002: 'there is no such point'}) %}
SELECT CASE
         WHEN :p_ld_id IS NULL                               THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
         WHEN {{ check.is_outside(':p_days', 1, 366) }}                  THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(l.TYPE_ID)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_type_id;
SELECT MIN(g.SUB_NUMBER)
  FROM LOGICAL_DEVICE_TYPE y
  JOIN PARAM_GROUP g
    ON g.GROUP_ID = y.GROUP_ID
 WHERE y.TYPE_ID = :v_type_id
   AND g.KIND = 'INSTANT'
   AND g.UNIT = 'A'
   AND (:p_sub_number IS NULL OR g.SUB_NUMBER = :p_sub_number)
  INTO :v_sub_number;
SET :RESULT_CODE = CASE
  WHEN :v_type_id IS NULL    THEN 2002
  WHEN :v_sub_number IS NULL THEN 1003
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_days = COALESCE(:p_days, 30);
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
-- The newest slot is looked for today, and then ever further back.
SET :v_last = NULL;
SET :v_until = TIMESTAMP '9999-12-31 00:00:00';
SET :v_first = {{ add_days('LOCALTIMESTAMP(0)', '-1') }};
SET :v_back = 1;
{% call while(":v_last IS NULL AND :v_until > TIMESTAMP '1900-01-01 00:00:00'") %}
SELECT MAX(u.MEASURED_TIME)
  FROM QUOTE_HISTORY u
 WHERE u.LD_ID = :p_ld_id
   AND u.SUB_NUMBER = :v_sub_number
   AND u.MEASURED_TIME > :v_first
   AND u.MEASURED_TIME <= :v_until
  INTO :v_last;
SET :v_until = :v_first;
SET :v_back = 4 * :v_back;
SET :v_first = {{ add_days(':v_until', '-:v_back') }};
{% endcall %}
SET :v_first = {{ add_days(':v_last', '-:v_days') }};
SELECT COUNT(u.USAGE_VALUE)
  FROM QUOTE_HISTORY u
 WHERE u.LD_ID = :p_ld_id
   AND u.SUB_NUMBER = :v_sub_number
   AND u.MEASURED_TIME > :v_first
  INTO :v_values;
SET :RESULT_CODE = CASE WHEN :v_values = 0 THEN 11 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT s.SLOT_TIME, ROUND(SUM(s.AMPERE) * 1.0000 / COUNT(*), 4) AS TYPICAL, MAX(s.AMPERE) AS LARGEST, COUNT(*) AS DAYS
  FROM (SELECT CAST({{ add_minutes('u.MEASURED_TIME', '-:v_interval') }} AS TIME) AS SLOT_TIME,
               u.USAGE_VALUE AS AMPERE
          FROM QUOTE_HISTORY u
         WHERE u.LD_ID = :p_ld_id
           AND u.SUB_NUMBER = :v_sub_number
           AND u.MEASURED_TIME > :v_first) s
 WHERE s.AMPERE IS NOT NULL
 GROUP BY s.SLOT_TIME
 ORDER BY s.SLOT_TIME
{% endcall %}
{% endcall %}
{% endcall %}
