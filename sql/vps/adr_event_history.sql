{# ADR_EVENT_HISTORY records the saving events received. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ADR_EVENT_HISTORY', 'Saving events that the demand-response server announced.',
   columns = {
     'ADR_EVENT_ID':  (t.auto, 'Number of the event here.'),
     'DRAS_EVENT_ID': ('VARCHAR(64) NOT NULL', 'Its identifier at the demand-response server.'),
     'RECEIVED_TIME': (t.time ~ ' NOT NULL', 'When it was received.'),
     'LEVEL':         ('SMALLINT DEFAULT 0 NOT NULL', 'Level of urgency; higher is more urgent.'),
     'START_AT':      (t.time ~ ' NOT NULL', 'First moment of the event.'),
     'END_AT':        (t.time ~ ' NOT NULL', 'End of the event, excluded.'),
     'CLUSTER_ID':    ('VARCHAR(32)', 'Cluster that it is for; null all.'),
     'INCENTIVE':     ('DECIMAL(18,4)', 'Incentive offered, money.'),
     'STATUS':        ('VARCHAR(16)', 'State of the event, as the server named it.'),
   },
   key = ['ADR_EVENT_ID'],
   unique = [['DRAS_EVENT_ID']],
   index = [['RECEIVED_TIME']]) }}
