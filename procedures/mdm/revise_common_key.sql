{#
  REVISE_COMMON_KEY stores the password and keys that a device got when it was authenticated.

  What is null stays as it is. A device that is unknown, disposed of or without a valid
  certificate is refused, and that raises a security alert, which stays although the call
  is refused: one open alert a MAC, with which its message begins. The next revision that
  succeeds clears it. MACs of no device raise alerts, which name no device, only while fewer
  than 100 of these are open: a stranger who makes up addresses does not fill the table.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'alert.sql' import is_open, severity_of %}

{% set classes = {'CO': 'CONCENTRATOR', 'PD': 'CONTROLLER'} %}

{% call procedure('REVISE_COMMON_KEY', 'Store the password and keys of an authenticated device.',
                  callers = ['ALA'],
                  takes = dict(p_class       = 'VARCHAR(1024)',
                               p_mac         = 'VARCHAR(1024)',
                               p_password    = 'VARBINARY(1024)',
                               p_common_key  = 'VARBINARY(1024)',
                               p_session_key = 'VARBINARY(1024)'),
                  holds = dict(v_password = 'VARBINARY(512)', v_common_key = 'VARBINARY(512)',
                               v_session_key = 'VARBINARY(512)', v_mac = 'VARCHAR(12)', v_key = 'BIGINT',
                               v_deleted = 'INTEGER', v_prov_stat = 'CHAR(1)', v_flaw = 'VARCHAR(128)',
                               v_open = 'INTEGER', v_alert = 'BIGINT', v_strange = 'BIGINT'),
                  means = dict(p_class = 'PD a physical device, CO a concentrator.',
                               p_password = 'Password of the device, wrapped; null leaves it.',
                               p_common_key = 'Common key, wrapped; null leaves it.',
                               p_session_key = 'Session key, wrapped; null leaves it.'),
                  codes = {1001: 'class or MAC is missing, or password and both keys are',
                           1002: 'the MAC is badly formed, or the password or a key is not wrapped',
                           1003: 'the class is neither PD nor CO',
                           2001: 'no device of this class has this MAC; a security alert was raised, unless 100 such are open',
                           3002: 'the device is not configured yet, or was disposed of; the latter raised a security alert',
                           4001: 'its certificate is revoked, unknown, expired or not valid yet; a security alert was raised',
                           4002: 'no authentication server is linked'}) %}
SELECT CASE
         WHEN :p_class IS NULL OR :p_mac IS NULL
           OR (:p_password IS NULL AND :p_common_key IS NULL AND :p_session_key IS NULL) THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_wrapped(':p_password') }}
           OR NOT {{ check.is_wrapped(':p_common_key') }}
           OR NOT {{ check.is_wrapped(':p_session_key') }}                               THEN 1002
         WHEN {{ check.is_none_of(':p_class', ['PD', 'CO']) }}                                               THEN 1003
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
{% for class, device in classes.items() %}
{% call when(":p_class = '" ~ class ~ "'") %}
SELECT MAX(d.TABLE_KEY)
  FROM {{ device }} d
 WHERE d.MAC = :v_mac
  INTO :v_key;
-- Locked before anything is decided: of two callers the second finds the alert of the first.
UPDATE {{ device }}_TRANSACTION
   SET PROV_STAT = PROV_STAT
 WHERE TABLE_KEY = :v_key;
SELECT MAX(d.DELETED), MAX(x.PROV_STAT),
       MAX(CASE
             WHEN d.DELETED = 1                     THEN 'it was disposed of'
             WHEN x.CERT_SERIAL IS NULL             THEN 'it has no certificate'
             WHEN c.CERT_SERIAL IS NULL             THEN 'its certificate ' || x.CERT_SERIAL || ' is unknown'
             WHEN c.REVOKED = 1                     THEN 'its certificate ' || x.CERT_SERIAL || ' is revoked'
             WHEN c.NOT_BEFORE > LOCALTIMESTAMP(0)  THEN 'its certificate ' || x.CERT_SERIAL || ' is not valid yet'
             WHEN c.NOT_AFTER < LOCALTIMESTAMP(0)   THEN 'its certificate ' || x.CERT_SERIAL || ' has expired'
           END)
  FROM {{ device }} d
  JOIN {{ device }}_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  LEFT JOIN CERTIFICATE_HISTORY c
    ON c.CERT_SERIAL = x.CERT_SERIAL
 WHERE d.TABLE_KEY = :v_key
  INTO :v_deleted, :v_prov_stat, :v_flaw;
{% endcall %}
{% endfor %}
{% call when(':v_deleted IS NULL') %}
SET :v_flaw = 'it is not registered';
-- No row of a device is there to lock.
UPDATE MDM_CONFIG
   SET "VALUE" = "VALUE"
 WHERE NAME = 'ALA_LINKED';
{% endcall %}
SELECT MAX(a.ALERT_ID)
  FROM MDM_ALERT_HISTORY a
 WHERE {{ is_open('a', 'SECURITY', ':v_mac') }}
  INTO :v_alert;
SELECT COUNT(*), MAX(CASE WHEN SUBSTRING(a.MESSAGE FROM 1 FOR 12) = :v_mac THEN a.ALERT_ID END)
  FROM MDM_ALERT_HISTORY a
 WHERE {{ is_open('a', 'SECURITY') }}
  INTO :v_open, :v_strange;
SET :v_alert = COALESCE(:v_alert, :v_strange);
{% call when(':v_flaw IS NOT NULL AND :v_alert IS NULL AND (:v_deleted IS NOT NULL OR :v_open < 100)') %}
INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, MESSAGE)
SELECT LOCALTIMESTAMP(0), {{ severity_of("'SECURITY'") }}, 'SECURITY', 'REVISE_COMMON_KEY',
       CASE WHEN :v_deleted IS NOT NULL THEN :v_mac END, :v_mac || ' asked for a key, but ' || :v_flaw
  FROM {{ t.one_row }};
{% endcall %}
SET :RESULT_CODE = CASE
  WHEN :v_deleted IS NULL             THEN 2001
  WHEN :v_deleted = 1                 THEN 3002
  WHEN :v_flaw IS NOT NULL            THEN 4001
  WHEN :v_prov_stat NOT IN ('C', 'A') THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_password = :p_password;
SET :v_common_key = :p_common_key;
SET :v_session_key = :p_session_key;
{% for class, device in classes.items() %}
{% call when(":p_class = '" ~ class ~ "'") %}
UPDATE {{ device }}_TRANSACTION
   SET PASSWORD       = COALESCE(:v_password, PASSWORD),
       COMMON_KEY     = COALESCE(:v_common_key, COMMON_KEY),
       SESSION_KEY    = COALESCE(:v_session_key, SESSION_KEY),
       KEY_UPDATED_AT = LOCALTIMESTAMP(0),
       PROV_STAT      = 'A'
 WHERE TABLE_KEY = :v_key;
{% endcall %}
{% endfor %}
UPDATE MDM_ALERT_HISTORY
   SET CLEARED_AT = LOCALTIMESTAMP(0)
 WHERE ALERT_ID = :v_alert;
{% endcall %}
{% endcall %}
