{# BILL_LINE stages the lines of one bill file. #}
{% from 'lines.sql' import lines %}

{{ lines('BILL_LINE', 'Lines of one bill file.',
   columns = {
     'LD_ID':         'Metering point.',
     'SUB_NUMBER':    'Item of its parameter group.',
     'MEASURED_TIME': 'End of the slot, YYYY-MM-DD HH:MM:SS.',
     'QUOTE':         'Estimated bill of the slot, money.',
   }) }}
