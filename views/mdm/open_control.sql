{# OPEN_CONTROL shows the controls of which nobody knows yet whether the meter has taken them. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('OPEN_CONTROL', 'Controls of meters whose outcome is not known yet.',
   callers = ['SHIM', 'READER'],
   columns = {
     'CONTROL_ID':      ('BIGINT', 'Number of the control.'),
     'KIND':            ('VARCHAR(8)', 'RELAY, CAPACITY or RESERVE.'),
     'LD_ID':           ('VARCHAR(32)', 'Metering point that it was asked for.'),
     'PD_TABLE_KEY':    ('BIGINT', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':      ('INTEGER', 'Address of the point in the device.'),
     'HEID':            ('INTEGER', 'Head-end of the device now.'),
     'MAC':             ('VARCHAR(12)', 'Its MAC address.'),
     'IP_ADDRESS':      ('VARCHAR(45)', 'Its IP address.'),
     'PORT':            ('INTEGER', 'Its port.'),
     '"VALUE"':         ('DECIMAL(18,4)', 'Relay: 1 closed, 0 open; else the capacity in A.'),
     'START_AT':        (t.time, 'First moment of a reserved capacity.'),
     'END_AT':          (t.time, 'End of a reserved capacity, excluded.'),
     'ADR_ACTION_ID':   ('BIGINT', 'Saving action that a capacity is reserved for.'),
     'REQUESTED_AT':    (t.time, 'When it was asked for.'),
     'REQUESTED_BY':    ('VARCHAR(64)', 'Client that asked for it.'),
     'REQUEST_ID':      ('VARCHAR(64)', 'Request that asked for it.'),
     'IDEMPOTENCY_KEY': ('VARCHAR(128)', 'Name that the client gave to the request.'),
     'REQUEST_HASH':    ('VARCHAR(64)', 'SHA-256 of the request with that name.'),
   }) %}
SELECT c.CONTROL_ID, c.KIND, c.LD_ID, c.PD_TABLE_KEY, c.LD_ADDRESS, o.HEID, d.MAC, x.IP_ADDRESS, x.PORT, c."VALUE",
       c.START_AT, c.END_AT, c.ADR_ACTION_ID, c.REQUESTED_AT, c.REQUESTED_BY, c.REQUEST_ID, c.IDEMPOTENCY_KEY,
       c.REQUEST_HASH
  FROM CONTROL_HISTORY c
  LEFT JOIN CONTROLLER d
    ON d.TABLE_KEY = c.PD_TABLE_KEY
  LEFT JOIN CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = c.PD_TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE c.STATE = 'OPEN'
{% endcall %}
