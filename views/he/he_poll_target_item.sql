{# HE_POLL_TARGET_ITEM shows what a head-end reads from the devices that it polls now. #}
{% from 'frame.sql' import view, join_in_order %}
{% from 'poll_target.sql' import poll_targets %}

{% call view('HE_POLL_TARGET_ITEM', 'Items to read from the physical devices to poll now.',
   callers = ['HE'],
   columns = {
     'HEID':         ('INTEGER', 'Head-end that serves the device.'),
     'PD_TABLE_KEY': ('BIGINT', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':   ('INTEGER', 'Address of the logical device in it.'),
     'SUB_NUMBER':   ('INTEGER', 'Item of its parameter group.'),
     'LN':           ('VARCHAR(32)', 'OBIS code of the item.'),
     'KIND':         ('VARCHAR(10)', 'CUMULATIVE or INSTANT.'),
     'SCALER':       ('INTEGER', 'Power of ten of the register value.'),
   }) %}
SELECT o.HEID,
       d.TABLE_KEY,
       l.LD_ADDRESS,
       g.SUB_NUMBER,
       g.LN,
       g.KIND,
       g.SCALER
{% call poll_targets() %}
  {{ join_in_order() }} LOGICAL_DEVICE l
    ON l.PD_TABLE_KEY = d.TABLE_KEY
   AND l.DELETED = 0
  {{ join_in_order() }} LOGICAL_DEVICE_TYPE k
    ON k.TYPE_ID = l.TYPE_ID
  {{ join_in_order() }} PARAM_GROUP g
    ON g.GROUP_ID = k.GROUP_ID
   AND g.POLLED = 1
{% endcall %}
{% endcall %}
