{# VPS_ACCOUNT holds the accounts of the visualisation portal. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('VPS_ACCOUNT', 'Accounts of the visualisation portal.',
   columns = {
     'VPS_ACCOUNT_ID': ('VARCHAR(254) NOT NULL', 'Mail address that logs in.'),
     'CUSTOMER_ID':    ('VARCHAR(32) NOT NULL', 'Customer whose points it sees.'),
     'PASSWORD_HASH':  ('VARCHAR(255)', 'Password as an argon2id PHC string.'),
     'TEMPORARY':      ('SMALLINT DEFAULT 0 NOT NULL', '1 the password is temporary and must be changed.'),
     'FAILED_LOGINS':  ('INTEGER DEFAULT 0 NOT NULL', 'Logins that failed since the last good one.'),
     'LOCKED_UNTIL':   (t.time, 'Until when logins are refused; null not locked.'),
     'EDIT_RIGHT':     ('SMALLINT DEFAULT 0 NOT NULL', '1 may change policies, 0 may only look.'),
     'STATE':          ('SMALLINT DEFAULT 1 NOT NULL', '1 in use, 0 suspended.'),
     'DELETED':        ('SMALLINT DEFAULT 0 NOT NULL', '1 removed.'),
     'UPDATED_AT':     (t.time, 'When the row last changed.'),
   },
   key = ['VPS_ACCOUNT_ID'],
   index = [['CUSTOMER_ID']]) }}
