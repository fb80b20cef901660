{#
  STORE_REPOLLED fills gaps with the readings of VALID_READING.

  What was delivered on time stays as it was: the re-polled reading and usage stand beside
  it. Of a slot that was filled before, only REPOLLS changes, which counts the logs that brought
  a reading of it. A slot gets its usage once its own reading and the one before are both known,
  so the slot after a filled one is looked at too. QUOTE_HISTORY takes the usage over, unless
  somebody corrected the slot by hand. The slots of a closed month are left alone, but for the
  last reading of the month, which the first slot of the next one needs.
#}
{% from 'frame.sql' import procedure, run, stage, add_minutes, update_from, when, join_in_order, by_key %}
{% from 'alert.sql' import raise_alerts %}
{% from 'revision.sql' import supersede, same_slot %}
{% from 'month_usage.sql' import forget_sums %}
{% from 'closed_month.sql' import closed_up_to, lock_closing %}
{% from 'billing_month.sql' import billing_month %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('STORE_REPOLLED', 'Fill gaps with the readings of a log of past readings.',
                  takes = dict(p_heid = 'INTEGER', p_cycle_time = t.time),
                  holds = dict(v_interval = 'INTEGER', v_first = t.time, v_last = t.time, v_negative = 'INTEGER', v_closed = t.time,
                               v_closing_day = 'INTEGER', v_month = 'DATE', v_old = 'INTEGER')) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
-- A month that is over may be closed at this moment: its readings wait for that, others do not.
{{ setting('CLOSING_DAY', ':v_closing_day') }}
SET :v_month = {{ billing_month('CAST(:p_cycle_time AS DATE)', ':v_closing_day') }};
SELECT COUNT(*) FROM VALID_READING v WHERE v.MEASURED_TIME <= :v_month INTO :v_old;
{% call when(':v_old > 0') %}
{{ lock_closing() }}
{% endcall %}
{{ closed_up_to(':v_closed') }}
{{ stage('USAGE_INCREMENT') }}
INSERT INTO USAGE_INCREMENT (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, STATUS, LINE_NO)
SELECT i.LD_ID, i.SUB_NUMBER, v.MEASURED_TIME,
       CASE WHEN u.REPOLL_READING IS NULL THEN ROUND(v.RAW_VALUE * i.MULTIPLIER, 4) END, 0, v.LINE_NO
  FROM VALID_READING v
  JOIN DEVICE_ITEM i
    ON i.PD_TABLE_KEY = v.PD_TABLE_KEY
   AND i.LD_ADDRESS = v.LD_ADDRESS
   AND i.SUB_NUMBER = v.SUB_NUMBER
   AND i.HEID = :p_heid
  JOIN USAGE_HISTORY u{{ by_key() }}
    ON u.LD_ID = i.LD_ID
   AND u.SUB_NUMBER = i.SUB_NUMBER
   AND u.MEASURED_TIME = v.MEASURED_TIME
   AND u.STATUS = 1
 WHERE v.RAW_VALUE IS NOT NULL
   AND v.MEASURED_TIME >= :v_closed;
-- A slot that was filled before is counted, and then none of those that the log fills.
{{ update_from('USAGE_HISTORY', 'USAGE_INCREMENT', same_slot() ~ "\n   AND n.READING IS NULL",
               {'REPOLLS': 'u.REPOLLS + 1'}) }}
DELETE FROM USAGE_INCREMENT
 WHERE READING IS NULL;
{{ update_from('USAGE_HISTORY', 'USAGE_INCREMENT', same_slot(),
               {'REPOLL_READING': 'n.READING', 'REPOLLED_AT': ':p_cycle_time', 'REPOLLS': 'u.REPOLLS + 1'}) }}

SELECT MIN(n.MEASURED_TIME), MAX(n.MEASURED_TIME)
  FROM USAGE_INCREMENT n
  INTO :v_first, :v_last;
{{ stage('USAGE_COMPLETION') }}
{% call when(':v_first IS NOT NULL') %}
{{ run('FIND_DAY_PARAM', [':v_first', add_minutes(':v_last', ':v_interval')]) }}
INSERT INTO USAGE_COMPLETION (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE)
SELECT c.LD_ID, c.SUB_NUMBER, c.MEASURED_TIME,
       CASE
         WHEN c.KIND = 'INSTANT' THEN c.READING
         ELSE ROUND((c.READING - c.PREVIOUS_READING) * c.CORRECTION_FACTOR, 4)
       END
  FROM (SELECT u.LD_ID, u.SUB_NUMBER, u.MEASURED_TIME, i.KIND,
               COALESCE(u.READING, u.REPOLL_READING) AS READING,
               COALESCE(b.READING, b.REPOLL_READING, f.READING) AS PREVIOUS_READING,
               COALESCE(d.CORRECTION_FACTOR, 1) AS CORRECTION_FACTOR
          FROM (SELECT DISTINCT n.LD_ID, n.SUB_NUMBER,
                       {{ add_minutes('n.MEASURED_TIME', 's.SLOTS * :v_interval') }} AS MEASURED_TIME
                  FROM USAGE_INCREMENT n
                 CROSS JOIN (SELECT 0 AS SLOTS FROM {{ t.one_row }}
                              UNION ALL
                             SELECT 1 FROM {{ t.one_row }}) s) a
          {{ join_in_order() }} USAGE_HISTORY u{{ by_key() }}
            ON {{ same_slot('u', 'a') | indent(9) }}
          {{ join_in_order() }} POINT_ITEM i
            ON i.LD_ID = u.LD_ID
           AND i.SUB_NUMBER = u.SUB_NUMBER
          LEFT JOIN USAGE_HISTORY b{{ by_key() }}
            ON b.LD_ID = u.LD_ID
           AND b.SUB_NUMBER = u.SUB_NUMBER
           AND b.MEASURED_TIME = {{ add_minutes('u.MEASURED_TIME', '-:v_interval') }}
          LEFT JOIN BOUNDARY_READING f
            ON f.LD_ID = u.LD_ID
           AND f.SUB_NUMBER = u.SUB_NUMBER
           AND f.READ_AT > {{ add_minutes('u.MEASURED_TIME', '-:v_interval') }}
           AND f.READ_AT <= u.MEASURED_TIME
           AND f.KIND = 'I'
           AND f.PD_TABLE_KEY = i.PD_TABLE_KEY
          LEFT JOIN DAY_PARAM d
            ON d.CLUSTER_ID = i.CLUSTER_ID
           AND d.DAY_ON = CAST(u.MEASURED_TIME AS DATE)
         WHERE u.MEASURED_TIME > :v_closed
           AND u.USAGE_VALUE IS NULL
           AND u.REPOLL_USAGE IS NULL) c
 WHERE c.READING IS NOT NULL
   AND (c.KIND = 'INSTANT' OR c.PREVIOUS_READING IS NOT NULL);

{{ update_from('USAGE_HISTORY', 'USAGE_COMPLETION', same_slot(),
               {'REPOLL_USAGE': 'n.USAGE_VALUE', 'REPOLLED_AT': ':p_cycle_time'}) }}
{{ update_from('USAGE_GAP', 'USAGE_INCREMENT', same_slot(), {'REPOLLED_AT': ':p_cycle_time'}) }}
{{ update_from('USAGE_GAP', 'USAGE_COMPLETION', same_slot(), {'REPOLLED_AT': ':p_cycle_time'}) }}

{{ supersede('USAGE_COMPLETION', 're-polled', "q.QUALITY <> 'C'") }}
{{ update_from('QUOTE_HISTORY', 'USAGE_COMPLETION', same_slot() ~ "\n   AND u.QUALITY <> 'C'",
               {'USAGE_VALUE': 'n.USAGE_VALUE', 'QUALITY': "'R'", 'REVISION': 'u.REVISION + 1',
                'UPDATED_AT': 'LOCALTIMESTAMP(0)'}) }}
{{ forget_sums('USAGE_COMPLETION') }}

SELECT COUNT(*)
  FROM USAGE_COMPLETION n
 WHERE n.USAGE_VALUE < 0
  INTO :v_negative;
{% call when(':v_negative > 0') %}
{% call raise_alerts('NEGATIVE', 'STORE_REPOLLED') %}
SELECT n.LD_ID, n.SUB_NUMBER, MIN(n.MEASURED_TIME) AS MEASURED_TIME,
       'the register fell: usage ' || TRIM(CAST(MIN(n.USAGE_VALUE) AS CHAR(24))) AS MESSAGE
  FROM USAGE_COMPLETION n
  JOIN DEVICE_ITEM i
    ON i.LD_ID = n.LD_ID
   AND i.SUB_NUMBER = n.SUB_NUMBER
   AND i.KIND = 'CUMULATIVE'
 WHERE n.USAGE_VALUE < 0
 GROUP BY n.LD_ID, n.SUB_NUMBER
{% endcall %}
{% endcall %}
{% endcall %}
{% endcall %}
