{# SET_ASIDE_LINE holds the lines of one file that are valid but not stored. #}
{% from 'frame.sql' import table %}

{{ table('SET_ASIDE_LINE', 'Lines of one file that are valid but not stored.',
   columns = {
     'LINE_NO': ('INTEGER NOT NULL', 'Line of the file.'),
   },
   key = ['LINE_NO'], session = true) }}
