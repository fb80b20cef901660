{#
  REGISTER_CONCENTRATOR takes a concentrator into the register.

  It is known again by CO_ID, serial number or MAC, so one of them is given. Without a
  head-end it is not installed. What one was disposed of with stays taken.
#}
{% from 'frame.sql' import procedure, when, insert_keyed, give %}
{% from 'device.sql' import same, lock_places, is_full %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('REGISTER_CONCENTRATOR', 'Take a concentrator into the register.',
                  callers = ['SHIM'],
                  takes = dict(p_co_id       = 'VARCHAR(1024)',
                               p_heid        = 'INTEGER',
                               p_serial      = 'VARCHAR(1024)',
                               p_mac         = 'VARCHAR(1024)',
                               p_type_id     = 'INTEGER',
                               p_poll_config = 'INTEGER',
                               p_ip_address  = 'VARCHAR(1024)',
                               p_port        = 'INTEGER',
                               p_cert_serial = 'VARCHAR(1024)',
                               p_password    = 'VARBINARY(1024)'),
                  gives = dict(CO_TABLE_KEY = 'BIGINT'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_password = 'VARBINARY(512)', v_co = 'BIGINT',
                               v_limit = 'INTEGER', v_full = 'INTEGER', v_known = 'INTEGER', v_deleted = 'INTEGER'),
                  means = dict(CO_TABLE_KEY = 'TABLE_KEY of the concentrator.'),
                  codes = {10: 'this concentrator was registered before',
                           1001: 'the type is missing, or CO_ID, serial number and MAC all are',
                           1002: 'an identifier or an address is badly formed, or the password is not wrapped',
                           1003: 'there is no such head-end',
                           1004: 'the setting or the port is out of range',
                           2009: 'there is no such type',
                           3001: 'CO_ID, serial number or MAC is in use',
                           3002: 'the concentrator was disposed of',
                           3003: 'no room: CO_LIMIT'}) %}
SELECT CASE
         WHEN (:p_co_id IS NULL AND :p_serial IS NULL AND :p_mac IS NULL)
           OR :p_type_id IS NULL                                  THEN 1001
         WHEN NOT {{ check.is_identifier(':p_co_id', 15) }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_ipv4(':p_ip_address') }}
           OR NOT {{ check.is_identifier(':p_cert_serial', 64) }}
           OR NOT {{ check.is_wrapped(':p_password') }}           THEN 1002
         WHEN :p_heid <> 0
          AND NOT EXISTS (SELECT 1 FROM HECONF h WHERE h.HEID = :p_heid) THEN 1003
         WHEN {{ check.is_none_of(':p_poll_config', [0, 1]) }}
           OR {{ check.is_outside(':p_port', 1, 65535) }}                     THEN 1004
         -- Type 0 is the head-ends' dummies.
         WHEN :p_type_id = 0
           OR NOT EXISTS (SELECT 1 FROM CONCENTRATOR_TYPE y WHERE y.TYPE_ID = :p_type_id) THEN 2009
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SET :v_password = :p_password;
{{ lock_places() }}
-- A device's MAC or serial number is no concentrator's: provisioning finds both by it.
SELECT MAX(f.SAME_KEY), COUNT(f.DELETED), MAX(f.DELETED)
  FROM (SELECT CASE
                 WHEN o.DELETED = 0
                  AND o.TYPE_ID = :p_type_id
                  AND {{ same('o.CO_ID', ':p_co_id') }}
                  AND {{ same('o.SERIAL', ':p_serial') }}
                  AND {{ same('o.MAC', ':v_mac') }}
                 THEN o.TABLE_KEY
               END AS SAME_KEY,
               o.DELETED
          FROM CONCENTRATOR o
         WHERE o.CO_ID = :p_co_id
            OR o.SERIAL = :p_serial
            OR o.MAC = :v_mac
         UNION ALL
        SELECT NULL, d.DELETED
          FROM CONTROLLER d
         WHERE d.SERIAL = :p_serial
            OR d.MAC = :v_mac) f
  INTO :v_co, :v_known, :v_deleted;
SET :RESULT_CODE = CASE
  WHEN :v_co IS NOT NULL THEN 10
  WHEN :v_deleted = 1    THEN 3002
  WHEN :v_known > 0      THEN 3001
  ELSE 0
END;
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ is_full('CONCENTRATOR', 'CO_LIMIT', ':v_full', ' AND d.TYPE_ID <> 0') }}
SET :RESULT_CODE = CASE WHEN :v_full = 1 THEN 3003 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('TABLE_KEY', ':v_co') %}
INSERT INTO CONCENTRATOR (CO_ID, HEID, SERIAL, MAC, TYPE_ID, POLL_CONFIG)
VALUES (:p_co_id, COALESCE(:p_heid, 0), :p_serial, :v_mac, :p_type_id, COALESCE(:p_poll_config, 0))
{% endcall %}
INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, IP_ADDRESS, PORT, CERT_SERIAL, PASSWORD)
VALUES (:v_co, :p_ip_address, :p_port, :p_cert_serial, :v_password);
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_co AS CO_TABLE_KEY
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
