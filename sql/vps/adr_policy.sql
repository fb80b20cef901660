{# ADR_POLICY holds what a customer agreed to save in which events. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ADR_POLICY', 'Saving policies: when an event lowers the capacity of a point, and to what.',
   columns = {
     'POLICY_ID':       (t.auto, 'Number of the policy.'),
     'LD_ID':           ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':      ('SMALLINT NOT NULL', 'Item of the point.'),
     'POLICY_NAME':     ('VARCHAR(64)', 'Name for people.'),
     'ACTIVE':          ('SMALLINT DEFAULT 1 NOT NULL', '1 applies, 0 does not.'),
     'MIN_LEVEL':       ('SMALLINT DEFAULT 0 NOT NULL', 'Event level from which it applies.'),
     'MIN_INCENTIVE':   ('DECIMAL(18,4) DEFAULT 0 NOT NULL', 'Incentive from which it applies, money.'),
     'DAY_MASK':        ('SMALLINT DEFAULT 127 NOT NULL',
                         'Days of the week on which it begins, added up: 1 Monday, 2 Tuesday to 64 Sunday.'),
     'START_TIME':      ('TIME', 'Time of day from which it applies.'),
     'END_TIME':        ('TIME', 'Time of day until which it applies, excluded; before START_TIME of the next day.'),
     'FROM_DATE':       ('DATE', 'First day on which it applies; null at once.'),
     'TO_DATE':         ('DATE', 'First day on which it no longer applies; null open.'),
     'TARGET_CAPACITY': ('DECIMAL(18,4) NOT NULL', 'Capacity to set for the event, A.'),
     'DELETED':         ('SMALLINT DEFAULT 0 NOT NULL', '1 removed.'),
   },
   key = ['POLICY_ID'],
   index = [['LD_ID']]) }}
