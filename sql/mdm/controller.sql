{# CONTROLLER holds the physical devices. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('CONTROLLER', 'Physical devices: meter units and HEMS controllers.',
   columns = {
     'TABLE_KEY':   (t.auto, 'Key that never changes; collection logs name the device by it.'),
     'PD_ID':       ('VARCHAR(15)', 'Identifier of the physical device.'),
     'CO_ID':       ('VARCHAR(15) NOT NULL', 'Concentrator that gathers it; HE1 to HE4 where there is none.'),
     'SERIAL':      ('VARCHAR(64)', 'Serial number of the maker.'),
     'MAC':         ('VARCHAR(12)', 'MAC address, 12 upper-case hexadecimal digits; null in pattern D.'),
     'TYPE_ID':     ('INTEGER NOT NULL', 'Its CONTROLLER_TYPE.'),
     'PD_NAME':     ('VARCHAR(128)', 'Name for people.'),
     'POLL_CONFIG': ('SMALLINT DEFAULT 0 NOT NULL', 'Polling setting: 1 may be polled, 0 may not.'),
     'DELETED':     ('SMALLINT DEFAULT 0 NOT NULL', '1 disposed; its identifiers stay taken.'),
   },
   key = ['TABLE_KEY'],
   unique = [['PD_ID'], ['SERIAL'], ['MAC']],
   index = [['CO_ID', 'DELETED', 'TABLE_KEY'], ['PD_NAME'], ['TYPE_ID', 'TABLE_KEY']]) }}
