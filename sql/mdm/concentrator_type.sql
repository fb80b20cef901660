{# CONCENTRATOR_TYPE holds the product types of concentrators. #}
{% from 'frame.sql' import table %}

{{ table('CONCENTRATOR_TYPE', 'Product types of concentrators.',
   columns = {
     'TYPE_ID':          ('INTEGER NOT NULL', 'Number of the type.'),
     'TYPE_NAME':        ('VARCHAR(64)', 'Name for people.'),
     'MANUFACTURER':     ('VARCHAR(64)', 'Maker.'),
     'DATA_MODEL':       ('VARCHAR(16)', 'Standard of its data model: COSEM, ECHONET.'),
     'FIRMWARE_VERSION': ('VARCHAR(32)', 'Firmware that the type is meant to run.'),
     'CONFIG_FILE':      ('VARCHAR(128)', 'Configuration file that provisioning loads into it.'),
   },
   key = ['TYPE_ID']) }}
