{# PARAM_GROUP holds the items that a head-end reads. #}
{% from 'frame.sql' import table %}

{{ table('PARAM_GROUP', 'Items that a head-end reads from a type of logical device.',
   columns = {
     'GROUP_ID':   ('INTEGER NOT NULL', 'Number of the group; a LOGICAL_DEVICE_TYPE names it.'),
     'SUB_NUMBER': ('SMALLINT NOT NULL', 'Number of the item in its group.'),
     'LN':         ('VARCHAR(32)', 'Logical name (OBIS code) to read.'),
     'UNIT':       ('VARCHAR(16)', 'Unit of the reading: kWh, m3, A, V.'),
     'SCALER':     ('SMALLINT DEFAULT 0 NOT NULL', 'READING is the register times 10 to this power.'),
     'KIND':       ('VARCHAR(16) NOT NULL', 'CUMULATIVE register that counts up, or INSTANT value.'),
     'POLLED':     ('SMALLINT DEFAULT 1 NOT NULL', '1 read in every snapshot, 0 not.'),
   },
   key = ['GROUP_ID', 'SUB_NUMBER']) }}
