{# COLLECTION_LOG records which collection logs were taken in, each once. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('COLLECTION_LOG', 'Collection logs taken in, and those that never came.',
   columns = {
     'HEID':          ('INTEGER NOT NULL', 'Head-end that wrote it.'),
     'SNAPSHOT_TIME': (t.time ~ ' NOT NULL', 'Moment of the snapshot; of a PAST log, when it was written.'),
     'CLASS':         ('VARCHAR(8) NOT NULL', 'ONTIME readings of the snapshot, or PAST ones re-polled.'),
     'FILE_NAME':     ('VARCHAR(128) NOT NULL', 'Name of the file; empty for a log that never came.'),
     'CHECKSUM':      ('BIGINT', 'Sum of the CRC-32 of its lines.'),
     'ROWS_READ':     ('INTEGER DEFAULT 0 NOT NULL', 'Rows in the file.'),
     'ROWS_STORED':   ('INTEGER DEFAULT 0 NOT NULL', 'Rows taken into the histories.'),
     'ROWS_REJECTED': ('INTEGER DEFAULT 0 NOT NULL', 'Rows in IMPORT_REJECT.'),
     'ROWS_IGNORED':  ('INTEGER DEFAULT 0 NOT NULL',
                       'Rows of known devices that are not installed or not polled now.'),
     'ROWS_EXPECTED': ('INTEGER DEFAULT 0 NOT NULL', 'Readings wanted: the targets of an ONTIME snapshot.'),
     'ROWS_MISSING':  ('INTEGER DEFAULT 0 NOT NULL', 'Readings wanted that it did not bring.'),
     'STATE':         ('VARCHAR(8) NOT NULL', 'DONE taken in, MISSING never came.'),
     'STARTED_AT':    (t.time, 'When its import began.'),
     'FINISHED_AT':   (t.time, 'When its import ended.'),
     'MESSAGE':       ('VARCHAR(512)', 'Details for people.'),
   },
   key = ['HEID', 'SNAPSHOT_TIME', 'CLASS', 'FILE_NAME'],
   index = [['HEID', 'CLASS', 'FILE_NAME']]) }}
