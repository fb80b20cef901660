{#
  REGISTER_CONTROLLER takes a physical device into the register, with its first logical device.

  The device is known again by PD_ID, serial number or MAC, so one of them is given. Without
  a concentrator it goes to the dummy of a head-end: by MDM_CONFIG to the first with room, or
  to the one with the fewest devices. What a device was disposed of with stays taken.
#}
{% from 'frame.sql' import procedure, when, insert_keyed, give, first_rows %}
{% from 'device.sql' import same, lock_places, is_full, is_he_full, may_reach, devices_of %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('REGISTER_CONTROLLER', 'Take a physical device and its first logical device into the register.',
                  callers = ['SHIM'],
                  takes = dict(p_pd_id             = 'VARCHAR(1024)',
                               p_co_id             = 'VARCHAR(1024)',
                               p_serial            = 'VARCHAR(1024)',
                               p_mac               = 'VARCHAR(1024)',
                               p_type_id           = 'INTEGER',
                               p_pd_name           = 'VARCHAR(1024)',
                               p_poll_config       = 'INTEGER',
                               p_ip_address        = 'VARCHAR(1024)',
                               p_port              = 'INTEGER',
                               p_cert_serial       = 'VARCHAR(1024)',
                               p_password          = 'VARBINARY(1024)',
                               p_ld_id             = 'VARCHAR(1024)',
                               p_cluster_id        = 'VARCHAR(1024)',
                               p_ld_name           = 'VARCHAR(1024)',
                               p_ld_address        = 'INTEGER',
                               p_ld_type_id        = 'INTEGER',
                               p_contract_capacity = 'DECIMAL(18,4)',
                               p_relay_state       = 'INTEGER'),
                  gives = dict(PD_TABLE_KEY = 'BIGINT'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_password = 'VARBINARY(512)', v_pd = 'BIGINT',
                               v_co_id = 'VARCHAR(15)', v_heid = 'INTEGER', v_allocation = 'VARCHAR(255)',
                               v_limit = 'INTEGER', v_pd_full = 'INTEGER', v_ld_full = 'INTEGER',
                               v_he_full = 'INTEGER', v_known = 'INTEGER', v_deleted = 'INTEGER'),
                  means = dict(p_ld_type_id = 'LOGICAL_DEVICE_TYPE of its first logical device.'),
                  codes = {10: 'this device was registered before',
                           1001: 'a type is missing, or PD_ID, serial number and MAC all are',
                           1002: 'an identifier, a name or an address is badly formed, or the password is not wrapped',
                           1003: 'there is no such cluster',
                           1004: 'a setting, the port, the address or the capacity is out of range',
                           2003: 'there is no such concentrator',
                           2009: 'there is no such type',
                           3001: 'PD_ID, serial number, MAC or LD_ID is in use',
                           3002: 'the device, or the concentrator, was disposed of',
                           3003: 'no room: of the head-end, of MDM_LIMIT or of LD_LIMIT'}) %}
SELECT CASE
         WHEN (:p_pd_id IS NULL AND :p_serial IS NULL AND :p_mac IS NULL)
           OR :p_type_id IS NULL
           OR :p_ld_type_id IS NULL                               THEN 1001
         WHEN NOT {{ check.is_identifier(':p_pd_id', 15) }}
           OR NOT {{ check.is_identifier(':p_co_id', 15) }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_ipv4(':p_ip_address') }}
           OR NOT {{ check.is_identifier(':p_cert_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR NOT {{ check.is_identifier(':p_cluster_id', 32) }}
           OR {{ check.is_longer(':p_pd_name', 128) }}
           OR {{ check.is_longer(':p_ld_name', 128) }}
           OR NOT {{ check.is_wrapped(':p_password') }}           THEN 1002
         WHEN {{ check.is_none_of(':p_poll_config', [0, 1]) }}
           OR {{ check.is_none_of(':p_relay_state', [0, 1]) }}
           OR {{ check.is_outside(':p_port', 1, 65535) }}
           OR {{ check.is_outside(':p_ld_address', 1, 65535) }}
           OR {{ check.is_negative(':p_contract_capacity') }}                            THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SET :v_password = :p_password;
{{ lock_places() }}
-- A concentrator's MAC or serial number is no device's: provisioning finds both by it.
SELECT MAX(f.SAME_KEY), COUNT(f.DELETED), MAX(f.DELETED)
  FROM (SELECT CASE
                 WHEN d.DELETED = 0
                  AND d.TYPE_ID = :p_type_id
                  AND {{ same('d.PD_ID', ':p_pd_id') }}
                  AND {{ same('d.SERIAL', ':p_serial') }}
                  AND {{ same('d.MAC', ':v_mac') }}
                 THEN d.TABLE_KEY
               END AS SAME_KEY,
               d.DELETED
          FROM CONTROLLER d
         WHERE d.PD_ID = :p_pd_id
            OR d.SERIAL = :p_serial
            OR d.MAC = :v_mac
         UNION ALL
        SELECT NULL, o.DELETED
          FROM CONCENTRATOR o
         WHERE o.SERIAL = :p_serial
            OR o.MAC = :v_mac) f
  INTO :v_pd, :v_known, :v_deleted;
SELECT CASE
         WHEN NOT EXISTS (SELECT 1 FROM CONTROLLER_TYPE y WHERE y.TYPE_ID = :p_type_id)
           OR NOT EXISTS (SELECT 1 FROM LOGICAL_DEVICE_TYPE y WHERE y.TYPE_ID = :p_ld_type_id)  THEN 2009
         WHEN :p_co_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM CONCENTRATOR o WHERE o.CO_ID = :p_co_id)                THEN 2003
         WHEN :p_cluster_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM VPS_CLUSTER k WHERE k.CLUSTER_ID = :p_cluster_id)       THEN 1003
         WHEN :v_pd IS NOT NULL                                                                 THEN 10
         WHEN :v_deleted = 1
           OR EXISTS (SELECT 1 FROM CONCENTRATOR o WHERE o.CO_ID = :p_co_id AND o.DELETED = 1)  THEN 3002
         WHEN :v_known > 0
           OR EXISTS (SELECT 1 FROM LOGICAL_DEVICE l WHERE l.LD_ID = :p_ld_id AND l.DELETED = 0) THEN 3001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ is_full('CONTROLLER', 'MDM_LIMIT', ':v_pd_full') }}
{{ is_full('LOGICAL_DEVICE', 'LD_LIMIT', ':v_ld_full') }}
SET :v_co_id = :p_co_id;
{% call when(':p_co_id IS NOT NULL') %}
SELECT MAX(o.HEID)
  FROM CONCENTRATOR o
 WHERE o.CO_ID = :v_co_id
  INTO :v_heid;
{{ is_he_full(':v_heid', 1, ':v_he_full') }}
{% endcall %}
{% call when(':p_co_id IS NULL') %}
SELECT MAX(c."VALUE")
  FROM MDM_CONFIG c
 WHERE c.NAME = 'HE_ALLOCATION'
  INTO :v_allocation;
