{# API_KEY holds the keys of the callers of the HTTP-API, hashed: nobody can read one here. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('API_KEY', 'Keys to the HTTP-API, hashed, each of one client and with one role.',
   columns = {
     'KEY_ID':     ('VARCHAR(12) NOT NULL', 'Public part of the key, 12 lower-case hexadecimal digits.'),
     'CLIENT':     ('VARCHAR(64) NOT NULL', 'Who calls with it.'),
     'KEY_HASH':   ('VARCHAR(64) NOT NULL', 'SHA-256 of the whole key, 64 lower-case hexadecimal digits.'),
     'ROLE_NAME':  ('VARCHAR(16) NOT NULL', 'What it may do: FACILITY, CUSTOMER, NMS or VPS.'),
     'NETWORKS':   ('VARCHAR(512)', 'Networks that it is good from, with commas between them; null any.'),
     'CREATED_AT': (t.time ~ ' NOT NULL', 'When it was added.'),
     'CREATED_BY': ('VARCHAR(128)', 'Account that added it.'),
     'EXPIRES_AT': (t.time, 'From when on it is refused; null never.'),
     'NOTE':       ('VARCHAR(255)', 'What a person said of it.'),
   },
   key = ['KEY_ID']) }}
