{# API_KEY_LIST shows who may call the HTTP-API, and never what a key is compared with. #}
{% from 'frame.sql' import view %}
{% import 'api_key.sql' as key %}
{% import 'type.sql' as t %}

{% call view('API_KEY_LIST', 'Keys to the HTTP-API, without their hashes.',
   callers = ['SHIM', 'READER'],
   columns = {
     'KEY_ID':     ('VARCHAR(12)', 'Public part of the key.'),
     'CLIENT':     ('VARCHAR(64)', 'Who calls with it.'),
     'ROLE_NAME':  ('VARCHAR(16)', 'What it may do: FACILITY, CUSTOMER, NMS or VPS.'),
     'NETWORKS':   ('VARCHAR(512)', 'Networks that it is good from; null any.'),
     'CREATED_AT': (t.time, 'When it was added.'),
     'CREATED_BY': ('VARCHAR(128)', 'Account that added it.'),
     'EXPIRES_AT': (t.time, 'From when on it is refused; null never.'),
     'NOTE':       ('VARCHAR(255)', 'What a person said of it.'),
     'STATE':      ('VARCHAR(7)', 'VALID or EXPIRED.'),
   }) %}
SELECT k.KEY_ID, k.CLIENT, k.ROLE_NAME, k.NETWORKS, k.CREATED_AT, k.CREATED_BY, k.EXPIRES_AT, k.NOTE,
       TRIM(CASE WHEN {{ key.is_expired('k') }} THEN 'EXPIRED' ELSE 'VALID' END)
  FROM API_KEY k
{% endcall %}
