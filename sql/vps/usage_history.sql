{# USAGE_HISTORY holds every reading as it was delivered, and its repair by a re-poll. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('USAGE_HISTORY', 'Readings and usage as delivered on time, with what a re-poll brought.',
   columns = {
     'LD_ID':          ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':     ('SMALLINT NOT NULL', 'Item of the point.'),
     'MEASURED_TIME':  (t.time ~ ' NOT NULL', 'Moment of the reading; the interval ends there.'),
     'READING':        ('DECIMAL(18,4)',
                        'Register reading delivered on time, in the unit of the item; null missing.'),
     'USAGE_VALUE':    ('DECIMAL(18,4)',
                        'Usage since the previous interval, corrected; an INSTANT value as read.'),
     'STATUS':         ('SMALLINT DEFAULT 0 NOT NULL',
                        '0 normal, 1 missing, 2 undetermined (read, but the reading before it is missing).'),
     'REPOLL_READING': ('DECIMAL(18,4)', 'Register reading that a re-poll brought.'),
     'REPOLL_USAGE':   ('DECIMAL(18,4)', 'Usage that it determined.'),
     'REPOLLED_AT':    (t.time, 'When the re-poll was taken in; null never.'),
     'REPOLLS':        ('SMALLINT DEFAULT 0 NOT NULL',
                        'How many re-polled logs brought a reading of the missing slot, since release 0.2.0.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'],
   by_time = 'MEASURED_TIME') }}
