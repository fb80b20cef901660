{# IMPORT_REJECT keeps the lines of files that were refused. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('IMPORT_REJECT', 'Lines of files that were refused, while the others were stored.',
   columns = {
     'REJECT_ID':   (t.auto, 'Number of the refusal.'),
     'FILE_NAME':   ('VARCHAR(128) NOT NULL', 'File that held the line.'),
     'LINE_NO':     ('INTEGER NOT NULL', 'Line of the file, the header being 1.'),
     'LINE_TEXT':   ('VARCHAR(512)', 'The line, cut to 512 characters.'),
     'REASON':      ('VARCHAR(64) NOT NULL', 'Why it was refused.'),
     'RECORDED_AT': (t.time ~ ' NOT NULL', 'When it was refused.'),
   },
   key = ['REJECT_ID'],
   index = [['FILE_NAME'], ['RECORDED_AT']]) }}
