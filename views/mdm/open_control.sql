{# OPEN_CONTROL shows the controls of which nobody knows yet whether the meter has taken them. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('OPEN_CONTROL', 'Controls of meters whose outcome is not known yet.',
   callers = ['SHIM', 'READER'],
   columns = {
     'CONTROL_ID':    ('BIGINT', 'Number of the control.'),
     'KIND':          ('VARCHAR(8)', 'RELAY, CAPACITY or RESERVE.'),
     'LD_ID':         ('VARCHAR(32)', 'Metering point.'),
     'PD_TABLE_KEY':  ('BIGINT', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':    ('INTEGER', 'Address of the point in the device.'),
     'HEID':          ('INTEGER', 'Head-end of the device.'),
     '"VALUE"':       ('DECIMAL(18,4)', 'Relay: 1 closed, 0 open; else the capacity in A.'),
     'START_AT':      (t.time, 'First moment of a reserved capacity.'),
     'END_AT':        (t.time, 'End of a reserved capacity, excluded.'),
     'ADR_ACTION_ID': ('BIGINT', 'Saving action that a capacity is reserved for.'),
     'REQUESTED_AT':  (t.time, 'When it was asked for.'),
     'REQUESTED_BY':  ('VARCHAR(128)', 'Who asked for it.'),
     'REQUEST_ID':    ('VARCHAR(64)', 'Request that asked for it.'),
   }) %}
SELECT c.CONTROL_ID, c.KIND, c.LD_ID, c.PD_TABLE_KEY, c.LD_ADDRESS, c.HEID, c."VALUE", c.START_AT, c.END_AT,
       c.ADR_ACTION_ID, c.REQUESTED_AT, c.REQUESTED_BY, c.REQUEST_ID
  FROM CONTROL_HISTORY c
 WHERE c.STATE = 'OPEN'
{% endcall %}
