{# VPA_DEVICE holds the television terminals that show a point. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('VPA_DEVICE', 'Terminals with the visualisation application, each bound to a device.',
   columns = {
     'VPA_DEVICE_ID':  (t.auto, 'Number of the terminal.'),
     'PD_ID':          ('VARCHAR(15)', 'Physical device that it is bound to.'),
     'LD_ID':          ('VARCHAR(32)', 'Metering point that it shows.'),
     'MAC':            ('VARCHAR(12)', 'MAC address, 12 upper-case hexadecimal digits.'),
     'SIGNATURE_TYPE': ('VARCHAR(32)', 'How it signs its messages.'),
     'CIPHER_SUITE':   ('VARCHAR(64)', 'How it encrypts its messages.'),
     'STATE':          ('SMALLINT DEFAULT 1 NOT NULL', '1 in use, 0 suspended.'),
     'DELETED':        ('SMALLINT DEFAULT 0 NOT NULL', '1 removed; its MAC stays taken.'),
   },
   key = ['VPA_DEVICE_ID'],
   unique = [['MAC']],
   index = [['PD_ID'], ['LD_ID']]) }}