SELECT MIN(h.CAPACITY)
  FROM HECONF h
 WHERE h.ENABLED = 1
  INTO :v_limit;
{{ may_reach('CONTROLLER', ':v_limit', ':v_he_full') }}
SELECT MAX(f.HEID)
  FROM (SELECT a.HEID
          FROM (SELECT h.HEID, h.CAPACITY,
                       CASE
                         WHEN :v_he_full = 1
                           OR :v_allocation = 'BALANCE'
                         THEN {{ devices_of('h.HEID') | indent(25) }}
                         ELSE 0
                       END AS DEVICES
                  FROM HECONF h
                 WHERE h.ENABLED = 1) a
         WHERE a.DEVICES < a.CAPACITY
         ORDER BY CASE WHEN :v_allocation = 'BALANCE' THEN a.DEVICES ELSE 0 END, a.HEID
         {{ first_rows(1) }}) f
  INTO :v_heid;
SET :v_co_id = 'HE' || TRIM(CAST(:v_heid AS CHAR(11)));
SET :v_he_full = CASE WHEN :v_heid IS NULL THEN 1 ELSE 0 END;
{% endcall %}
SET :RESULT_CODE = CASE WHEN :v_pd_full + :v_ld_full + :v_he_full > 0 THEN 3003 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('TABLE_KEY', ':v_pd') %}
INSERT INTO CONTROLLER (PD_ID, CO_ID, SERIAL, MAC, TYPE_ID, PD_NAME, POLL_CONFIG)
VALUES (:p_pd_id, :v_co_id, :p_serial, :v_mac, :p_type_id, :p_pd_name, COALESCE(:p_poll_config, 0))
{% endcall %}
INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, IP_ADDRESS, PORT, CERT_SERIAL, PASSWORD)
VALUES (:v_pd, :p_ip_address, :p_port, :p_cert_serial, :v_password);
INSERT INTO LOGICAL_DEVICE (
       LD_ID, PD_TABLE_KEY, CLUSTER_ID, LD_NAME, LD_ADDRESS, TYPE_ID, CONTRACT_CAPACITY, RELAY_STATE)
VALUES (:p_ld_id, :v_pd, :p_cluster_id, :p_ld_name, COALESCE(:p_ld_address, 2), :p_ld_type_id,
        COALESCE(:p_contract_capacity, 0), COALESCE(:p_relay_state, 1));
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_pd AS PD_TABLE_KEY
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
