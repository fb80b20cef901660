{# CONTROLLER_TYPE holds the product types of physical devices. #}
{% from 'frame.sql' import table %}

{{ table('CONTROLLER_TYPE', 'Product types of physical devices.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'TYPE_NAME':        ('VARCHAR(64)', 'Name for people.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
   },
   key = ['TYPE_ID']) }}
