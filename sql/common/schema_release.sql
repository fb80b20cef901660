{# SCHEMA_RELEASE records which release each object of this database is at. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('SCHEMA_RELEASE', 'Objects of this database as each release deployed them.',
   columns = {
     '"RELEASE"':   ('VARCHAR(32) NOT NULL', 'Release that deployed the object.'),
     'OBJECT':      ('VARCHAR(63) NOT NULL', 'Name of the table, view or procedure.'),
     'KIND':        ('VARCHAR(16) NOT NULL', 'What the object is: table, session, view, procedure.'),
     'CHECKSUM':    ('CHAR(64) NOT NULL', 'SHA-256 of its normalised text, in hexadecimal.'),
     'DEPLOYED_AT': (t.time ~ ' NOT NULL', 'When it was deployed.'),
     'DEPLOYED_BY': ('VARCHAR(128) NOT NULL', 'Database account that deployed it.'),
   },
   key = ['"RELEASE"', 'OBJECT']) }}
