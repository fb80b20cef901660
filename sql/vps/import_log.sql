{# IMPORT_LOG records what files were taken in, other than collection logs. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('IMPORT_LOG', 'Files taken in, other than collection logs, each once.',
   columns = {
     'FILE_NAME':     ('VARCHAR(128) NOT NULL', 'Name of the file.'),
     'CHECKSUM':      ('BIGINT NOT NULL', 'Sum of the CRC-32 of its lines.'),
     'CLASS':         ('VARCHAR(8) NOT NULL', 'Of a bill file ONTIME or PAST, CERT certificates.'),
     'ROWS_READ':     ('INTEGER NOT NULL', 'Rows of the file.'),
     'ROWS_STORED':   ('INTEGER NOT NULL', 'Rows that took effect.'),
     'ROWS_REJECTED': ('INTEGER NOT NULL', 'Rows in the reject table.'),
     'ROWS_IGNORED':  ('INTEGER NOT NULL', 'Rows that a later state outranks.'),
     'FINISHED_AT':   (t.time ~ ' NOT NULL', 'When it was taken in.'),
   },
   key = ['FILE_NAME', 'CHECKSUM', 'CLASS'],
   index = [['FINISHED_AT']]) }}
