{#
  STORE_SNAPSHOT gives every target of a head-end its row of one snapshot.

  The readings are those of VALID_READING; a target without one becomes a missing row. A
  usage needs the reading before it: of the previous slot, delivered or re-polled, or the
  initial reading of a meter installed within this one.
#}
{% from 'frame.sql' import procedure, run, stage, add_minutes, when, by_key %}
{% from 'alert.sql' import raise_alerts %}
{% from 'month_usage.sql' import forget_sums %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}
{% import 'pollable.sql' as p %}

{% call procedure('STORE_SNAPSHOT', 'Give every target of a head-end its row of one snapshot.',
                  takes = dict(p_heid = 'INTEGER', p_snapshot_time = t.time),
                  holds = dict(v_interval = 'INTEGER', v_previous = t.time, v_gaps = 'INTEGER', v_negative = 'INTEGER', v_ahead = 'INTEGER')) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SET :v_previous = {{ add_minutes(':p_snapshot_time', '-:v_interval') }};
{{ run('FIND_DAY_PARAM', [':p_snapshot_time', ':p_snapshot_time']) }}

{{ stage('USAGE_INCREMENT') }}
INSERT INTO USAGE_INCREMENT (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS, LINE_NO)
SELECT n.LD_ID, n.SUB_NUMBER, :p_snapshot_time, n.READING,
       CASE
         WHEN n.KIND = 'INSTANT' THEN n.READING
         ELSE ROUND((n.READING - n.PREVIOUS_READING) * n.CORRECTION_FACTOR, 4)
       END,
       CASE
         WHEN n.READING IS NULL          THEN 1
         WHEN n.KIND = 'INSTANT'         THEN 0
         WHEN n.PREVIOUS_READING IS NULL THEN 2
         ELSE 0
       END,
       n.LINE_NO
  FROM (SELECT i.LD_ID, i.SUB_NUMBER, i.KIND, v.LINE_NO,
               ROUND(v.RAW_VALUE * i.MULTIPLIER, 4) AS READING,
               COALESCE(b.READING, b.REPOLL_READING, f.READING) AS PREVIOUS_READING,
               COALESCE(d.CORRECTION_FACTOR, 1) AS CORRECTION_FACTOR
          FROM HEAD_END_ITEM i
          LEFT JOIN VALID_READING v{{ by_key() }}
            ON v.PD_TABLE_KEY = i.PD_TABLE_KEY
           AND v.LD_ADDRESS = i.LD_ADDRESS
           AND v.SUB_NUMBER = i.SUB_NUMBER
           AND v.MEASURED_TIME = :p_snapshot_time
          LEFT JOIN USAGE_HISTORY b{{ by_key() }}
            ON b.LD_ID = i.LD_ID
           AND b.SUB_NUMBER = i.SUB_NUMBER
           AND b.MEASURED_TIME = :v_previous
          LEFT JOIN USAGE_HISTORY e{{ by_key() }}
            ON e.LD_ID = i.LD_ID
           AND e.SUB_NUMBER = i.SUB_NUMBER
           AND e.MEASURED_TIME = :p_snapshot_time
          LEFT JOIN BOUNDARY_READING f
            ON f.LD_ID = i.LD_ID
           AND f.SUB_NUMBER = i.SUB_NUMBER
           AND f.READ_AT > :v_previous
           AND f.READ_AT <= :p_snapshot_time
           AND f.KIND = 'I'
           AND f.PD_TABLE_KEY = i.PD_TABLE_KEY
          LEFT JOIN DAY_PARAM d
            ON d.CLUSTER_ID = i.CLUSTER_ID
           AND d.DAY_ON = CAST(:p_snapshot_time AS DATE)
         WHERE i.HEID = :p_heid
           AND i.LD_ID IS NOT NULL
           AND i.POLLED = 1
           AND {{ p.polled_at('i', ':p_snapshot_time') | indent(7) }}
           AND e.LD_ID IS NULL) n;

INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS)
SELECT n.LD_ID, n.SUB_NUMBER, n.MEASURED_TIME, n.READING, n.USAGE_VALUE, n.STATUS
  FROM USAGE_INCREMENT n;
INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, REVISION, SOURCE, UPDATED_AT)
SELECT n.LD_ID, n.SUB_NUMBER, n.MEASURED_TIME, n.USAGE_VALUE,
       CASE WHEN n.STATUS = 0 THEN 'M' ELSE 'N' END, 0, 'N', LOCALTIMESTAMP(0)
  FROM USAGE_INCREMENT n;
SELECT COUNT(CASE WHEN n.STATUS <> 0 THEN 1 END), COUNT(CASE WHEN n.USAGE_VALUE < 0 THEN 1 END)
  FROM USAGE_INCREMENT n
  INTO :v_gaps, :v_negative;
{% call when(':v_gaps > 0') %}
INSERT INTO USAGE_GAP (LD_ID, SUB_NUMBER, MEASURED_TIME)
SELECT n.LD_ID, n.SUB_NUMBER, n.MEASURED_TIME
  FROM USAGE_INCREMENT n
 WHERE n.STATUS <> 0;
{% endcall %}

-- A later snapshot may have been priced already.
SELECT COUNT(*)
  FROM MONTH_USAGE m
 WHERE m.UP_TO > :p_snapshot_time
  INTO :v_ahead;
{% call when(':v_ahead > 0') %}
{{ forget_sums('USAGE_INCREMENT') }}
{% endcall %}

{% call when(':v_negative > 0') %}
{% call raise_alerts('NEGATIVE', 'STORE_SNAPSHOT') %}
SELECT n.LD_ID, n.SUB_NUMBER, n.MEASURED_TIME,
       'the register fell: usage ' || TRIM(CAST(n.USAGE_VALUE AS CHAR(24))) AS MESSAGE
  FROM USAGE_INCREMENT n
  JOIN DEVICE_ITEM i
    ON i.LD_ID = n.LD_ID
   AND i.SUB_NUMBER = n.SUB_NUMBER
   AND i.KIND = 'CUMULATIVE'
 WHERE n.USAGE_VALUE < 0
{% endcall %}
{% endcall %}
{% endcall %}
