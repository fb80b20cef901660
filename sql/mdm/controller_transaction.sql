{# CONTROLLER_TRANSACTION holds what changes often of a physical device, so that provisioning never waits. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('CONTROLLER_TRANSACTION', 'Provisioning, keys and reservations of a physical device, one row each.',
   columns = {
     'TABLE_KEY':      ('BIGINT NOT NULL', 'Key of its CONTROLLER.'),
     'IP_ADDRESS':     ('VARCHAR(45)', 'IPv4 or IPv6 address that DHCP gave.'),
     'PORT':           ('INTEGER', 'Port on which it answers the head-end.'),
     'CERT_SERIAL':    ('VARCHAR(64)', 'Serial number of its certificate.'),
     'PASSWORD':       ('VARBINARY(512)', 'Password of the device, wrapped.'),
     'COMMON_KEY':     ('VARBINARY(512)', 'Common key, wrapped.'),
     'SESSION_KEY':    ('VARBINARY(512)', 'Session key, wrapped.'),
     'KEY_UPDATED_AT': (t.time, 'When password and keys were last set.'),
     'PROV_STAT':      ("CHAR(1) DEFAULT 'N' NOT NULL",
                        'Provisioning: N new, D DHCP done, C configured, A authenticated.'),
     'ACTIVATION':     ('SMALLINT DEFAULT 1 NOT NULL', '1 activated, 0 shut out of polling.'),
     'POLL_START_AT':  (t.time,
                        'Reserved start of polling; the later of start and stop reached by now decides.'),
     'POLL_STOP_AT':   (t.time,
                        'Reserved stop of polling; the later of start and stop reached by now decides.'),
   },
   key = ['TABLE_KEY'],
   index = [['IP_ADDRESS'], ['PROV_STAT', 'TABLE_KEY'], ['CERT_SERIAL']]) }}
