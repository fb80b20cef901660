{# CONCENTRATOR holds the concentrators and one dummy for each head-end. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('CONCENTRATOR', 'Concentrators, which gather physical devices for a head-end.',
   columns = {
     'TABLE_KEY':   (t.auto, 'Key that never changes.'),
     'CO_ID':       ('VARCHAR(15)',
                     'Name in the field; HE1 to HE4 are the dummies of the head-ends.'),
     'HEID':        ('INTEGER DEFAULT 0 NOT NULL', 'Head-end that reads it; 0 not installed.'),
     'SERIAL':      ('VARCHAR(64)', 'Serial number of the maker.'),
     'MAC':         ('VARCHAR(12)', 'MAC address, 12 upper-case hexadecimal digits.'),
     'TYPE_ID':     ('INTEGER NOT NULL', 'Its CONCENTRATOR_TYPE; 0 a dummy.'),
     'POLL_CONFIG': ('SMALLINT DEFAULT 0 NOT NULL', 'Polling setting: 1 may be polled, 0 may not.'),
     'DELETED':     ('SMALLINT DEFAULT 0 NOT NULL', '1 disposed; its identifiers stay taken.'),
   },
   key = ['TABLE_KEY'],
   unique = [['CO_ID'], ['SERIAL'], ['MAC']]) }}
