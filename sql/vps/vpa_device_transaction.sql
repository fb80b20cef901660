{# VPA_DEVICE_TRANSACTION holds the keys of a terminal, so that a new key never waits. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('VPA_DEVICE_TRANSACTION', 'Keys of a terminal, one row each.',
   columns = {
     'VPA_DEVICE_ID':  ('BIGINT NOT NULL', 'Key of its VPA_DEVICE.'),
     'PASSWORD':       ('VARBINARY(512)', 'Password of the terminal, wrapped.'),
     'COMMON_KEY':     ('VARBINARY(512)', 'Common key, wrapped.'),
     'SESSION_KEY':    ('VARBINARY(512)', 'Session key, wrapped.'),
     'KEY_UPDATED_AT': (t.time, 'When password and keys were last set.'),
     'STATE':          ('SMALLINT DEFAULT 1 NOT NULL', '1 in use, 0 suspended.'),
   },
   key = ['VPA_DEVICE_ID']) }}
