{# USAGE_INCREMENT holds the rows of one snapshot, computed, before they join the histories. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('USAGE_INCREMENT', 'Slots computed from one collection log, before they join the histories.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'End of the slot.'),
     'READING':       ('DECIMAL(18,4)', 'Register reading.'),
     'USAGE_VALUE':   ('DECIMAL(18,4)', 'Increment.'),
     'STATUS':        ('SMALLINT NOT NULL', '0 normal, 1 missing, 2 undetermined.'),
     'LINE_NO':       ('INTEGER', 'Line of the file, null for a reading that it lacks.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'], session = true) }}
