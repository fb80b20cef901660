{# MDM_ALERT_HISTORY records what the diagnosis and the rules found wrong. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('MDM_ALERT_HISTORY', 'Alerts: one open row per point and kind of fault.',
   columns = {
     'ALERT_ID':       (t.auto, 'Number of the alert.'),
     'GENERATED_TIME': (t.time ~ ' NOT NULL', 'When it was found.'),
     'SEVERITY':       ('SMALLINT NOT NULL', 'Severity of syslog: 0 emergency to 7 debug.'),
     'ALERT_CODE':     ('VARCHAR(32) NOT NULL', 'Kind of fault.'),
     'SOURCE':         ('VARCHAR(64)', 'Rule or application that reported it.'),
     'DEVICE':         ('VARCHAR(64)', 'Device of the register concerned, if one is: its MAC, without one its serial number or PD_ID.'),
     'LD_ID':          ('VARCHAR(32)', 'Metering point concerned, if one is.'),
     'SUB_NUMBER':     ('SMALLINT', 'Item of the point.'),
     'MEASURED_TIME':  (t.time, 'Moment of the reading that first showed it.'),
     'MESSAGE':        ('VARCHAR(512)', 'Details for people.'),
     'NOTIFIED_AT':    (t.time, 'When monitoring was told; null not yet.'),
     'CLEARED_AT':     (t.time, 'When the fault ended; null while it is open.'),
     'CLEAR_NOTIFIED_AT': (t.time, 'When monitoring was told that it ended; null not yet.'),
   },
   key = ['ALERT_ID'],
   index = [['LD_ID', 'SUB_NUMBER', 'ALERT_CODE'], ['GENERATED_TIME'], ['ALERT_CODE', 'CLEARED_AT'],
            ['ALERT_CODE', 'DEVICE', 'CLEARED_AT'],
            ['CLEAR_NOTIFIED_AT', 'NOTIFIED_AT', 'CLEARED_AT']]) }}
