{# COLLECTION_LOG_LINE stages the lines of one collection log. #}
{% from 'lines.sql' import lines %}

{{ lines('COLLECTION_LOG_LINE', 'Lines of one collection log.',
   columns = {
     'PD_TABLE_KEY':  'TABLE_KEY of the physical device.',
     'LD_ADDRESS':    'Address of the logical device in it.',
     'SUB_NUMBER':    'Item of its parameter group.',
     'MEASURED_TIME': 'Moment of the reading, YYYY-MM-DD HH:MM:SS.',
     '"VALUE"':       'Register value, in units of 10 to the SCALER of the item.',
     'STATUS':        '0 read, 1 not read.',
   }) }}
