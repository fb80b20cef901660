{# ADR_CANDIDATE holds what one event asks of the policies that it meets. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ADR_CANDIDATE', 'Actions that one event could make of the policies that it meets.',
   columns = {
     'TURN':          ('INTEGER NOT NULL', 'Place among the policies of its point; the lowest target is first.'),
     'POLICY_ID':     ('BIGINT NOT NULL', 'The policy.'),
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'FROM_CAPACITY': ('DECIMAL(18,4) NOT NULL', 'Its contract capacity, A.'),
     'TO_CAPACITY':   ('DECIMAL(18,4) NOT NULL', 'Capacity that the policy sets, A.'),
     'START_AT':      (t.time ~ ' NOT NULL', 'First moment of the lower capacity.'),
     'END_AT':        (t.time ~ ' NOT NULL', 'End of the lower capacity, excluded.'),
   },
   key = ['TURN', 'POLICY_ID'], session = true) }}
