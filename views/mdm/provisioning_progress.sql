{# PROVISIONING_PROGRESS shows how far the devices in service have come in their provisioning. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('PROVISIONING_PROGRESS', 'Devices in service by head-end, type and provisioning state.',
   callers = ['SHIM', 'READER'],
   columns = {
     'HEID':          ('INTEGER', 'Head-end that serves them; 0 or null not installed.'),
     'CLASS':         ('CHAR(2)', 'PD physical devices, CO concentrators.'),
     'TYPE_ID':       ('INTEGER', 'Their type.'),
     'TYPE_NAME':     ('VARCHAR(64)', 'Name of the type.'),
     'PROV_STAT':     ('CHAR(1)', 'Provisioning: N new, D DHCP done, C configured, A authenticated.'),
     'DEVICES':       ('BIGINT', 'How many there are.'),
     'OLDEST_KEY_AT': (t.time, 'When the oldest of their keys was set.'),
   }) %}
SELECT o.HEID,
       'PD',
       d.TYPE_ID,
       y.TYPE_NAME,
       x.PROV_STAT,
       COUNT(*),
       MIN(x.KEY_UPDATED_AT)
  FROM CONTROLLER d
  JOIN CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
  LEFT JOIN CONTROLLER_TYPE y
    ON y.TYPE_ID = d.TYPE_ID
 WHERE d.DELETED = 0
 GROUP BY o.HEID, d.TYPE_ID, y.TYPE_NAME, x.PROV_STAT
 UNION ALL
SELECT o.HEID,
       'CO',
       o.TYPE_ID,
       y.TYPE_NAME,
       x.PROV_STAT,
       COUNT(*),
       MIN(x.KEY_UPDATED_AT)
  FROM CONCENTRATOR o
  JOIN CONCENTRATOR_TRANSACTION x
    ON x.TABLE_KEY = o.TABLE_KEY
  LEFT JOIN CONCENTRATOR_TYPE y
    ON y.TYPE_ID = o.TYPE_ID
 WHERE o.DELETED = 0
   AND o.TYPE_ID <> 0
 GROUP BY o.HEID, o.TYPE_ID, y.TYPE_NAME, x.PROV_STAT
{% endcall %}
