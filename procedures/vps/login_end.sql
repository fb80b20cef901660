{#
  LOGIN_END says whether a login holds, once the password has been compared.

  A token is good once, and not for long. All reasons to refuse look alike. A wrong password
  is counted in the account, which is locked after so many; a login that holds ends the count.
  A caller with a transaction of his own must commit a refusal too, or it is not counted.
#}
{% from 'frame.sql' import procedure, when, give, latest, sha256, add_minutes %}
{% from 'account.sql' import lock_row, setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('LOGIN_END', 'Say whether a login holds, once the password has been compared.',
                  callers = ['VPS'],
                  takes = dict(p_token = 'VARCHAR(1024)',
                               p_ok    = 'INTEGER'),
                  gives = dict(CUSTOMER_ID = 'VARCHAR(32)', VPS_ACCOUNT_ID = 'VARCHAR(254)', TEMPORARY = 'SMALLINT',
                               EDIT_RIGHT = 'SMALLINT'),
                  holds = dict(v_digest = 'VARCHAR(64)', v_account = 'VARCHAR(254)', v_limit = 'INTEGER',
                               v_lock_minutes = 'INTEGER', v_now = t.time, v_good = 'INTEGER', v_failed = 'INTEGER'),
                  means = dict(p_token = 'Token that LOGIN_BEGIN gave.',
                               p_ok = '1 the password fits the hash that LOGIN_BEGIN gave, 0 it does not.'),
                  codes = {1001: 'an argument is missing',
                           1002: 'the token is badly formed',
                           1004: 'p_ok is neither 0 nor 1',
                           4001: 'the login does not hold; a wrong password was counted'}) %}
SELECT CASE
         WHEN :p_token IS NULL OR :p_ok IS NULL                    THEN 1001
         WHEN NOT {{ check.is_formed(':p_token', '[0-9a-f]{32}') }} THEN 1002
         WHEN {{ check.is_none_of(':p_ok', [0, 1]) }}                                  THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_digest = {{ sha256(':p_token') }};
SET :v_now = LOCALTIMESTAMP(0);
{{ setting('LOGIN_FAILURES', ':v_limit') }}
{{ setting('LOGIN_LOCK_MINUTES', ':v_lock_minutes') }}
SELECT MAX(k.VPS_ACCOUNT_ID)
  FROM LOGIN_TOKEN k
 WHERE k.TOKEN_SHA256 = :v_digest
  INTO :v_account;
{{ lock_row('VPS_ACCOUNT', 'VPS_ACCOUNT_ID', ':v_account') }}
-- Read again: until now another may have used the token.
SELECT COUNT(*), MAX(a.FAILED_LOGINS) + 1
  FROM LOGIN_TOKEN k
  JOIN VPS_ACCOUNT a
    ON a.VPS_ACCOUNT_ID = k.VPS_ACCOUNT_ID
   AND a.STATE = 1
   AND a.DELETED = 0
   AND (a.LOCKED_UNTIL IS NULL OR a.LOCKED_UNTIL <= :v_now)
   AND {{ sha256('a.PASSWORD_HASH') }} = k.PASSWORD_SHA256
 WHERE k.VPS_ACCOUNT_ID = :v_account
   AND k.TOKEN_SHA256 = :v_digest
   AND k.EXPIRES_AT > :v_now
{{ latest() }}
  INTO :v_good, :v_failed;
SET :RESULT_CODE = CASE WHEN :v_good = 1 AND :p_ok = 1 THEN 0 ELSE 4001 END;

-- One that came too late stays, for LOGIN_BEGIN to count.
DELETE FROM LOGIN_TOKEN
 WHERE VPS_ACCOUNT_ID = :v_account
   AND TOKEN_SHA256 = :v_digest
   AND EXPIRES_AT > :v_now;
{% call when(':RESULT_CODE = 0') %}
UPDATE VPS_ACCOUNT
   SET FAILED_LOGINS = 0,
       LOCKED_UNTIL  = NULL
 WHERE VPS_ACCOUNT_ID = :v_account;
{% endcall %}
{% call when(':v_good = 1 AND :p_ok = 0') %}
UPDATE VPS_ACCOUNT
   SET FAILED_LOGINS = :v_failed,
       LOCKED_UNTIL  = CASE WHEN :v_failed >= :v_limit THEN {{ add_minutes(':v_now', ':v_lock_minutes') }} END
 WHERE VPS_ACCOUNT_ID = :v_account;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT a.CUSTOMER_ID, a.VPS_ACCOUNT_ID, a.TEMPORARY, a.EDIT_RIGHT
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account
{{ latest() }}
{% endcall %}
{% endcall %}
{% endcall %}
