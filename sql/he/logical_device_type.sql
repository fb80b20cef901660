{# LOGICAL_DEVICE_TYPE holds what a head-end needs of a type of logical device. #}
{% from 'frame.sql' import table %}

{{ table('LOGICAL_DEVICE_TYPE', 'Product types of logical devices, as a head-end sees them.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
     'SERVICE':          ('VARCHAR(16)', 'What it measures: ELECTRICITY, GAS, WATER, SOCKET, SENSOR.'),
     'GROUP_ID':         ('INTEGER', 'PARAM_GROUP of the items that are read from it.'),
   },
   key = ['TYPE_ID']) }}
