{# ALACONF holds the authentication server. #}
{% from 'frame.sql' import table %}

{{ table('ALACONF', 'Authentication server of this station, with its private CA.',
   columns = {
     'ALA_ID':     ('INTEGER NOT NULL', 'Number of the authentication server.'),
     'STATION_ID': ('VARCHAR(32)', 'Station that it serves.'),
     'ALA_URL':    ('VARCHAR(255)', 'Where it answers.'),
     'ENABLED':    ('SMALLINT DEFAULT 1 NOT NULL', '1 while it works.'),
   },
   key = ['ALA_ID']) }}
