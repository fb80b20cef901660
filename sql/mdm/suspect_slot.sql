{# SUSPECT_SLOT holds the slots of a range that might show a finding, with the limits of their items. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('SUSPECT_SLOT', 'Slots of a range that might show a finding.',
   columns = {
     'LD_ID':          ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':     ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME':  (t.time ~ ' NOT NULL', 'End of the slot.'),
     'USAGE_VALUE':    ('DECIMAL(18,4)', 'Increment.'),
     'STATUS':         ('SMALLINT NOT NULL', '0 normal, 1 missing.'),
     'KIND':           ('VARCHAR(16)', 'CUMULATIVE or INSTANT.'),
     'MIN_VALUE':      ('DECIMAL(18,4)', 'Least plausible value of an interval.'),
     'MAX_VALUE':      ('DECIMAL(18,4)', 'Greatest plausible value of an interval.'),
     'ZERO_RUN_LIMIT': ('INTEGER', 'Zero snapshots in a row that raise an alert.'),
     'NULL_RUN_LIMIT': ('INTEGER', 'Missing snapshots in a row that raise an alert.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'], session = true) }}
