{# LOGICAL_DEVICE_TYPE holds the product types of logical devices. #}
{% from 'frame.sql' import table %}

{{ table('LOGICAL_DEVICE_TYPE', 'Product types of logical devices.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'TYPE_NAME':        ('VARCHAR(64)', 'Name for people.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
     'SERVICE':          ('VARCHAR(16)', 'What it measures: ELECTRICITY, GAS, WATER, SOCKET, SENSOR.'),
     'GROUP_ID':         ('INTEGER', 'PARAM_GROUP of the items that are read from it.'),
   },
   key = ['TYPE_ID']) }}
