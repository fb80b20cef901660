{# ALERT_KIND holds how alerts of each kind go out to monitoring. #}
{% from 'frame.sql' import table %}

{{ table('ALERT_KIND', 'Kinds of alerts: facility and severity that each goes out with.',
   columns = {
     'ALERT_CODE':  ('VARCHAR(32) NOT NULL', 'Kind of fault, as in MDM_ALERT_HISTORY.'),
     'FACILITY':    ('VARCHAR(8) NOT NULL', 'Facility of syslog: its keyword, as in local4.'),
     'SEVERITY':    ('SMALLINT NOT NULL', 'Severity of syslog: 0 emergency to 7 debug.'),
     'DESCRIPTION': ('VARCHAR(255)', 'What it means.'),
   },
   key = ['ALERT_CODE']) }}
