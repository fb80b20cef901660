{# PURGE_STEP holds what one step of the purge removed. #}
{% from 'frame.sql' import table %}

{{ table('PURGE_STEP', 'What one step of the purge removed, by table.',
   columns = {
     'TABLE_NAME': ('VARCHAR(63) NOT NULL', 'Table.'),
     'REMOVED':    ('INTEGER NOT NULL', 'Rows removed from it.'),
   },
   key = ['TABLE_NAME'], session = true) }}
