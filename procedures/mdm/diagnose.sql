{#
  DIAGNOSE looks for implausible usage in a range of snapshots.

  NEGATIVE  a register fell                          RANGE     outside the item's plausible values
  ZERO_RUN  zero for as many snapshots as the limit  NULL_RUN  missing for as many as the limit

  A point has at most one open alert of a kind; it is cleared when the newest slot of a
  later range no longer shows the finding. The runs look back from the last snapshot of
  the range, and only at points that show the finding there.
#}
{% from 'frame.sql' import procedure, when, give, stage, add_minutes, join_in_order %}
{% from 'alert.sql' import raise_alerts %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% set kinds = {
  'NEGATIVE': ("u.STATUS = 0 AND i.KIND = 'CUMULATIVE' AND u.USAGE_VALUE < 0", none),
  'RANGE':    ("u.STATUS = 0 AND (u.USAGE_VALUE > i.MAX_VALUE OR (u.USAGE_VALUE < i.MIN_VALUE AND (i.KIND = 'INSTANT' OR u.USAGE_VALUE >= 0)))", none),
  'ZERO_RUN': ("u.STATUS = 0 AND u.USAGE_VALUE = 0", 'u.ZERO_RUN_LIMIT'),
  'NULL_RUN': ("u.STATUS = 1", 'u.NULL_RUN_LIMIT'),
} %}

{% call procedure('DIAGNOSE', 'Look for implausible usage in a range of snapshots.',
                  callers = ['SHIM'],
                  takes = dict(p_start = t.time, p_end = t.time),
                  gives = dict(ALERT_CODE = 'VARCHAR(32)', LD_ID = 'VARCHAR(32)', SUB_NUMBER = 'INTEGER',
                               MEASURED_TIME = t.time, MESSAGE = 'VARCHAR(512)'),
                  holds = dict(v_interval = 'INTEGER', v_last = t.time, v_since = t.time, v_before = 'BIGINT'),
                  means = dict(p_start = 'First snapshot to look at.',
                               p_end = 'End of the range, excluded.'),
                  codes = {11: 'there is no snapshot in the range', 1001: 'an argument is missing',
                           1004: 'the range is empty'}) %}
SELECT CASE
         WHEN :p_start IS NULL OR :p_end IS NULL THEN 1001
         WHEN :p_end <= :p_start                 THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SELECT COALESCE(MAX(a.ALERT_ID), 0) FROM MDM_ALERT_HISTORY a INTO :v_before;
-- Of the key alone MySQL would skip from point to point of a long history: many times as slow.
SELECT MAX(CASE WHEN u.STATUS IS NOT NULL THEN u.MEASURED_TIME END)
  FROM USAGE_HISTORY u
 WHERE u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
  INTO :v_last;
{% call when(':v_last IS NULL') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
-- No longer than the longest run is looked back.
SELECT {{ add_minutes(':v_last', '-COALESCE(MAX(CASE WHEN g.ZERO_RUN_LIMIT > COALESCE(g.NULL_RUN_LIMIT, 0) THEN g.ZERO_RUN_LIMIT ELSE g.NULL_RUN_LIMIT END), 0) * :v_interval') }}
  FROM PARAM_GROUP g
  INTO :v_since;
-- One pass over the snapshots; the bounds of any item of that number leave few to look up.
{{ stage('SUSPECT_SLOT') }}
INSERT INTO SUSPECT_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, STATUS,
       KIND, MIN_VALUE, MAX_VALUE, ZERO_RUN_LIMIT, NULL_RUN_LIMIT)
SELECT u.LD_ID, u.SUB_NUMBER, u.MEASURED_TIME, u.USAGE_VALUE, u.STATUS,
       i.KIND, i.MIN_VALUE, i.MAX_VALUE, i.ZERO_RUN_LIMIT, i.NULL_RUN_LIMIT
  FROM USAGE_HISTORY u
  {{ join_in_order() }} (SELECT z.SUB_NUMBER, MIN(z.MAX_VALUE) AS LEAST_MAX, MAX(z.MIN_VALUE) AS GREATEST_MIN
          FROM PARAM_GROUP z
         GROUP BY z.SUB_NUMBER) g
    ON g.SUB_NUMBER = u.SUB_NUMBER
  {{ join_in_order() }} DEVICE_ITEM i
    ON i.LD_ID = u.LD_ID
   AND i.SUB_NUMBER = u.SUB_NUMBER
 WHERE u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
   AND (u.STATUS = 1
        OR (u.STATUS = 0
            AND (u.USAGE_VALUE <= 0
                 OR u.USAGE_VALUE > g.LEAST_MAX
                 OR u.USAGE_VALUE < g.GREATEST_MIN)))
   AND (u.STATUS = 1
        OR u.USAGE_VALUE <= 0
        OR u.USAGE_VALUE > i.MAX_VALUE
        OR u.USAGE_VALUE < i.MIN_VALUE);

{% for code, (finding, limit) in kinds.items() %}
{% call raise_alerts(code, 'DIAGNOSE') %}
SELECT u.LD_ID, u.SUB_NUMBER, MIN(u.MEASURED_TIME) AS MEASURED_TIME,
{% if limit %}
       TRIM(CAST(MAX({{ limit }}) AS CHAR(11))) || ' snapshots {{ "at zero" if code == "ZERO_RUN" else "without a reading" }}' AS MESSAGE
{% else %}
       'usage ' || TRIM(CAST({{ 'MIN' if code == 'NEGATIVE' else 'MAX' }}(u.USAGE_VALUE) AS CHAR(24))) AS MESSAGE
{% endif %}
  FROM SUSPECT_SLOT u
{% if limit %}
 WHERE u.MEASURED_TIME = :v_last
   AND {{ finding | replace('i.', 'u.') }}
   AND {{ limit }} IS NOT NULL
   AND {{ limit }} <= (SELECT COUNT(*)
                         FROM USAGE_HISTORY r
                        WHERE r.LD_ID = u.LD_ID
                          AND r.SUB_NUMBER = u.SUB_NUMBER
                          AND r.MEASURED_TIME > :v_since
                          AND r.MEASURED_TIME > {{ add_minutes(':v_last', '-' ~ limit ~ ' * :v_interval') }}
                          AND r.MEASURED_TIME <= :v_last
                          AND {{ finding | replace('u.', 'r.') }})
{% else %}
 WHERE {{ finding | replace('i.', 'u.') }}
{% endif %}
 GROUP BY u.LD_ID, u.SUB_NUMBER
{% endcall %}

{% endfor %}
{% for code, (finding, limit) in kinds.items() %}
UPDATE MDM_ALERT_HISTORY
   SET CLEARED_AT = :v_last
 WHERE ALERT_CODE = '{{ code }}'
   AND CLEARED_AT IS NULL
   AND EXISTS (SELECT 1
                 FROM USAGE_HISTORY u
                 JOIN DEVICE_ITEM i
                   ON i.LD_ID = u.LD_ID
                  AND i.SUB_NUMBER = u.SUB_NUMBER
                WHERE u.LD_ID = MDM_ALERT_HISTORY.LD_ID
                  AND u.SUB_NUMBER = MDM_ALERT_HISTORY.SUB_NUMBER
                  AND u.MEASURED_TIME = :v_last
                  AND {{ "u.STATUS <> 1" if code == 'NULL_RUN' else "u.STATUS = 0" }}
                  AND NOT ({{ finding }}));
{% endfor %}
{% call give() %}
SELECT a.ALERT_CODE, a.LD_ID, a.SUB_NUMBER, a.MEASURED_TIME, a.MESSAGE
  FROM MDM_ALERT_HISTORY a
 WHERE a.ALERT_ID > :v_before
 ORDER BY a.ALERT_ID
{% endcall %}
{% endcall %}
{% endcall %}
