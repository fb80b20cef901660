{# SCHEMA_RELEASE records which release each object of this database is at. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('SCHEMA_RELEASE', 'Objects of this database as each release deployed them.',
   columns = {
     '"RELEASE"':   ('VARCHAR(32) NOT NULL', 'Release that deployed the object.'),
     'OBJECT':      ('VARCHAR(63) NOT NULL', 'Folder and name of the file that made it.'),
     'KIND':        ('VARCHAR(16) NOT NULL', 'Folder of the file: sql, data, views, procedures, alias, giver.'),
     'CHECKSUM':    ('CHAR(64) NOT NULL', 'SHA-256 of the text that it was deployed from, in hexadecimal.'),
     'FINGERPRINT': ('CHAR(64)', 'SHA-256 of the text as the server keeps it, where it writes it anew: views of MySQL and MariaDB.'),
     'DEPLOYED_AT': (t.time ~ ' NOT NULL', 'When it was deployed.'),
     'DEPLOYED_BY': ('VARCHAR(128) NOT NULL', 'Database account that deployed it.'),
   },
   key = ['"RELEASE"', 'OBJECT']) }}
