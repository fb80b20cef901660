{# MONTH_USAGE remembers what points used in a billing month up to a moment, for the tiers. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('MONTH_USAGE', 'What points used in a billing month up to a moment: a sum that pricing need not form again.',
   columns = {
     'LD_ID':       ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':  ('SMALLINT NOT NULL', 'Item of its parameter group.'),
     'MONTH_START': ('DATE NOT NULL', 'First day of the billing month.'),
     'UP_TO':       (t.time ~ ' NOT NULL', 'The sum holds the slots measured before; set back to the month when one of them changes.'),
     'USED':        ('DECIMAL(18,4) NOT NULL', 'Sum of the final increments.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MONTH_START'],
   index = [['MONTH_START']]) }}
