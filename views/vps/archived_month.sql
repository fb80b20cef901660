{# ARCHIVED_MONTH shows the months whose archive was verified. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import view %}

{% call view('ARCHIVED_MONTH', 'Months of the histories whose archive was verified.',
   callers = ['SHIM', 'READER'],
   columns = {
     'TABLE_NAME':  ('VARCHAR(63)', 'History.'),
     'MONTH_START': ('DATE', 'First day of the billing month.'),
     'MONTH_END':   ('DATE', 'First day of the month behind it.'),
     'ROWS_KEPT':   ('BIGINT', 'Rows in the archive.'),
     'POINTS':      ('INTEGER', 'Metering points that they are of.'),
     'SUMS':        ('VARCHAR(1024)', 'Sum of every column of numbers.'),
     'FILE_NAME':   ('VARCHAR(255)', 'File in the folder of the history.'),
     'SHA256':      ('CHAR(64)', 'Its SHA-256, in hexadecimal digits.'),
     'ARCHIVED_AT': (t.time, 'When the file was verified.'),
     'REMOVED_AT':  (t.time, 'When its last row was removed here; null not yet.'),
   }) %}
SELECT g.TABLE_NAME,
       g.MONTH_START,
       g.MONTH_END,
       g.ROWS_KEPT,
       g.POINTS,
       g.SUMS,
       g.FILE_NAME,
       g.SHA256,
       g.ARCHIVED_AT,
       g.REMOVED_AT
  FROM ARCHIVE_LOG g
 WHERE g.ARCHIVED_AT IS NOT NULL
{% endcall %}
