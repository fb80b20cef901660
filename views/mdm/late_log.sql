{#
  LATE_LOG shows the collection logs that never came or came late, and the one awaited next.

  MISSING  the snapshot was closed without its log       LATE     its log came behind that, as PAST
  DUE      it may still come: the grace is not over      OVERDUE  it should have come, and no cycle has
                                                                  closed the snapshot
  A log that came late keeps the name that it would have had on time.
#}
{% from 'frame.sql' import view, add_minutes, minutes_between %}
{% import 'type.sql' as t %}

{% set stamp = "REPLACE(REPLACE(REPLACE(SUBSTRING(CAST(c.SNAPSHOT_TIME AS CHAR(24)) FROM 1 FOR 16), '-', ''), ':', ''), ' ', '')" %}

{% call view('LATE_LOG', 'Collection logs that never came or came late, and the one awaited next of each head-end.',
   callers = ['SHIM', 'READER'],
   columns = {
     'HEID':          ('INTEGER', 'Head-end.'),
     'SNAPSHOT_TIME': (t.time, 'Snapshot of the log.'),
     'STATE':         ('VARCHAR(8)', 'MISSING never came, LATE came as PAST, DUE may still come, OVERDUE should have come.'),
     'FINISHED_AT':   (t.time, 'When a late log was taken in; when a missing one was given up.'),
     'MINUTES_LATE':  ('BIGINT', 'Minutes behind the grace: of a late log until it was taken in, of one that is overdue until now.'),
   }) %}
SELECT c.HEID,
       c.SNAPSHOT_TIME,
       TRIM(CASE WHEN p.HEID IS NULL THEN 'MISSING' ELSE 'LATE' END),
       COALESCE(p.FINISHED_AT, c.FINISHED_AT),
       {{ minutes_between(add_minutes('c.SNAPSHOT_TIME', 'CAST(g."VALUE" AS DECIMAL(9))'), 'p.FINISHED_AT') }}
  FROM COLLECTION_LOG c
  JOIN MDM_CONFIG g
    ON g.NAME = 'LOG_GRACE_MINUTES'
  LEFT JOIN COLLECTION_LOG p
    ON p.HEID = c.HEID
   AND p.CLASS = 'PAST'
   AND p.FILE_NAME = 'HE' || TRIM(CAST(c.HEID AS CHAR(11))) || '_' || {{ stamp }} || '_ONTIME.csv'
 WHERE c.CLASS = 'ONTIME'
   AND c.STATE = 'MISSING'
 UNION ALL
SELECT n.HEID,
       n.SNAPSHOT_TIME,
       TRIM(CASE WHEN n.DEADLINE > LOCALTIMESTAMP(0) THEN 'DUE' ELSE 'OVERDUE' END),
       NULL,
       CASE WHEN n.DEADLINE <= LOCALTIMESTAMP(0) THEN {{ minutes_between('n.DEADLINE', 'LOCALTIMESTAMP(0)') }} END
  FROM (SELECT s.HEID,
               {{ add_minutes('s.SNAPSHOT_TIME', 'CAST(v."VALUE" AS DECIMAL(9))') }} AS SNAPSHOT_TIME,
               {{ add_minutes('s.SNAPSHOT_TIME', 'CAST(v."VALUE" AS DECIMAL(9)) + CAST(g."VALUE" AS DECIMAL(9))') }} AS DEADLINE
          FROM LATEST_SNAPSHOT s
          JOIN HECONF h
            ON h.HEID = s.HEID
           AND h.ENABLED = 1
          JOIN MDM_CONFIG v
            ON v.NAME = 'INTERVAL_MINUTES'
          JOIN MDM_CONFIG g
            ON g.NAME = 'LOG_GRACE_MINUTES') n
 WHERE n.SNAPSHOT_TIME <= LOCALTIMESTAMP(0)
{% endcall %}
