{# PROVCONF holds the provisioning server. #}
{% from 'frame.sql' import table %}

{{ table('PROVCONF', 'Provisioning server of this station.',
   columns = {
     'PROV_ID':        ('INTEGER NOT NULL', 'Number of the provisioning server.'),
     'STATION_ID':     ('VARCHAR(32)', 'Station that it serves.'),
     'OMAPI_HOST':     ('VARCHAR(255)', 'Host where its DHCP server takes changes.'),
     'OMAPI_PORT':     ('INTEGER', 'Port of it.'),
     'OMAPI_KEY_NAME': ('VARCHAR(64)',
                        'Name of the key that signs changes; the key itself is kept elsewhere.'),
     'ENABLED':        ('SMALLINT DEFAULT 1 NOT NULL', '1 while it works.'),
   },
   key = ['PROV_ID']) }}
