{# REBOOT_RESERVATION is the queue of the mass reboot, which survives a restart. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('REBOOT_RESERVATION', 'Devices waiting for a reboot, and what became of each.',
   columns = {
     'RESERVATION_ID': ('VARCHAR(36) NOT NULL', 'Identifier that the caller gave to one request.'),
     'TABLE_KEY':      ('BIGINT NOT NULL', 'TABLE_KEY of the physical device.'),
     'REQUESTED_AT':   (t.time ~ ' NOT NULL', 'When it was asked for.'),
     'REQUESTED_BY':   ('VARCHAR(128)', 'Who asked for it.'),
     'STATE':          ("VARCHAR(8) DEFAULT 'WAITING' NOT NULL", 'WAITING, RUNNING, DONE or FAILED.'),
     'ATTEMPTS':       ('INTEGER DEFAULT 0 NOT NULL', 'Times that it was tried.'),
     'STARTED_AT':     (t.time, 'When a worker last took it.'),
     'FINISHED_AT':    (t.time, 'When it was done or given up.'),
     'MESSAGE':        ('VARCHAR(512)', 'What the head-end answered.'),
   },
   key = ['RESERVATION_ID', 'TABLE_KEY'],
   index = [['STATE', 'REQUESTED_AT', 'RESERVATION_ID', 'TABLE_KEY'], ['TABLE_KEY']]) }}
