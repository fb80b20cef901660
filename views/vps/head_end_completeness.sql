{#
  HEAD_END_COMPLETENESS shows how complete each snapshot of each head-end is.

  What was read on time stands in COLLECTION_LOG. What was re-polled is counted among the
  snapshot's gaps, at the head-end that serves the point now; gaps are purged before the log.
#}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('HEAD_END_COMPLETENESS', 'How complete each snapshot of each head-end is, on time and after re-polling.',
   callers = ['SHIM', 'READER'],
   columns = {
     'HEID':          ('INTEGER', 'Head-end.'),
     'MEASURED_TIME': (t.time, 'Snapshot.'),
     'EXPECTED':      ('INTEGER', 'Slots of the snapshot.'),
     'READ_ON_TIME':  ('INTEGER', 'Slots with a reading delivered on time.'),
     'RE_POLLED':     ('BIGINT', 'Slots whose missing reading was re-polled; null once the gaps are purged.'),
     'STILL_MISSING': ('BIGINT', 'Slots that still have no reading; null once the gaps are purged.'),
     'READ_PERCENT':  ('DECIMAL(9,2)', 'Share of the slots that have a reading now, per cent.'),
   }) %}
SELECT s.HEID,
       s.SNAPSHOT_TIME,
       s.ROWS_EXPECTED,
       s.ROWS_EXPECTED - s.ROWS_MISSING,
       s.RE_POLLED,
       s.ROWS_MISSING - s.RE_POLLED,
       CAST(ROUND(100.0000 * (s.ROWS_EXPECTED - s.ROWS_MISSING + COALESCE(s.RE_POLLED, 0))
                  / NULLIF(s.ROWS_EXPECTED, 0), 2) AS DECIMAL(9,2))
  FROM (SELECT c.HEID, c.SNAPSHOT_TIME, c.ROWS_EXPECTED, c.ROWS_MISSING,
               CASE
                 WHEN c.ROWS_MISSING = 0 THEN 0
                 WHEN EXISTS (SELECT 1 FROM USAGE_GAP p WHERE p.MEASURED_TIME = c.SNAPSHOT_TIME)
                 THEN (SELECT COUNT(*)
                         FROM USAGE_GAP g
                         JOIN USAGE_HISTORY u
                           ON u.LD_ID = g.LD_ID
                          AND u.SUB_NUMBER = g.SUB_NUMBER
                          AND u.MEASURED_TIME = g.MEASURED_TIME
                         JOIN LOGICAL_DEVICE l
                           ON l.LD_ID = g.LD_ID
                          AND l.DELETED = 0
                         JOIN CONTROLLER d
                           ON d.TABLE_KEY = l.PD_TABLE_KEY
                         JOIN CONCENTRATOR o
                           ON o.CO_ID = d.CO_ID
                        WHERE g.MEASURED_TIME = c.SNAPSHOT_TIME
                          AND g.REPOLLED_AT IS NOT NULL
                          AND u.STATUS = 1
                          AND u.REPOLL_READING IS NOT NULL
                          AND o.HEID = c.HEID)
               END AS RE_POLLED
          FROM COLLECTION_LOG c
         WHERE c.CLASS = 'ONTIME') s
{% endcall %}
