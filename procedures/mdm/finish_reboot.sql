{#
  FINISH_REBOOT records what became of a reboot that a worker took.

  One that failed waits again while attempts are left; behind the last an alert is raised,
  which the next reboot of the device that succeeds clears.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'reboot.sql' import raise_reboot_failed, find_reboot_failed %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('FINISH_REBOOT', 'Record what became of a reboot.',
                  callers = ['SHIM'],
                  takes = dict(p_reservation_id = 'VARCHAR(1024)',
                               p_table_key      = 'BIGINT',
                               p_ok             = 'INTEGER',
                               p_message        = 'VARCHAR(1024)',
                               p_attempts       = 'INTEGER'),
                  holds = dict(v_state = 'VARCHAR(8)', v_attempts = 'INTEGER', v_limit = 'INTEGER', v_pd = 'BIGINT',
                               v_alert = 'BIGINT'),
                  means = dict(p_ok = '1 the head-end passed the command on; 0 it did not.',
                               p_attempts = 'ATTEMPTS as NEXT_REBOOT gave it, so that a worker given up on decides nothing; null does not ask.'),
                  codes = {10: 'it was recorded before',
                           1001: 'the request, the device or the outcome is missing',
                           1002: 'the request is badly formed, or the message is too long',
                           1004: 'the outcome is neither 0 nor 1',
                           2001: 'the device is not in this request',
                           3002: 'no worker has taken it, or another one has since'}) %}
SELECT CASE
         WHEN :p_reservation_id IS NULL
           OR :p_table_key IS NULL
           OR :p_ok IS NULL                                       THEN 1001
         WHEN NOT {{ check.is_identifier(':p_reservation_id', 36) }}
           OR {{ check.is_longer(':p_message', 512) }}                       THEN 1002
         WHEN {{ check.is_none_of(':p_ok', [0, 1]) }}                                 THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ setting('REBOOT_ATTEMPTS', ':v_limit') }}
UPDATE REBOOT_RESERVATION
   SET ATTEMPTS = ATTEMPTS
 WHERE RESERVATION_ID = :p_reservation_id
   AND TABLE_KEY = :p_table_key;
SELECT MAX(r.TABLE_KEY), MAX(r.STATE), MAX(r.ATTEMPTS)
  FROM REBOOT_RESERVATION r
 WHERE r.RESERVATION_ID = :p_reservation_id
   AND r.TABLE_KEY = :p_table_key
  INTO :v_pd, :v_state, :v_attempts;
SET :RESULT_CODE = CASE
  WHEN :v_pd IS NULL                                                  THEN 2001
  WHEN :v_attempts <> :p_attempts                                     THEN 3002
  WHEN :v_state = 'RUNNING'                                           THEN 0
  WHEN :v_state = 'DONE' AND :p_ok = 1                                THEN 10
  WHEN :v_state = 'FAILED' AND :p_ok = 0                              THEN 10
  WHEN :v_state = 'WAITING' AND :p_ok = 0 AND :v_attempts > 0         THEN 10
  ELSE 3002
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_state = TRIM(CASE WHEN :p_ok = 1 THEN 'DONE' WHEN :v_attempts < :v_limit THEN 'WAITING' ELSE 'FAILED' END);
UPDATE REBOOT_RESERVATION
   SET STATE       = :v_state,
       FINISHED_AT = CASE WHEN :v_state = 'WAITING' THEN NULL ELSE LOCALTIMESTAMP(0) END,
       MESSAGE     = :p_message
 WHERE RESERVATION_ID = :p_reservation_id
   AND TABLE_KEY = :p_table_key;
{% call when(":v_state = 'FAILED'") %}
{{ raise_reboot_failed('FINISH_REBOOT', "COALESCE(:p_message, 'no reason given')") }}
{% endcall %}
{% call when(":v_state = 'DONE'") %}
{{ find_reboot_failed(':v_alert') }}
UPDATE MDM_ALERT_HISTORY
   SET CLEARED_AT = LOCALTIMESTAMP(0)
 WHERE ALERT_ID = :v_alert;
{% endcall %}
{% endcall %}
{% endcall %}
