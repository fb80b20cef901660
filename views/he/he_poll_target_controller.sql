{# HE_POLL_TARGET_CONTROLLER shows the physical devices that a head-end polls now. #}
{% from 'frame.sql' import view, list_of %}
{% from 'poll_target.sql' import poll_targets %}

{% call view('HE_POLL_TARGET_CONTROLLER', 'Physical devices to poll now, with what it takes to talk to them.',
   callers = ['HE'],
   columns = {
     'HEID':         ('INTEGER', 'Head-end that serves the device.'),
     'CO_ID':        ('VARCHAR(15)', 'Concentrator before it.'),
     'PD_TABLE_KEY': ('BIGINT', 'TABLE_KEY of the device: its number in every file.'),
     'PD_ID':        ('VARCHAR(15)', 'Name of the device in the network plan.'),
     'SERIAL':       ('VARCHAR(64)', 'Serial number.'),
     'MAC':          ('VARCHAR(12)', 'MAC address, null where serials identify devices.'),
     'IP_ADDRESS':   ('VARCHAR(45)', 'IP address.'),
     'PORT':         ('INTEGER', 'Port.'),
     'DATA_MODEL':   ('VARCHAR(16)', 'COSEM, ECHONET …'),
     'PASSWORD':     ('VARBINARY(512)', 'Wrapped password.'),
     'COMMON_KEY':   ('VARBINARY(512)', 'Wrapped common key.'),
     'SESSION_KEY':  ('VARBINARY(512)', 'Wrapped session key.'),
     'LD_ADDRESSES': ('VARCHAR(1024)', 'Addresses of its logical devices, with commas between.'),
   }) %}
SELECT o.HEID,
       o.CO_ID,
       d.TABLE_KEY,
       d.PD_ID,
       d.SERIAL,
       d.MAC,
       x.IP_ADDRESS,
       x.PORT,
       y.DATA_MODEL,
       x.PASSWORD,
       x.COMMON_KEY,
       x.SESSION_KEY,
       (SELECT {{ list_of('l.LD_ADDRESS', 'l.LD_ADDRESS') }}
          FROM LOGICAL_DEVICE l
         WHERE l.PD_TABLE_KEY = d.TABLE_KEY
           AND l.DELETED = 0)
{{ poll_targets() }}
{% endcall %}
