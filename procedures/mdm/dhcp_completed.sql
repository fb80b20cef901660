{#
  DHCP_COMPLETED records that PROV gave a device its IP address.

  The address stands in the device's transaction row alone, so that provisioning never
  waits for a facility operation on the same device. A device that is authenticated and
  gets the address it has stays authenticated: a meter that reboots asks again.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('DHCP_COMPLETED', 'Record that a device got its IP address.',
                  callers = ['PROV'],
                  takes = dict(p_mac        = 'VARCHAR(1024)',
                               p_ip_address = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_co = 'BIGINT', v_deleted = 'INTEGER'),
                  codes = {1001: 'an argument is missing',
                           1002: 'the MAC or the IPv4 address is badly formed',
                           2001: 'no device has this MAC',
                           3002: 'the device was disposed of'}) %}
SELECT CASE
         WHEN :p_mac IS NULL OR :p_ip_address IS NULL THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_ipv4(':p_ip_address') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SELECT MAX(d.TABLE_KEY), MAX(d.DELETED)
  FROM CONTROLLER d
 WHERE d.MAC = :v_mac
  INTO :v_pd, :v_deleted;
{% call when(':v_pd IS NULL') %}
SELECT MAX(d.TABLE_KEY), MAX(d.DELETED)
  FROM CONCENTRATOR d
 WHERE d.MAC = :v_mac
  INTO :v_co, :v_deleted;
{% endcall %}
SELECT CASE
         WHEN :v_deleted IS NULL THEN 2001
         WHEN :v_deleted = 1     THEN 3002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for device, key in (('CONTROLLER', ':v_pd'), ('CONCENTRATOR', ':v_co')) %}
UPDATE {{ device }}_TRANSACTION
   SET PROV_STAT  = CASE WHEN PROV_STAT = 'A' AND IP_ADDRESS = :p_ip_address THEN 'A' ELSE 'D' END,
       IP_ADDRESS = :p_ip_address
 WHERE TABLE_KEY = {{ key }};
{% endfor %}
{% endcall %}
{% endcall %}
