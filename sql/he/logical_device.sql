{# LOGICAL_DEVICE holds what a head-end needs of a logical device. #}
{% from 'frame.sql' import table %}

{{ table('LOGICAL_DEVICE', 'Logical devices, as a head-end sees them.',
   columns = {
     'TABLE_KEY':    ('BIGINT NOT NULL', 'Key of the device, the same as in MDM-DB.'),
     'PD_TABLE_KEY': ('BIGINT NOT NULL', 'TABLE_KEY of the physical device that holds it.'),
     'LD_ADDRESS':   ('INTEGER DEFAULT 2 NOT NULL', 'Address in the device; COSEM keeps 1 for management.'),
     'TYPE_ID':      ('INTEGER NOT NULL', 'Its LOGICAL_DEVICE_TYPE.'),
     'DELETED':      ('SMALLINT DEFAULT 0 NOT NULL', '1 removed.'),
   },
   key = ['TABLE_KEY'],
   index = [['PD_TABLE_KEY', 'LD_ADDRESS']]) }}
