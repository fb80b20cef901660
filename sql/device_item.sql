{# Items of the logical devices in service: for whoever begins anywhere, with a head-end, or with points. #}
{% import 'type.sql' as t %}
{% import 'pollable.sql' as p %}

{% set item_columns = {
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
} %}

{#
  `join` may keep the tables in their order, which begins with head-ends or with points; `look_up`
  that of the rows.
#}
{% macro device_items(join='JOIN', look_up='', from_points=false) %}
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
{% if from_points %}
  FROM LOGICAL_DEVICE l
  {{ join }} CONTROLLER d{{ look_up }}
    ON d.TABLE_KEY = l.PD_TABLE_KEY
  {{ join }} CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
  {{ join }} CONTROLLER_TRANSACTION x{{ look_up }}
    ON x.TABLE_KEY = d.TABLE_KEY
{% else %}
  FROM CONCENTRATOR o
  {{ join }} CONTROLLER d
    ON d.CO_ID = o.CO_ID
  {{ join }} CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  {{ join }} LOGICAL_DEVICE l
    ON l.PD_TABLE_KEY = d.TABLE_KEY
{% endif %}
  {{ join }} LOGICAL_DEVICE_TYPE y{{ look_up }}
    ON y.TYPE_ID = l.TYPE_ID
  {{ join }} PARAM_GROUP g{{ look_up }}
    ON g.GROUP_ID = y.GROUP_ID
  LEFT JOIN MDM_CONFIG a
    ON a.NAME = 'ALA_LINKED'
 WHERE d.DELETED = 0
   AND l.DELETED = 0
{%- endmacro %}
