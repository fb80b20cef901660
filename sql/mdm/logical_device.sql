{# LOGICAL_DEVICE holds the metering points and the device that each is read from. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('LOGICAL_DEVICE', 'Logical devices: one metering point each, in a physical device.',
   columns = {
     'TABLE_KEY':         (t.auto, 'Key of this row; a new one when the meter is exchanged.'),
     'LD_ID':             ('VARCHAR(32)', 'Metering point, as billing knows it; survives a meter exchange.'),
     'PD_TABLE_KEY':      ('BIGINT NOT NULL', 'TABLE_KEY of the physical device that holds it.'),
     'CLUSTER_ID':        ('VARCHAR(32)', 'Its VPS_CLUSTER: points of the same source of power.'),
     'LD_NAME':           ('VARCHAR(128)', 'Name for people.'),
     'LD_ADDRESS':        ('INTEGER DEFAULT 2 NOT NULL',
                           'Address in the device; COSEM keeps 1 for management.'),
     'TYPE_ID':           ('INTEGER NOT NULL', 'Its LOGICAL_DEVICE_TYPE.'),
     'CONTRACT_CAPACITY': ('DECIMAL(18,4) DEFAULT 0 NOT NULL', 'Contract capacity in A; 0 none.'),
     'RELAY_STATE':       ('SMALLINT DEFAULT 1 NOT NULL',
                           'Relay, as the head-end confirmed: 1 closed (power on), 0 open.'),
     'DELETED':           ('SMALLINT DEFAULT 0 NOT NULL', '1 removed; LD_ID and address are free again.'),
   },
   key = ['TABLE_KEY'],
   unique_live = [['LD_ID'], ['PD_TABLE_KEY', 'LD_ADDRESS']],
   index = [['CLUSTER_ID'], ['RELAY_STATE', 'PD_TABLE_KEY'], ['LD_NAME']]) }}
