{# SCHEMA_LOCK holds one row, which whoever brings a release in keeps locked meanwhile. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('SCHEMA_LOCK', 'One row; locked while a release is brought in.',
   columns = {
     'NUMBER': ('INTEGER NOT NULL', 'Always 1.'),
     'HOLDER': ('VARCHAR(128)', 'Who locked it last.'),
   },
   key = ['NUMBER']) }}
