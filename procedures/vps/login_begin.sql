{#
  LOGIN_BEGIN gives the password hash that a login is compared with, and a token that ends it.

  Whoever asks cannot tell which accounts there are: an unknown, removed, suspended or locked
  one gets a decoy, which no password fits, always the same for the same address, and a token
  like any other. A login that is not ended in time has failed, and one that is still open
  counts as failed meanwhile: many begun at once give no more tries than one after the other.
#}
{% from 'frame.sql' import procedure, when, give, latest, sha256, base64_of_hex, add_minutes %}
{% from 'account.sql' import lock_row, setting %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# PHC strings hold base64 without padding: of 16 bytes 22 characters, of 32 bytes 43. #}
{% macro decoy() %}
'$argon2id$v=19$m=65536,t=3,p=4$'
         || LEFT({{ base64_of_hex('LEFT(' ~ sha256(":v_secret || 'salt' || :v_account") ~ ', 32)') }}, 22)
         || '$' || LEFT({{ base64_of_hex(sha256(":v_secret || 'hash' || :v_account")) }}, 43)
{%- endmacro %}

{% call procedure('LOGIN_BEGIN', 'Give the password hash that a login is compared with, and a token that ends it.',
                  callers = ['VPS'],
                  takes = dict(p_vps_account_id = 'VARCHAR(1024)'),
                  gives = dict(PASSWORD_HASH = 'VARCHAR(255)', TOKEN = 'VARCHAR(32)'),
                  holds = dict(v_account = 'VARCHAR(254)', v_secret = 'VARCHAR(64)', v_token = 'VARCHAR(32)',
                               v_digest = 'VARCHAR(64)', v_given = 'VARCHAR(255)', v_limit = 'INTEGER', v_lock_minutes = 'INTEGER',
                               v_token_minutes = 'INTEGER', v_now = t.time, v_lapsed = 'INTEGER', v_open = 'INTEGER',
                               v_in_use = 'INTEGER', v_failed = 'INTEGER', v_locked_until = t.time),
                  means = dict(p_vps_account_id = 'Mail address that wants to log in, in upper or lower case.',
                               PASSWORD_HASH = 'Hash to compare the password with, as an argon2id PHC string.',
                               TOKEN = 'Token to end the login with.'),
                  codes = {1001: 'the account is missing',
                           1002: 'the mail address is badly formed'}) %}
SELECT CASE
         WHEN :p_vps_account_id IS NULL                    THEN 1001
         WHEN NOT {{ check.is_mail(':p_vps_account_id') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_account = LOWER(:p_vps_account_id);
SET :v_now = LOCALTIMESTAMP(0);
SET :v_token = {{ t.token }};
SET :v_digest = {{ sha256(':v_token') }};
SELECT s.SECRET FROM LOGIN_SECRET s WHERE s.SECRET_ID = 1 INTO :v_secret;
{% call when(':v_secret IS NULL') %}
UPDATE LOGIN_SECRET
   SET SECRET = {{ t.token }}
 WHERE SECRET_ID = 1
   AND SECRET IS NULL;
SELECT s.SECRET
  FROM LOGIN_SECRET s
 WHERE s.SECRET_ID = 1
{{ latest() }}
  INTO :v_secret;
{% endcall %}
{{ setting('LOGIN_FAILURES', ':v_limit') }}
{{ setting('LOGIN_LOCK_MINUTES', ':v_lock_minutes') }}
{{ setting('LOGIN_TOKEN_MINUTES', ':v_token_minutes') }}

{{ lock_row('VPS_ACCOUNT', 'VPS_ACCOUNT_ID', ':v_account') }}
SELECT COALESCE(SUM(CASE WHEN k.EXPIRES_AT <= :v_now THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN k.EXPIRES_AT > :v_now THEN 1 ELSE 0 END), 0)
  FROM LOGIN_TOKEN k
 WHERE k.VPS_ACCOUNT_ID = :v_account
{{ latest() }}
  INTO :v_lapsed, :v_open;
SELECT COUNT(*), MAX(a.FAILED_LOGINS), MAX(a.LOCKED_UNTIL), MAX(a.PASSWORD_HASH)
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account
   AND a.PASSWORD_HASH IS NOT NULL
   AND a.STATE = 1
   AND a.DELETED = 0
{{ latest() }}
  INTO :v_in_use, :v_failed, :v_locked_until, :v_given;
{% call when(':v_in_use = 1') %}
-- After a lock counting begins anew.
SET :v_failed = CASE WHEN :v_locked_until <= :v_now THEN 0 ELSE :v_failed END + :v_lapsed;
SET :v_locked_until = CASE
  WHEN :v_locked_until > :v_now THEN :v_locked_until
  WHEN :v_failed >= :v_limit    THEN {{ add_minutes(':v_now', ':v_lock_minutes') }}
END;
UPDATE VPS_ACCOUNT
   SET FAILED_LOGINS = :v_failed,
       LOCKED_UNTIL  = :v_locked_until
 WHERE VPS_ACCOUNT_ID = :v_account;
DELETE FROM LOGIN_TOKEN
 WHERE VPS_ACCOUNT_ID = :v_account
   AND EXPIRES_AT <= :v_now;
SET :v_in_use = CASE WHEN :v_locked_until IS NULL AND :v_failed + :v_open < :v_limit THEN 1 ELSE 0 END;
{% endcall %}
{% call when(':v_in_use = 1') %}
INSERT INTO LOGIN_TOKEN (VPS_ACCOUNT_ID, TOKEN_SHA256, PASSWORD_SHA256, EXPIRES_AT)
SELECT a.VPS_ACCOUNT_ID, :v_digest, {{ sha256('a.PASSWORD_HASH') }}, {{ add_minutes(':v_now', ':v_token_minutes') }}
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account;
{% endcall %}

{% call when(':v_in_use = 0') %}
SET :v_given = {{ decoy() }};
{% endcall %}
{% call give() %}
SELECT :v_given AS PASSWORD_HASH, :v_token AS TOKEN
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
