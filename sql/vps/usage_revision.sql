{# USAGE_REVISION keeps what each change of QUOTE_HISTORY superseded, append-only. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('USAGE_REVISION', 'Values of QUOTE_HISTORY that a change superseded, append-only.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('SMALLINT NOT NULL', 'Item of the point.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'Moment of the reading; the interval ends there.'),
     'REVISION':      ('INTEGER NOT NULL', 'REVISION that the values had.'),
     'USAGE_VALUE':   ('DECIMAL(18,4)', 'Final increment until then, in the unit of the item.'),
     'QUALITY':       ('CHAR(1)', 'QUALITY until then.'),
     'METHOD':        ('VARCHAR(16)', 'METHOD until then.'),
     'QUOTE':         ('DECIMAL(18,4)', 'Estimated bill until then, money.'),
     'SOURCE':        ('CHAR(1)', 'SOURCE until then.'),
     'INPUTS':        ('VARCHAR(1024)', 'Inputs of the estimate, when it was one.'),
     'REASON':        ('VARCHAR(255)', 'Why it was changed.'),
     'RECORDED_AT':   (t.time ~ ' NOT NULL', 'When it was superseded.'),
     'RECORDED_BY':   ('VARCHAR(128)', 'Database account or person that changed it.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME', 'REVISION'],
   index = [['MEASURED_TIME']]) }}
