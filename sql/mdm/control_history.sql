{#
  CONTROL_HISTORY holds what meters were told to do, and what became of it.

  A row is there before the head-end is asked: whatever breaks off afterwards, it is OPEN, and
  the meter is asked how it is until the row says so too.
#}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('CONTROL_HISTORY', 'Controls of meters through head-ends: relay, capacity, reserved capacity.',
   columns = {
     'CONTROL_ID':      (t.auto, 'Number of the control.'),
     'KIND':            ('VARCHAR(8) NOT NULL', 'RELAY, CAPACITY or RESERVE.'),
     'LD_ID':           ('VARCHAR(32) NOT NULL', 'Metering point that it was asked for.'),
     'PD_TABLE_KEY':    ('BIGINT NOT NULL', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':      ('INTEGER NOT NULL', 'Address of the point in the device.'),
     'HEID':            ('INTEGER', 'Head-end of the device when it was asked for.'),
     '"VALUE"':         ('DECIMAL(18,4) NOT NULL', 'Relay: 1 closed, 0 open; else the capacity in A.'),
     'START_AT':        (t.time, 'First moment of a reserved capacity.'),
     'END_AT':          (t.time, 'End of a reserved capacity, excluded.'),
     'ADR_ACTION_ID':   ('BIGINT', 'Saving action that a capacity is reserved for.'),
     'STATE':           ("VARCHAR(8) DEFAULT 'OPEN' NOT NULL", 'OPEN, nobody knows yet; DONE; or REFUSED, the meter is as it was.'),
     'REQUESTED_AT':    (t.time ~ ' NOT NULL', 'When it was asked for.'),
     'REQUESTED_BY':    ('VARCHAR(64)', 'Client that asked for it.'),
     'REQUEST_ID':      ('VARCHAR(64)', 'Request that asked for it.'),
     'IDEMPOTENCY_KEY': ('VARCHAR(128)', 'Name that the client gave to the request: whoever finishes the control keeps its answer.'),
     'REQUEST_HASH':    ('VARCHAR(64)', 'SHA-256 of the request with that name.'),
     'FINISHED_AT':     (t.time, 'When it was known what became of it; null it is not.'),
     'FOUND_VALUE':     ('DECIMAL(18,4)', 'Value that the meter has behind it, as the head-end says.'),
     'MESSAGE':         ('VARCHAR(512)', 'What the head-end answered.'),
   },
   key = ['CONTROL_ID'],
   index = [['STATE', 'PD_TABLE_KEY', 'LD_ADDRESS'], ['FINISHED_AT']]) }}
