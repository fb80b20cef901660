{# SNAPSHOT_COMPLETENESS shows how complete each snapshot is, on time and after re-polling. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('SNAPSHOT_COMPLETENESS', 'How complete each snapshot is, on time and after re-polling.',
   callers = ['SHIM', 'READER'],
   columns = {
     'MEASURED_TIME': (t.time, 'Snapshot.'),
     'EXPECTED':      ('BIGINT', 'Slots of the snapshot.'),
     'READ_ON_TIME':  ('BIGINT', 'Slots with a reading delivered on time.'),
     'RE_POLLED':     ('BIGINT', 'Slots whose missing reading was re-polled.'),
     'STILL_MISSING': ('BIGINT', 'Slots that still have no reading.'),
     'WITHOUT_USAGE': ('BIGINT', 'Slots that still have no usage.'),
   }) %}
SELECT u.MEASURED_TIME,
       COUNT(*),
       SUM(CASE WHEN u.STATUS <> 1 THEN 1 ELSE 0 END),
       SUM(CASE WHEN u.REPOLL_READING IS NOT NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN u.STATUS = 1 AND u.REPOLL_READING IS NULL THEN 1 ELSE 0 END),
       SUM(CASE WHEN u.USAGE_VALUE IS NULL AND u.REPOLL_USAGE IS NULL THEN 1 ELSE 0 END)
  FROM USAGE_HISTORY u
 GROUP BY u.MEASURED_TIME
{% endcall %}
