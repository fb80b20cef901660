{# VALID_READING holds the readings of one collection log that passed every check of a line. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('VALID_READING', 'Readings of one collection log that passed every check of a line.',
   columns = {
     'PD_TABLE_KEY':  ('BIGINT NOT NULL', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':    ('INTEGER NOT NULL', 'Address of the logical device in it.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'Moment of the reading.'),
     'LINE_NO':       ('INTEGER NOT NULL', 'Line of the file.'),
     'RAW_VALUE':     ('DECIMAL(18,4)', 'Register value, null when not read.'),
   },
   key = ['PD_TABLE_KEY', 'LD_ADDRESS', 'SUB_NUMBER', 'MEASURED_TIME', 'LINE_NO'],
   session = true) }}
