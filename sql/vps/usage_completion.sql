{# USAGE_COMPLETION holds the usages that re-polled readings made known. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('USAGE_COMPLETION', 'Usages that re-polled readings made known.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'End of the slot.'),
     'USAGE_VALUE':   ('DECIMAL(18,4)', 'Increment.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'], session = true) }}
