{# MONTH_BASE holds what points used in a billing month before the slots to be priced. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('MONTH_BASE', 'What points used in a billing month before the slots to be priced.',
   columns = {
     'LD_ID':       ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':  ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MONTH_START': ('DATE NOT NULL', 'First day of the billing month.'),
     'FIRST_TIME':  (t.time ~ ' NOT NULL', 'First slot of the month to be priced.'),
     'USED_BEFORE': ('DECIMAL(18,4) NOT NULL', 'Sum of the final increments.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MONTH_START'], session = true) }}
