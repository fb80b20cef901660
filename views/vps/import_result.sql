{# IMPORT_RESULT shows what became of the rows of each file that was taken in. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('IMPORT_RESULT', 'What became of the rows of each file of bills or certificates.',
   callers = ['SHIM', 'READER'],
   columns = {
     'FILE_NAME':     ('VARCHAR(128)', 'Name of the file.'),
     'CLASS':         ('VARCHAR(8)', 'Of a bill file ONTIME or PAST, CERT certificates.'),
     'FINISHED_AT':   (t.time, 'When it was taken in.'),
     'ROWS_READ':     ('INTEGER', 'Rows of the file.'),
     'ROWS_STORED':   ('INTEGER', 'Rows that took effect.'),
     'ROWS_REJECTED': ('INTEGER', 'Rows in the reject table.'),
     'ROWS_IGNORED':  ('INTEGER', 'Rows that a later state outranks, or that stood there.'),
   }) %}
SELECT g.FILE_NAME,
       g.CLASS,
       g.FINISHED_AT,
       g.ROWS_READ,
       g.ROWS_STORED,
       g.ROWS_REJECTED,
       g.ROWS_IGNORED
  FROM IMPORT_LOG g
{% endcall %}
