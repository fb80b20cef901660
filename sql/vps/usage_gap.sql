{# USAGE_GAP lists the slots that were delivered without a usage, so that nothing scans the history for them. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('USAGE_GAP', 'Slots delivered on time without a usage: missing or undetermined.',
   columns = {
     'LD_ID':         ('VARCHAR(32) NOT NULL', 'Metering point.'),
     'SUB_NUMBER':    ('INTEGER NOT NULL', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time ~ ' NOT NULL', 'End of the slot.'),
     'REPOLLED_AT':   (t.time, 'Cycle in which a re-polled reading changed the slot, as in USAGE_HISTORY; null while none did.'),
   },
   key = ['LD_ID', 'SUB_NUMBER', 'MEASURED_TIME'],
   index = [['REPOLLED_AT'], ['MEASURED_TIME']]) }}
