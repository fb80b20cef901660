{# DEVICE_ITEM shows every item of every logical device in service, polled or not, installed or not. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}
{% import 'pollable.sql' as p %}

{% call view('DEVICE_ITEM', 'Every item of every logical device in service, and whether it is polled.',
   columns = {
     'HEID':         ('INTEGER', 'Head-end that serves the device.'),
     'PD_TABLE_KEY': ('BIGINT', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':   ('INTEGER', 'Address of the logical device in it.'),
     'SUB_NUMBER':   ('INTEGER', 'Item of its parameter group.'),
     'LD_ID':        ('VARCHAR(32)', 'Metering point, null while not installed.'),
     'CLUSTER_ID':   ('VARCHAR(32)', 'Cluster of the point, empty if it has none.'),
     'CONTRACT_CAPACITY': ('DECIMAL(18,4)', 'Contract capacity in A.'),
     'KIND':         ('VARCHAR(10)', 'CUMULATIVE or INSTANT.'),
     'MULTIPLIER':   ('DECIMAL(18,6)', '10 to the SCALER: unit of the item for one of the register.'),
     'MIN_VALUE':    ('DECIMAL(18,4)', 'Least plausible value of an interval.'),
     'MAX_VALUE':    ('DECIMAL(18,4)', 'Greatest plausible value of an interval.'),
     'ZERO_RUN_LIMIT': ('INTEGER', 'Zero snapshots in a row that raise an alert.'),
     'NULL_RUN_LIMIT': ('INTEGER', 'Missing snapshots in a row that raise an alert.'),
     'PRICED':       ('INTEGER', '1 when bills are simulated for it.'),
     'POLLED':       ('INTEGER', '1 when the item is read each snapshot.'),
     'POLLABLE':     ('INTEGER', '1 when the device is polled but for reservations.'),
     'PAUSED_FROM':  (t.time, 'From when a reservation pauses it.'),
     'PAUSED_UNTIL': (t.time, 'When that pause ends.'),
   }) %}
SELECT o.HEID,
       d.TABLE_KEY,
       l.LD_ADDRESS,
       g.SUB_NUMBER,
       l.LD_ID,
       COALESCE(l.CLUSTER_ID, ''),
       l.CONTRACT_CAPACITY,
       g.KIND,
       CASE g.SCALER
{% for scaler in range(-6, 7) %}
         WHEN {{ scaler }} THEN {{ '1' ~ '0' * scaler if scaler >= 0 else '0.' ~ '0' * (-scaler - 1) ~ '1' }}
{% endfor %}
       END,
       g.MIN_VALUE,
       g.MAX_VALUE,
       g.ZERO_RUN_LIMIT,
       g.NULL_RUN_LIMIT,
       g.PRICED,
       g.POLLED,
       {{ p.pollable('d', 'x', 'a') | indent(7) }},
       {{ p.paused_from('x') }},
       {{ p.paused_until('x') | indent(7) }}
  FROM CONCENTRATOR o
  JOIN CONTROLLER d
    ON d.CO_ID = o.CO_ID
  JOIN CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  JOIN LOGICAL_DEVICE l
    ON l.PD_TABLE_KEY = d.TABLE_KEY
  JOIN LOGICAL_DEVICE_TYPE y
    ON y.TYPE_ID = l.TYPE_ID
  JOIN PARAM_GROUP g
    ON g.GROUP_ID = y.GROUP_ID
  LEFT JOIN MDM_CONFIG a
    ON a.NAME = 'ALA_LINKED'
 WHERE d.DELETED = 0
   AND l.DELETED = 0
{% endcall %}
