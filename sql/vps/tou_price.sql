{# TOU_PRICE holds the prices of a time-of-use plan, which replace the tiers. #}
{% from 'frame.sql' import table %}

{{ table('TOU_PRICE', 'Time-of-use prices; where there are any, they replace the tiers.',
   columns = {
     'PARAM_ID':   ('VARCHAR(32) NOT NULL', 'Set of CORRECTION_PARAM.'),
     'FROM_DATE':  ('DATE NOT NULL', 'FROM_DATE of the set.'),
     'DAY_TYPE':   ('VARCHAR(8) NOT NULL', 'WEEKDAY, SATURDAY or HOLIDAY (Sundays too).'),
     'START_TIME': ('TIME NOT NULL', 'Time of day from which it holds, until the next row of that day.'),
     'PRICE':      ('DECIMAL(18,4) NOT NULL', 'Money per kWh.'),
   },
   key = ['PARAM_ID', 'FROM_DATE', 'DAY_TYPE', 'START_TIME']) }}
