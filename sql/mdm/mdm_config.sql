{# MDM_CONFIG holds the settings that rules read. #}
{% from 'frame.sql' import table %}

{{ table('MDM_CONFIG', 'Settings that rules read.',
   columns = {
     'NAME':        ('VARCHAR(63) NOT NULL', 'Name of the setting.'),
     '"VALUE"':     ('VARCHAR(255) NOT NULL', 'What it is set to.'),
     'ALLOWED':     ('VARCHAR(255)', 'Values it may take: a list A|B|C or a range 1..28; null free text.'),
     'DESCRIPTION': ('VARCHAR(255)', 'What it decides, with its unit.'),
   },
   key = ['NAME']) }}
