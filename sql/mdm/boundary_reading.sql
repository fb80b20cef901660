{# BOUNDARY_READING holds the registers read when a meter was installed or removed. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('BOUNDARY_READING', 'Registers read when a meter was installed or removed.',
   columns = {
     'LD_ID':        ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':   ('SMALLINT NOT NULL', 'Item of the point.'),
     'READ_AT':      (t.time ~ ' NOT NULL', 'Moment of the reading.'),
     'KIND':         ('CHAR(1) NOT NULL',
                      'I initial, of the meter installed; R removal, of the meter removed.'),
     'PD_TABLE_KEY': ('BIGINT NOT NULL', 'TABLE_KEY of the physical device installed or removed.'),
     'READING':      ('DECIMAL(18,4) NOT NULL', 'Register reading, in the unit of the item.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'READ_AT', 'KIND']) }}
