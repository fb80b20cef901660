{#
  PROV_COMPLETED records that a device has loaded its configuration.

  Only a device that got its address can have done so. One that is configured, or has its
  keys already, stays as it is: a meter that reboots goes through provisioning again.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import find_by_mac %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('PROV_COMPLETED', 'Record that a device has loaded its configuration.',
                  callers = ['PROV', 'SHIM'],
                  takes = dict(p_mac = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_co = 'BIGINT', v_deleted = 'INTEGER',
                               v_prov_stat = 'CHAR(1)'),
                  codes = {10: 'the device is configured already',
                           1001: 'the MAC is missing',
                           1002: 'the MAC is badly formed',
                           2001: 'no device has this MAC',
                           3002: 'the device was disposed of, or has no address from DHCP yet'}) %}
SELECT CASE
         WHEN :p_mac IS NULL                     THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{{ find_by_mac('PROV_STAT', ':v_prov_stat') | trim }}
SET :RESULT_CODE = CASE
  WHEN :v_deleted IS NULL         THEN 2001
  WHEN :v_deleted = 1             THEN 3002
  WHEN :v_prov_stat IN ('C', 'A') THEN 10
  WHEN :v_prov_stat <> 'D'        THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for device, key in (('CONTROLLER', ':v_pd'), ('CONCENTRATOR', ':v_co')) %}
UPDATE {{ device }}_TRANSACTION
   SET PROV_STAT = 'C'
 WHERE TABLE_KEY = {{ key }}
   AND PROV_STAT = 'D';
{% endfor %}
{% endcall %}
{% endcall %}
