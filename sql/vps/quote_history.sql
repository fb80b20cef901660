{# QUOTE_HISTORY holds the final series, with its price. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('QUOTE_HISTORY', 'Final increments and estimated bills, kept for visualisation.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('SMALLINT NOT NULL', 'Item of the point.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'Moment of the reading; the interval ends there.'),
     'USAGE_VALUE':   ('DECIMAL(18,4)', 'Current final increment, in the unit of the item.'),
     'QUALITY':       ("CHAR(1) DEFAULT 'N' NOT NULL",
                       'M measured, R re-polled, D distributed, E estimated, C by hand, Z outage, N none.'),
     'METHOD':        ('VARCHAR(16)', 'How it was estimated or edited; null for what was measured.'),
     'REVISION':      ('INTEGER DEFAULT 0 NOT NULL',
                       'Times that it was changed; the values before are in USAGE_REVISION.'),
     'QUOTE':         ('DECIMAL(18,4)', 'Estimated bill of the interval, money.'),
     'CO2':           ('DECIMAL(18,4)', 'Emission of the interval, kg.'),
     'SOURCE':        ("CHAR(1) DEFAULT 'N' NOT NULL",
                       'Where QUOTE is from: N none yet, S simulated, B billed, C corrected.'),
     'UPDATED_AT':    (t.time, 'When the row last changed.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'],
   by_time = 'MEASURED_TIME') }}
