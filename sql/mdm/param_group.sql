{# PARAM_GROUP holds the items that are read from each type of logical device. #}
{% from 'frame.sql' import table %}

{{ table('PARAM_GROUP', 'Items read from a type of logical device, and their limits.',
   columns = {
     'GROUP_ID':       ('INTEGER NOT NULL', 'Number of the group; a LOGICAL_DEVICE_TYPE names it.'),
     'SUB_NUMBER':     ('SMALLINT NOT NULL', 'Number of the item in its group.'),
     'ITEM_NAME':      ('VARCHAR(64)', 'Name for people.'),
     'LN':             ('VARCHAR(32)', 'Logical name (OBIS code) to read.'),
     'UNIT':           ('VARCHAR(16)', 'Unit of the reading: kWh, m3, A, V.'),
     'SCALER':         ('SMALLINT DEFAULT 0 NOT NULL', 'READING is the register times 10 to this power.'),
     'KIND':           ('VARCHAR(16) NOT NULL', 'CUMULATIVE register that counts up, or INSTANT value.'),
     'POLLED':         ('SMALLINT DEFAULT 1 NOT NULL', '1 read in every snapshot, 0 not.'),
     'MIN_VALUE':      ('DECIMAL(18,4)', 'Least plausible usage of one interval, in UNIT; null no check.'),
     'MAX_VALUE':      ('DECIMAL(18,4)', 'Largest plausible usage of one interval, in UNIT; null no check.'),
     'ZERO_RUN_LIMIT': ('INTEGER', 'Snapshots of zero usage in a row before an alert; null never.'),
     'NULL_RUN_LIMIT': ('INTEGER', 'Snapshots missing in a row before an alert; null never.'),
     'PRICED':         ('SMALLINT DEFAULT 0 NOT NULL', '1 the simulated bill prices this item, 0 not.'),
   },
   key = ['GROUP_ID', 'SUB_NUMBER']) }}
