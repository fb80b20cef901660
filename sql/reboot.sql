{# The alert of a reboot that was given up: one open row for each device. #}
{% from 'alert.sql' import is_open, severity_of %}

{# Raise the alert of a reboot of device :v_pd that was given up, unless one is open. #}
{% macro raise_reboot_failed(source, reason) %}
INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, MESSAGE)
SELECT LOCALTIMESTAMP(0), {{ severity_of("'REBOOT_FAILED'") }}, 'REBOOT_FAILED', '{{ source }}', {{ name_of('d') }},
       LEFT('reboot of ' || {{ name_of('d') }} || ' failed: ' || {{ reason }}, 512)
  FROM CONTROLLER d
 WHERE d.TABLE_KEY = :v_pd
   AND NOT EXISTS (SELECT 1
                     FROM MDM_ALERT_HISTORY o
                    WHERE {{ is_open('o', 'REBOOT_FAILED', name_of('d')) }});
{% endmacro %}

{# The key of the open alert of device :v_pd, null without one. #}
{% macro find_reboot_failed(into) %}
SELECT MAX(o.ALERT_ID)
  FROM MDM_ALERT_HISTORY o
  JOIN CONTROLLER d
    ON {{ is_open('o', 'REBOOT_FAILED', name_of('d')) }}
 WHERE d.TABLE_KEY = :v_pd
  INTO {{ into }};
{% endmacro %}

{# A device of pattern D has no MAC. #}
{% macro name_of(device) %}COALESCE({{ device }}.MAC, {{ device }}.SERIAL, {{ device }}.PD_ID){% endmacro %}
