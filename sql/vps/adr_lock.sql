{# ADR_LOCK holds the one row by which those who plan saving actions wait for each other. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ADR_LOCK', 'One row: whoever plans saving actions locks it, so that two never plan at once.',
   columns = {
     'LOCK_ID':    ('SMALLINT NOT NULL', 'Always 1.'),
     'PLANNED_AT': (t.time, 'When an event was received last.'),
   },
   key = ['LOCK_ID']) }}
