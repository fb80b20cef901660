{# PRICED_SLOT holds new bills of slots before they join the history. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('PRICED_SLOT', 'New bills of slots, before they join the history.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'End of the slot.'),
     'QUOTE':         ('DECIMAL(18,4)', 'Estimated bill, money.'),
     'CO2':           ('DECIMAL(18,4)', 'Carbon dioxide, kg.'),
     'SUPERSEDES':    ('SMALLINT NOT NULL', '1 when it replaces another bill.'),
     'LINE_NO':       ('INTEGER', 'Line of the bill file, if it came by one.'),
     'REVISION':      ('INTEGER', 'REVISION of the slot with it, if it was simulated.'),
     'USED':          ('DECIMAL(18,4)', 'What the point used in the month with the slot, if it was simulated.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'], session = true) }}
