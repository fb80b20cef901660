{# ADR_ACTION_HISTORY records what an event made of each policy that it met. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ADR_ACTION_HISTORY', 'Reservations of a lower capacity, one per event and policy.',
   columns = {
     'ADR_ACTION_ID': (t.auto, 'Number of the action.'),
     'DIRECTED_TIME': (t.time ~ ' NOT NULL', 'When it was planned.'),
     'ADR_EVENT_ID':  ('BIGINT NOT NULL', 'Its ADR_EVENT_HISTORY.'),
     'POLICY_ID':     ('BIGINT NOT NULL', 'Its ADR_POLICY.'),
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'FROM_CAPACITY': ('DECIMAL(18,4)', 'Capacity before the event, A.'),
     'TO_CAPACITY':   ('DECIMAL(18,4)', 'Capacity during the event, A.'),
     'START_AT':      (t.time ~ ' NOT NULL', 'First moment of the lower capacity.'),
     'END_AT':        (t.time ~ ' NOT NULL', 'End of the lower capacity, excluded.'),
     'STATE':         ("VARCHAR(8) DEFAULT 'PLANNED' NOT NULL", 'PLANNED, RESERVED at the meter, or FAILED.'),
     'MESSAGE':       ('VARCHAR(512)', 'What the head-end answered.'),
   },
   key = ['ADR_ACTION_ID'],
   unique = [['ADR_EVENT_ID', 'POLICY_ID']],
   index = [['DIRECTED_TIME'], ['LD_ID']]) }}
