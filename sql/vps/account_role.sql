{# ACCOUNT_ROLE holds which consumer each database account belongs to: a rule may ask who calls it. #}
{% from 'frame.sql' import table %}

{{ table('ACCOUNT_ROLE', 'Database accounts of consumers, and the role that each was given.',
   columns = {
     'ACCOUNT':   ('VARCHAR(63) NOT NULL', 'Name of the account in the database server, without a host.'),
     'ROLE_NAME': ('VARCHAR(16) NOT NULL', 'Its role: HE, BILLING, VPS, VPA, PROV, ALA, SHIM or READER.'),
   },
   key = ['ACCOUNT', 'ROLE_NAME']) }}
