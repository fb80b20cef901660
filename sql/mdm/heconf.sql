{# HECONF holds the head-ends of this station. #}
{% from 'frame.sql' import table %}

{{ table('HECONF', 'Head-ends of this station, at most four.',
   columns = {
     'HEID':          ('INTEGER NOT NULL', 'Head-end number, 1 to 4.'),
     'HE_NAME':       ('VARCHAR(64)', 'Name for people.'),
     'API_URL':       ('VARCHAR(255)', 'Where its HE-API answers.'),
     'FTP_URL':       ('VARCHAR(255)', 'Where its collection logs are fetched from.'),
     'LOG_DIRECTORY': ('VARCHAR(255)', 'Directory of its collection logs, when they come by directory.'),
     'CAPACITY':      ('INTEGER DEFAULT 20000 NOT NULL', 'Physical devices it may hold.'),
     'ENABLED':       ('SMALLINT DEFAULT 1 NOT NULL', '1 while it works.'),
   },
   key = ['HEID']) }}
