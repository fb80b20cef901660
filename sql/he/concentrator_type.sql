{# CONCENTRATOR_TYPE holds what a head-end needs of a type of concentrator. #}
{% from 'frame.sql' import table %}

{{ table('CONCENTRATOR_TYPE', 'Product types of concentrators, as a head-end sees them.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
   },
   key = ['TYPE_ID']) }}
