{# MDM_CONFIG holds the settings that the test of what is pollable reads. #}
{% from 'frame.sql' import table %}

{{ table('MDM_CONFIG', 'Settings that decide what is polled.',
   columns = {
     'NAME':    ('VARCHAR(63) NOT NULL', 'Name of the setting.'),
     '"VALUE"': ('VARCHAR(255) NOT NULL', 'What it is set to.'),
   },
   key = ['NAME']) }}
