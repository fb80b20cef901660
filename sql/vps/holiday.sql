{# HOLIDAY holds the days that are priced and estimated like a Sunday. #}
{% from 'frame.sql' import table %}

{{ table('HOLIDAY', 'Public holidays of the station.',
   columns = {
     'DAY_OFF': ('DATE NOT NULL', 'The day.'),
     'NAME':    ('VARCHAR(64)', 'Name of the holiday.'),
   },
   key = ['DAY_OFF']) }}
