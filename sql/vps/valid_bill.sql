{# VALID_BILL holds the bills of one bill file that passed every check of a line. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('VALID_BILL', 'Bills of one bill file that passed every check of a line.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'End of the slot.'),
     'LINE_NO':       ('INTEGER NOT NULL', 'Line of the file.'),
     'QUOTE':         ('DECIMAL(18,4) NOT NULL', 'Estimated bill, money.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME', 'LINE_NO'], session = true) }}
