{#
  ARCHIVE_LOG records which months of which histories left for the archive.

  A month that is begun is sealed: nothing changes its slots any more.
#}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('ARCHIVE_LOG', 'Months of the histories that are archived, or being archived.',
   columns = {
     'TABLE_NAME':  ('VARCHAR(63) NOT NULL', 'History.'),
     'MONTH_START': ('DATE NOT NULL', 'First day of the billing month, a closed one.'),
     'MONTH_END':   ('DATE NOT NULL', 'First day of the month behind it.'),
     'BEGUN_AT':    (t.time ~ ' NOT NULL', 'When it was sealed; since then no slot of it changes.'),
     'ROWS_KEPT':   ('BIGINT', 'Rows in the archive.'),
     'POINTS':      ('INTEGER', 'Metering points that they are of.'),
     'SUMS':        ('VARCHAR(1024)', 'Sum of every column of numbers: NAME=SUM, divided by semicolons.'),
     'FILE_NAME':   ('VARCHAR(255)', 'File in the folder of the history.'),
     'SHA256':      ('CHAR(64)', 'Its SHA-256, in hexadecimal digits.'),
     'ARCHIVED_AT': (t.time, 'When the file was verified; null not yet, and nothing of it may be removed.'),
     'ARCHIVED_BY': ('VARCHAR(128)', 'Database account that archived it.'),
     'REMOVED_AT':  (t.time, 'When its last row was removed; null not yet.'),
   },
   key = ['TABLE_NAME', 'MONTH_START']) }}
