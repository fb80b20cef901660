{# CYCLE_LOG records the cycles that were finished: what stands before the newest is closed. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('CYCLE_LOG', 'Cycles finished: taken in, diagnosed, exported and priced.',
   columns = {
     'CYCLE_TIME':  (t.time ~ ' NOT NULL', 'Snapshot of the cycle.'),
     'FINISHED_AT': (t.time ~ ' NOT NULL', 'When it was finished.'),
   },
   key = ['CYCLE_TIME']) }}
