{# MONTH_TOTAL holds what each point used in a billing month, as it stood at the closing. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('MONTH_TOTAL', 'Totals of each point and cumulative item over a closed billing month.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('SMALLINT NOT NULL', 'Item of the point.'),
     'MONTH_START':   ('DATE NOT NULL', 'First day of the month.'),
     'USAGE_SUM':     ('DECIMAL(18,4)', 'Sum of the final increments; null when no slot had one.'),
     'QUOTE_SUM':     ('DECIMAL(18,4)', 'Sum of the estimated bills, money; null when no slot had one.'),
     'CO2_SUM':       ('DECIMAL(18,4)', 'Carbon dioxide, kg; null when no slot had any.'),
     'SLOTS':         ('INTEGER NOT NULL', 'Slots that began in the month.'),
     'MISSING_SLOTS': ('INTEGER NOT NULL', 'Those of them without a usage.'),
     'CLOSED_AT':     (t.time ~ ' NOT NULL', 'When the totals were formed; later changes do not alter them.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MONTH_START'],
   index = [['MONTH_START']]) }}
