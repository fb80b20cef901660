{#
  RAISE_ALERT records an alert of an application, or that one ended.

  RAISED   open until it is cleared; one that is open already stays as it is, and the exact same
           as one that has ended is a repeat: it does not open again
  CLEARED  ends the open ones of this code, source, device and point
  EVENT    has no end: it is recorded as over. The exact same again is a repeat: so a sender
           that does not know whether it was heard sends it again

  All callers queue here for a moment, so that two at once raise one alert. An alert carries
  the severity that it is given, else the one of its kind.
#}
{% from 'frame.sql' import procedure, when, latest, by_index, add_days %}
{% from 'alert.sql' import severity_of %}
{% from 'device.sql' import same %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# Open alerts, or the exact same event, are found by the narrowest index that there is. #}
{% set narrowest = [
  (':p_device IS NOT NULL', ['ALERT_CODE', 'DEVICE', 'CLEARED_AT']),
  (':p_device IS NULL AND :p_ld_id IS NOT NULL', ['LD_ID', 'SUB_NUMBER', 'ALERT_CODE']),
  (':p_device IS NULL AND :p_ld_id IS NULL', ['ALERT_CODE', 'CLEARED_AT']),
] %}
{% macro same_subject() %}
   AND a.SOURCE = :p_source
   AND {{ same('a.DEVICE', ':p_device') }}
   AND {{ same('a.LD_ID', ':p_ld_id') }}
   AND {{ same('a.SUB_NUMBER', ':p_sub_number') }}
{%- endmacro %}

{% call procedure('RAISE_ALERT', 'Record an alert of an application, or that one ended.',
                  callers = ['SHIM'],
                  takes = dict(p_time       = t.time,
                               p_code       = 'VARCHAR(1024)',
                               p_source     = 'VARCHAR(1024)',
                               p_severity   = 'INTEGER',
                               p_device     = 'VARCHAR(1024)',
                               p_ld_id      = 'VARCHAR(1024)',
                               p_sub_number = 'INTEGER',
                               p_state      = 'VARCHAR(1024)',
                               p_message    = 'VARCHAR(1024)'),
                  holds = dict(v_state = 'VARCHAR(8)', v_time = t.time, v_known = 'BIGINT'),
                  means = dict(p_time = 'When it happened. Null, before 2000 or more than a day ahead: now.',
                               p_code = 'Kind of fault; one of ALERT_KIND, or any other.',
                               p_source = 'Rule or application that reports it.',
                               p_severity = 'Severity of syslog; null that of its kind, 4 of a kind that ALERT_KIND does not have.',
                               p_device = 'Device concerned, if one is.',
                               p_state = 'RAISED, CLEARED or EVENT; null EVENT.',
                               p_message = 'Details for people.'),
                  codes = {10: 'it is open already, or that very one was recorded before',
                           11: 'there is no open alert to be cleared',
                           1001: 'the code or the source is missing',
                           1002: 'the code or the point is badly formed, or a text is too long',
                           1003: 'the state is none of RAISED, CLEARED and EVENT',
                           1004: 'the severity is not 0 to 7, or the item not 0 to 32767'}) %}
SELECT CASE
         WHEN :p_code IS NULL
           OR :p_source IS NULL                                  THEN 1001
         WHEN NOT {{ check.is_identifier(':p_code', 32) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR {{ check.is_longer(':p_source', 64) }}
           OR {{ check.is_longer(':p_device', 64) }}
           OR {{ check.is_longer(':p_message', 512) }}                      THEN 1002
         WHEN {{ check.is_none_of(':p_state', ['RAISED', 'CLEARED', 'EVENT']) }}     THEN 1003
         WHEN {{ check.is_outside(':p_severity', 0, 7) }}
           OR {{ check.is_outside(':p_sub_number', 0, 32767) }}               THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_state = COALESCE(:p_state, 'EVENT');
SET :v_time = CASE
  WHEN :p_time >= TIMESTAMP '2000-01-01 00:00:00'
   AND :p_time <= {{ add_days('LOCALTIMESTAMP(0)', '1') }} THEN :p_time
  ELSE LOCALTIMESTAMP(0)
END;
-- The row of no alert: of two callers at once the second sees what the first has recorded.
UPDATE MDM_CONFIG
   SET "VALUE" = "VALUE"
 WHERE NAME = 'NOTIFY_DAYS';
{% for condition, fields in narrowest %}
{% call when(":v_state <> 'EVENT' AND " ~ condition) %}
SELECT COUNT(*)
  FROM MDM_ALERT_HISTORY a{{ by_index('MDM_ALERT_HISTORY', fields) }}
 WHERE a.ALERT_CODE = :p_code
   AND a.CLEARED_AT IS NULL
{{ same_subject() }}
{{ latest() }}
  INTO :v_known;
{% endcall %}
{% endfor %}
{% call when(":v_state = 'EVENT' OR (:v_state = 'RAISED' AND :v_known = 0)") %}
SELECT COUNT(*)
  FROM MDM_ALERT_HISTORY a{{ by_index('MDM_ALERT_HISTORY', ['GENERATED_TIME']) }}
 WHERE a.GENERATED_TIME = :v_time
   AND a.ALERT_CODE = :p_code
{{ same_subject() }}
   AND {{ same('a.MESSAGE', ':p_message') }}
   AND a.CLEARED_AT IS NOT NULL
{{ latest() }}
  INTO :v_known;
{% endcall %}
SET :RESULT_CODE = CASE
  WHEN :v_state = 'CLEARED' AND :v_known = 0  THEN 11
  WHEN :v_state <> 'CLEARED' AND :v_known > 0 THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(":RESULT_CODE = 0 AND :v_state = 'CLEARED'") %}
UPDATE MDM_ALERT_HISTORY a
   SET a.CLEARED_AT = :v_time
 WHERE a.ALERT_CODE = :p_code
   AND a.CLEARED_AT IS NULL
{{ same_subject() }};
{% endcall %}
{% call when(":RESULT_CODE = 0 AND :v_state <> 'CLEARED'") %}
INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, LD_ID, SUB_NUMBER,
       MESSAGE, CLEARED_AT)
SELECT :v_time, COALESCE(:p_severity, {{ severity_of(':p_code') }}), :p_code, :p_source, :p_device, :p_ld_id,
       :p_sub_number, :p_message, CASE WHEN :v_state = 'EVENT' THEN LOCALTIMESTAMP(0) END
  FROM {{ t.one_row }};
{% endcall %}
{% endcall %}
