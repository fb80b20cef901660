{# PRICING_SLOT holds the slots that a rule is about to price. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('PRICING_SLOT', 'Slots that a rule is about to price.',
   columns = {
     'LD_ID':             ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':        ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME':     (t.time ~ ' NOT NULL', 'End of the slot.'),
     'SLOT_START':        (t.time ~ ' NOT NULL', 'Begin of the slot.'),
     'MONTH_START':       ('DATE NOT NULL', 'First day of its billing month.'),
     'USAGE_VALUE':       ('DECIMAL(18,4)', 'Final increment.'),
     'QUOTE':             ('DECIMAL(18,4)', 'Present bill, money.'),
     'CO2':               ('DECIMAL(18,4)', 'Present carbon dioxide, kg.'),
     'SOURCE':            ('CHAR(1)', 'Source of the present bill.'),
     'CLUSTER_ID':        ('VARCHAR(32)', 'Cluster of the point, empty if it has none.'),
     'CONTRACT_CAPACITY': ('DECIMAL(18,4)', 'Contract capacity in A.'),
     'REVISION':          ('INTEGER', 'Times that the slot was changed.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'], session = true) }}
