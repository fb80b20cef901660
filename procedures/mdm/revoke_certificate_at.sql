{#
  REVOKE_CERTIFICATE_AT records that a certificate is no longer trusted, and since when.

  Its device keeps the keys that it has; REVISE_COMMON_KEY refuses it new ones from now on,
  whatever the moment is.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('REVOKE_CERTIFICATE_AT', 'Record that a certificate is revoked, and since when.',
                  callers = ['ALA'],
                  takes = dict(p_cert_serial   = 'VARCHAR(1024)',
                               p_revoke_reason = 'VARCHAR(1024)',
                               p_revoked_at    = t.time),
                  holds = dict(v_revoked = 'INTEGER'),
                  means = dict(p_revoked_at = 'When its issuer revoked it, the revocationDate of a CRL; null now.'),
                  codes = {10: 'the certificate is revoked already; the first reason and moment stay',
                           1001: 'the serial number is missing',
                           1002: 'the serial number is badly formed, or the reason is longer than 64 characters',
                           1004: 'the moment is in the future',
                           2004: 'there is no such certificate'}) %}
SELECT CASE
         WHEN :p_cert_serial IS NULL                               THEN 1001
         WHEN NOT {{ check.is_identifier(':p_cert_serial', 64) }}
           OR {{ check.is_longer(':p_revoke_reason', 64) }}                   THEN 1002
         WHEN :p_revoked_at > LOCALTIMESTAMP(0)                    THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
-- Locked before it is read: of two callers the second finds it revoked.
UPDATE CERTIFICATE_HISTORY
   SET REVOKED = REVOKED
 WHERE CERT_SERIAL = :p_cert_serial;
SELECT MAX(c.REVOKED)
  FROM CERTIFICATE_HISTORY c
 WHERE c.CERT_SERIAL = :p_cert_serial
  INTO :v_revoked;
SET :RESULT_CODE = CASE
  WHEN :v_revoked IS NULL THEN 2004
  WHEN :v_revoked = 1     THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE CERTIFICATE_HISTORY
   SET REVOKED       = 1,
       REVOKED_AT    = COALESCE(:p_revoked_at, LOCALTIMESTAMP(0)),
       REVOKE_REASON = :p_revoke_reason
 WHERE CERT_SERIAL = :p_cert_serial;
{% endcall %}
{% endcall %}
