{# DUE_MONTH holds the months that are to be archived. #}
{% from 'frame.sql' import table %}

{{ table('DUE_MONTH', 'Months of the histories that are to be archived before they may be removed.',
   columns = {
     'TABLE_NAME':  ('VARCHAR(63) NOT NULL', 'History.'),
     'MONTH_START': ('DATE NOT NULL', 'First day of the billing month, or of its slots.'),
     'MONTH_END':   ('DATE NOT NULL', 'First day of the month behind it, or where the retention begins.'),
     'STATE':       ('VARCHAR(8) NOT NULL', 'DUE or WAITS.'),
   },
   key = ['TABLE_NAME', 'MONTH_START'], session = true) }}
