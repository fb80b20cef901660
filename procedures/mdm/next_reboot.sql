{#
  NEXT_REBOOT gives a worker the device to reboot next, and marks it as in work.

  The oldest that waits is given, before it one whose worker has not reported within
  REBOOT_TIMEOUT_MINUTES; where that was the last of REBOOT_ATTEMPTS, it has failed. Each
  is taken by its key and only as it was seen, so no two workers ever get the same.
#}
{% from 'frame.sql' import procedure, when, each, give, first_rows, add_minutes %}
{% from 'reboot.sql' import raise_reboot_failed %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('NEXT_REBOOT', 'Give a worker the device to reboot next.',
                  callers = ['SHIM'],
                  gives = dict(RESERVATION_ID = 'VARCHAR(36)', TABLE_KEY = 'BIGINT', HEID = 'INTEGER',
                               MAC = 'VARCHAR(12)', SERIAL = 'VARCHAR(64)', IP_ADDRESS = 'VARCHAR(45)',
                               ATTEMPTS = 'INTEGER'),
                  holds = dict(v_limit = 'INTEGER', v_timeout = 'INTEGER', v_before = t.time,
                               v_id = 'VARCHAR(36)', v_pd = 'BIGINT', v_attempts = 'INTEGER', v_started = t.time,
                               v_mine = 'INTEGER', v_taken = 'INTEGER', v_taken_id = 'VARCHAR(36)', v_taken_pd = 'BIGINT'),
                  codes = {11: 'no device waits for a reboot'}) %}
{{ setting('REBOOT_ATTEMPTS', ':v_limit') }}
{{ setting('REBOOT_TIMEOUT_MINUTES', ':v_timeout') }}
SET :v_before = {{ add_minutes('LOCALTIMESTAMP(0)', '-:v_timeout') }};
SET :v_taken = 0;
{% set late %}
SELECT r.RESERVATION_ID, r.TABLE_KEY, r.ATTEMPTS, r.STARTED_AT
  FROM REBOOT_RESERVATION r
 WHERE r.STATE = 'RUNNING'
   AND r.STARTED_AT < :v_before
 ORDER BY r.REQUESTED_AT, r.RESERVATION_ID, r.TABLE_KEY
{% endset %}
{% call each(late, ':v_id, :v_pd, :v_attempts, :v_started') %}
{% call when(':v_attempts >= :v_limit') %}
UPDATE REBOOT_RESERVATION
   SET STATE       = 'FAILED',
       FINISHED_AT = LOCALTIMESTAMP(0),
       MESSAGE     = 'no answer'
 WHERE RESERVATION_ID = :v_id
   AND TABLE_KEY = :v_pd
   AND STATE = 'RUNNING'
   AND STARTED_AT = :v_started;
SET :v_mine = {{ t.row_count }};
{% call when(':v_mine = 1') %}
{{ raise_reboot_failed('NEXT_REBOOT', "'no answer'") }}
{% endcall %}
{% endcall %}
{% call when(':v_attempts < :v_limit AND :v_taken = 0') %}
UPDATE REBOOT_RESERVATION
   SET ATTEMPTS   = ATTEMPTS + 1,
       STARTED_AT = LOCALTIMESTAMP(0)
 WHERE RESERVATION_ID = :v_id
   AND TABLE_KEY = :v_pd
   AND STATE = 'RUNNING'
   AND STARTED_AT = :v_started;
SET :v_taken = {{ t.row_count }};
{% call when(':v_taken = 1') %}
SET :v_taken_id = :v_id;
SET :v_taken_pd = :v_pd;
{% endcall %}
{% endcall %}
{% endcall %}

{% call when(':v_taken = 0') %}
{# As many as there may be workers that look at the same moment. #}
{% set waiting %}
SELECT r.RESERVATION_ID, r.TABLE_KEY
  FROM REBOOT_RESERVATION r
 WHERE r.STATE = 'WAITING'
 ORDER BY r.STATE, r.REQUESTED_AT, r.RESERVATION_ID, r.TABLE_KEY
 {{ first_rows(64) }}
{% endset %}
{% call each(waiting, ':v_id, :v_pd') %}
{% call when(':v_taken = 0') %}
UPDATE REBOOT_RESERVATION
   SET STATE      = 'RUNNING',
       ATTEMPTS   = ATTEMPTS + 1,
       STARTED_AT = LOCALTIMESTAMP(0)
 WHERE RESERVATION_ID = :v_id
   AND TABLE_KEY = :v_pd
   AND STATE = 'WAITING';
SET :v_taken = {{ t.row_count }};
{% call when(':v_taken = 1') %}
SET :v_taken_id = :v_id;
SET :v_taken_pd = :v_pd;
{% endcall %}
{% endcall %}
{% endcall %}
{% endcall %}

SET :RESULT_CODE = CASE WHEN :v_taken = 1 THEN 0 ELSE 11 END;
{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT r.RESERVATION_ID, r.TABLE_KEY, o.HEID, d.MAC, d.SERIAL, x.IP_ADDRESS, r.ATTEMPTS
  FROM REBOOT_RESERVATION r
  JOIN CONTROLLER d
    ON d.TABLE_KEY = r.TABLE_KEY
  JOIN CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = r.TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE r.RESERVATION_ID = :v_taken_id
   AND r.TABLE_KEY = :v_taken_pd
{% endcall %}
{% endcall %}
{% endcall %}
