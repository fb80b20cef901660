{# MONTH_CLOSED records which billing months are closed: what was measured up to the last one's end is. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('MONTH_CLOSED', 'Billing months that are closed; they follow one another.',
   columns = {
     'MONTH_START':   ('DATE NOT NULL', 'First day of the month.'),
     'MONTH_END':     ('DATE NOT NULL', 'First day of the month behind it.'),
     'CLOSED_AT':     (t.time ~ ' NOT NULL', 'When it was closed.'),
     'CLOSED_BY':     ('VARCHAR(128)', 'Database account that closed it.'),
     'POINTS':        ('INTEGER NOT NULL', 'Metering points with a total.'),
     'MISSING_SLOTS': ('BIGINT NOT NULL', 'Slots in their totals that had no usage.'),
   },
   key = ['MONTH_START']) }}
