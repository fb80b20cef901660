{# OPEN_ALERT shows the alerts that nobody and nothing has cleared. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('OPEN_ALERT', 'Alerts that are not cleared.',
   callers = ['SHIM', 'READER'],
   columns = {
     'ALERT_ID':       ('BIGINT', 'Number of the alert.'),
     'GENERATED_TIME': (t.time, 'When it was raised.'),
     'SEVERITY':       ('SMALLINT', 'Severity as in syslog.'),
     'ALERT_CODE':     ('VARCHAR(32)', 'Kind of finding.'),
     'LD_ID':          ('VARCHAR(32)', 'Metering point.'),
     'SUB_NUMBER':     ('SMALLINT', 'Item of its parameter group.'),
     'MEASURED_TIME':  (t.time, 'Slot of the finding.'),
     'MESSAGE':        ('VARCHAR(512)', 'What was found.'),
     'SOURCE':         ('VARCHAR(64)', 'Rule or application that reported it.'),
     'DEVICE':         ('VARCHAR(64)', 'Device concerned, if one is.'),
   }) %}
SELECT a.ALERT_ID,
       a.GENERATED_TIME,
       a.SEVERITY,
       a.ALERT_CODE,
       a.LD_ID,
       a.SUB_NUMBER,
       a.MEASURED_TIME,
       a.MESSAGE,
       a.SOURCE,
       a.DEVICE
  FROM MDM_ALERT_HISTORY a
 WHERE a.CLEARED_AT IS NULL
{% endcall %}
