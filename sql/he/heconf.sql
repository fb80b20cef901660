{# HECONF holds what a head-end needs to know of itself. #}
{% from 'frame.sql' import table %}

{{ table('HECONF', 'Head-ends of this station, as they see themselves.',
   columns = {
     'HEID':          ('INTEGER NOT NULL', 'Head-end number, 1 to 4.'),
     'API_URL':       ('VARCHAR(255)', 'Where its HE-API answers.'),
     'FTP_URL':       ('VARCHAR(255)', 'Where its collection logs are fetched from.'),
     'LOG_DIRECTORY': ('VARCHAR(255)', 'Directory of its collection logs, when they come by directory.'),
     'ENABLED':       ('SMALLINT DEFAULT 1 NOT NULL', '1 while it works.'),
   },
   key = ['HEID']) }}
