{# CONTROLLER_TYPE holds what a head-end needs of a type of physical device. #}
{% from 'frame.sql' import table %}

{{ table('CONTROLLER_TYPE', 'Product types of physical devices, as a head-end sees them.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
   },
   key = ['TYPE_ID']) }}
