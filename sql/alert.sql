{# One open alert for each point, or device, and kind of finding. #}

{# Whether a row is an open alert of a device, or without one an open alert that names no device. #}
{% macro is_open(alert, code, device='') %}{{ alert }}.ALERT_CODE = '{{ code }}' AND {{ alert }}.DEVICE {{ '= ' ~ device if device else 'IS NULL' }} AND {{ alert }}.CLEARED_AT IS NULL{% endmacro %}

{# The severity of a kind of alert, a literal or an argument; 4 of one that ALERT_KIND does not have. #}
{% macro severity_of(code) %}COALESCE((SELECT k.SEVERITY FROM ALERT_KIND k WHERE k.ALERT_CODE = {{ code }}), 4){% endmacro %}

{# Raise an alert for each of the rows LD_ID, SUB_NUMBER, MEASURED_TIME, MESSAGE, unless one is open. #}
{% macro raise_alerts(code, source) %}
INSERT INTO MDM_ALERT_HISTORY (
       GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, LD_ID, SUB_NUMBER, MEASURED_TIME, MESSAGE)
SELECT LOCALTIMESTAMP(0), {{ severity_of("'" ~ code ~ "'") }}, '{{ code }}', '{{ source }}', f.LD_ID, f.SUB_NUMBER, f.MEASURED_TIME, f.MESSAGE
  FROM (
{{ caller() | trim | indent(4, first=true) }}
  ) f
 WHERE NOT EXISTS (SELECT 1
                     FROM MDM_ALERT_HISTORY o
                    WHERE o.LD_ID = f.LD_ID
                      AND o.SUB_NUMBER = f.SUB_NUMBER
                      AND o.ALERT_CODE = '{{ code }}'
                      AND o.CLEARED_AT IS NULL);
{% endmacro %}
