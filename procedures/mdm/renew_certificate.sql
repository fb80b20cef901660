{#
  RENEW_CERTIFICATE binds a device to the certificate that it got in place of its old one.

  REVISE_COMMON_KEY judges a device by the certificate that it is bound to, so until then it
  refuses a device whose certificate has ended. A device registered without one gets its first
  one so. Its keys stay as they are, and the old certificate is revoked by a rule of its own.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import find_by_mac, lock_places %}
{% from 'certificate.sql' import state_of %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% macro binds_another(device) %}
EXISTS (SELECT 1
          FROM {{ device }}_TRANSACTION x
          JOIN {{ device }} d
            ON d.TABLE_KEY = x.TABLE_KEY
         WHERE x.CERT_SERIAL = :p_cert_serial
           AND d.DELETED = 0)
{%- endmacro %}

{% call procedure('RENEW_CERTIFICATE', 'Bind a device to its renewed certificate.',
                  callers = ['ALA', 'SHIM'],
                  takes = dict(p_mac         = 'VARCHAR(1024)',
                               p_cert_serial = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_co = 'BIGINT', v_deleted = 'INTEGER',
                               v_bound = 'VARCHAR(64)', v_state = 'VARCHAR(8)'),
                  means = dict(p_cert_serial = 'Serial number of the new certificate.'),
                  codes = {10: 'the device is bound to this certificate already',
                           1001: 'the MAC or the serial number is missing',
                           1002: 'the MAC or the serial number is badly formed',
                           2001: 'no device has this MAC',
                           2004: 'there is no such certificate',
                           3002: 'the device was disposed of, or the certificate is revoked, expired or not valid yet',
                           3004: 'another device in service is bound to this certificate'}) %}
SELECT CASE
         WHEN :p_mac IS NULL OR :p_cert_serial IS NULL            THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_cert_serial', 64) }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
-- Who registers or disposes of a device, or binds another one, takes this lock first.
{{ lock_places() }}
{{ find_by_mac('CERT_SERIAL', ':v_bound') | trim }}
SELECT MAX({{ state_of('c') | indent(11) }})
  FROM CERTIFICATE_HISTORY c
 WHERE c.CERT_SERIAL = :p_cert_serial
  INTO :v_state;
SELECT CASE
         WHEN :v_deleted IS NULL                       THEN 2001
         WHEN :v_deleted = 1                           THEN 3002
         WHEN :v_state IS NULL                         THEN 2004
         WHEN :v_state NOT IN ('VALID', 'EXPIRING')    THEN 3002
         WHEN :v_bound = :p_cert_serial                THEN 10
         WHEN {{ binds_another('CONTROLLER') | indent(14) }}
           OR {{ binds_another('CONCENTRATOR') | indent(14) }} THEN 3004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for device, key in (('CONTROLLER', ':v_pd'), ('CONCENTRATOR', ':v_co')) %}
UPDATE {{ device }}_TRANSACTION
   SET CERT_SERIAL = :p_cert_serial
 WHERE TABLE_KEY = {{ key }};
{% endfor %}
{% endcall %}
{% endcall %}
