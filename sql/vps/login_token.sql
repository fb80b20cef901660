{# LOGIN_TOKEN holds the logins that have begun and not ended: a few rows for an account. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('LOGIN_TOKEN', 'Logins to the portal that have begun and not ended.',
   columns = {
     'VPS_ACCOUNT_ID':  ('VARCHAR(254) NOT NULL', 'Account that logs in.'),
     'TOKEN_SHA256':    ('VARCHAR(64) NOT NULL', 'SHA-256 of the token that ends the login.'),
     'PASSWORD_SHA256': ('VARCHAR(64) NOT NULL', 'SHA-256 of the password hash that was given out.'),
     'EXPIRES_AT':      (t.time ~ ' NOT NULL', 'From when on the login has failed.'),
   },
   key = ['VPS_ACCOUNT_ID', 'TOKEN_SHA256'],
   index = [['TOKEN_SHA256']]) }}
