{# HE_POLL_TARGET_CONCENTRATOR shows the concentrators that a head-end polls now. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}
{% import 'pollable.sql' as p %}

{% call view('HE_POLL_TARGET_CONCENTRATOR', 'Concentrators to poll now, with what it takes to talk to them.',
   callers = ['HE'],
   columns = {
     'HEID':         ('INTEGER', 'Head-end that serves the concentrator.'),
     'CO_TABLE_KEY': ('BIGINT', 'TABLE_KEY of the concentrator.'),
     'CO_ID':        ('VARCHAR(15)', 'Name of the concentrator in the network plan.'),
     'SERIAL':       ('VARCHAR(64)', 'Serial number.'),
     'MAC':          ('VARCHAR(12)', 'MAC address.'),
     'IP_ADDRESS':   ('VARCHAR(45)', 'IP address.'),
     'PORT':         ('INTEGER', 'Port.'),
     'DATA_MODEL':   ('VARCHAR(16)', 'COSEM, ECHONET …'),
     'PASSWORD':     ('VARBINARY(512)', 'Wrapped password.'),
     'COMMON_KEY':   ('VARBINARY(512)', 'Wrapped common key.'),
     'SESSION_KEY':  ('VARBINARY(512)', 'Wrapped session key.'),
   }) %}
SELECT d.HEID,
       d.TABLE_KEY,
       d.CO_ID,
       d.SERIAL,
       d.MAC,
       x.IP_ADDRESS,
       x.PORT,
       y.DATA_MODEL,
       x.PASSWORD,
       x.COMMON_KEY,
       x.SESSION_KEY
  FROM CONCENTRATOR d
  JOIN CONCENTRATOR_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  JOIN CONCENTRATOR_TYPE y
    ON y.TYPE_ID = d.TYPE_ID
  LEFT JOIN MDM_CONFIG a
    ON a.NAME = 'ALA_LINKED'
 WHERE d.HEID > 0
   AND {{ p.pollable('d', 'x', 'a') | indent(7) }} = 1
   AND NOT ({{ p.paused_from('x') }} <= LOCALTIMESTAMP
            AND LOCALTIMESTAMP < {{ p.paused_until('x') | indent(12) }})
{% endcall %}
