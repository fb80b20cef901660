{#
  REVISE_VPA_COMMON_KEY stores the password and keys that a terminal got when it was authenticated.

  What is null stays as it is. The terminal's own row stays unlocked: only its keys change.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('REVISE_VPA_COMMON_KEY', 'Store the password and keys of an authenticated terminal.',
                  callers = ['ALA'],
                  takes = dict(p_mac         = 'VARCHAR(1024)',
                               p_password    = 'VARBINARY(1024)',
                               p_common_key  = 'VARBINARY(1024)',
                               p_session_key = 'VARBINARY(1024)'),
                  holds = dict(v_password = 'VARBINARY(512)', v_common_key = 'VARBINARY(512)',
                               v_session_key = 'VARBINARY(512)', v_mac = 'VARCHAR(12)', v_terminal = 'BIGINT',
                               v_deleted = 'INTEGER', v_state = 'INTEGER'),
                  means = dict(p_password = 'Password of the terminal, wrapped; null leaves it.',
                               p_common_key = 'Common key, wrapped; null leaves it.',
                               p_session_key = 'Session key, wrapped; null leaves it.'),
                  codes = {1001: 'the MAC is missing, or password and both keys are',
                           1002: 'the MAC is badly formed, or the password or a key is not wrapped',
                           2001: 'no terminal has this MAC',
                           3002: 'the terminal was removed, or is suspended',
                           4002: 'no authentication server is linked'}) %}
SELECT CASE
         WHEN :p_mac IS NULL
           OR (:p_password IS NULL AND :p_common_key IS NULL AND :p_session_key IS NULL) THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_wrapped(':p_password') }}
           OR NOT {{ check.is_wrapped(':p_common_key') }}
           OR NOT {{ check.is_wrapped(':p_session_key') }}                               THEN 1002
         WHEN NOT EXISTS (SELECT 1
                            FROM MDM_CONFIG c
                           WHERE c.NAME = 'ALA_LINKED'
                             AND c."VALUE" = '1')                                        THEN 4002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SELECT MAX(d.VPA_DEVICE_ID)
  FROM VPA_DEVICE d
 WHERE d.MAC = :v_mac
  INTO :v_terminal;
UPDATE VPA_DEVICE_TRANSACTION
   SET STATE = STATE
 WHERE VPA_DEVICE_ID = :v_terminal;
SELECT MAX(d.DELETED), MAX(d.STATE * x.STATE)
  FROM VPA_DEVICE d
  JOIN VPA_DEVICE_TRANSACTION x
    ON x.VPA_DEVICE_ID = d.VPA_DEVICE_ID
 WHERE d.VPA_DEVICE_ID = :v_terminal
  INTO :v_deleted, :v_state;
SET :RESULT_CODE = CASE
  WHEN :v_deleted IS NULL               THEN 2001
  WHEN :v_deleted = 1 OR :v_state = 0   THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_password = :p_password;
SET :v_common_key = :p_common_key;
SET :v_session_key = :p_session_key;
UPDATE VPA_DEVICE_TRANSACTION
   SET PASSWORD       = COALESCE(:v_password, PASSWORD),
       COMMON_KEY     = COALESCE(:v_common_key, COMMON_KEY),
       SESSION_KEY    = COALESCE(:v_session_key, SESSION_KEY),
       KEY_UPDATED_AT = LOCALTIMESTAMP(0)
 WHERE VPA_DEVICE_ID = :v_terminal;
{% endcall %}
{% endcall %}
