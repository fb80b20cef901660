{# SLOT_PRICE holds the time-of-use price of every slot of a day. #}
{% from 'frame.sql' import table %}

{{ table('SLOT_PRICE', 'The time-of-use price of every slot of each type of day.',
   columns = {
     'PARAM_ID':      ('VARCHAR(32) NOT NULL', 'Correction set.'),
     'FROM_DATE':     ('DATE NOT NULL', 'First day of the set.'),
     'DAY_TYPE':      ('VARCHAR(8) NOT NULL', 'WEEKDAY, SATURDAY or HOLIDAY.'),
     'MINUTE_OF_DAY': ('INTEGER NOT NULL', 'Begin of the slot, in minutes after midnight.'),
     'PRICE':         ('DECIMAL(18,4) NOT NULL', 'Money per kWh.'),
   },
   key = ['PARAM_ID', 'FROM_DATE', 'DAY_TYPE', 'MINUTE_OF_DAY'], session = true) }}
