{#
  BEGIN_DHCP_CHANGE notes that a device comes or goes, before the DHCP server is told.

  It is committed first: whatever breaks off afterwards, the change stays open until the server has
  what the register has. Each caller has a change of his own, which he may end when he did nothing.
#}
{% from 'frame.sql' import procedure, when, give, insert_keyed %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('BEGIN_DHCP_CHANGE', 'Note that a device comes or goes, before the DHCP server is told.',
                  callers = ['SHIM'],
                  takes = dict(p_mac          = 'VARCHAR(1024)',
                               p_serial       = 'VARCHAR(1024)',
                               p_requested_by = 'VARCHAR(1024)'),
                  gives = dict(CHANGE_ID = 'BIGINT', MAC = 'VARCHAR(12)'),
                  holds = dict(v_linked = 'INTEGER', v_mac = 'VARCHAR(12)', v_change_id = 'BIGINT'),
                  means = dict(p_serial = 'Serial number of a registered device, where its MAC is not given.',
                               p_requested_by = 'Client, or program, that asks for it.',
                               CHANGE_ID = 'Number of the change.',
                               MAC = 'MAC address, 12 upper-case hexadecimal digits.'),
                  codes = {11: 'no device with this serial number has a MAC',
                           1001: 'MAC and serial number are missing',
                           1002: 'the MAC, the serial number or the client is badly formed',
                           4002: 'no provisioning server is linked: PROV_LINKED'}) %}
SELECT CASE
         WHEN :p_mac IS NULL AND :p_serial IS NULL THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_requested_by', 64) }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(CASE WHEN c."VALUE" = '1' THEN 1 ELSE 0 END)
  FROM MDM_CONFIG c
 WHERE c.NAME = 'PROV_LINKED'
  INTO :v_linked;
SET :RESULT_CODE = CASE WHEN :v_linked = 1 THEN 0 ELSE 4002 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{% call when(':p_mac IS NULL') %}
SELECT MAX(f.MAC)
  FROM (SELECT d.MAC
          FROM CONTROLLER d
         WHERE d.SERIAL = :p_serial
         UNION ALL
        SELECT o.MAC
          FROM CONCENTRATOR o
         WHERE o.SERIAL = :p_serial) f
  INTO :v_mac;
{% endcall %}
SET :RESULT_CODE = CASE WHEN :v_mac IS NULL THEN 11 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('CHANGE_ID', ':v_change_id') %}
INSERT INTO DHCP_CHANGE (MAC, REQUESTED_AT, REQUESTED_BY)
VALUES (:v_mac, LOCALTIMESTAMP(0), :p_requested_by)
{% endcall %}
{% call give() %}
SELECT :v_change_id AS CHANGE_ID,
       :v_mac       AS MAC
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
