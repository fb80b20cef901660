{#
  ADD_LOGICAL_DEVICE adds a metering point to a physical device that is in service.

  A repeat is known by its LD_ID alone: without one, the default address would hide the
  second meter of a device that somebody forgot to give an address.
#}
{% from 'frame.sql' import procedure, when, insert_keyed, give %}
{% from 'device.sql' import lock_places, is_full %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADD_LOGICAL_DEVICE', 'Add a logical device to a physical device in service.',
                  callers = ['SHIM'],
                  takes = dict(p_pd_table_key      = 'BIGINT',
                               p_ld_id             = 'VARCHAR(1024)',
                               p_cluster_id        = 'VARCHAR(1024)',
                               p_ld_name           = 'VARCHAR(1024)',
                               p_ld_address        = 'INTEGER',
                               p_ld_type_id        = 'INTEGER',
                               p_contract_capacity = 'DECIMAL(18,4)',
                               p_relay_state       = 'INTEGER'),
                  gives = dict(LD_TABLE_KEY = 'BIGINT'),
                  holds = dict(v_ld = 'BIGINT', v_limit = 'INTEGER', v_full = 'INTEGER', v_deleted = 'INTEGER'),
                  means = dict(p_ld_type_id = 'LOGICAL_DEVICE_TYPE of the logical device.',
                               LD_TABLE_KEY = 'TABLE_KEY of the logical device.'),
                  codes = {10: 'the device has this logical device at this address already',
                           1001: 'the device or the type is missing',
                           1002: 'an identifier is badly formed, or the name too long',
                           1003: 'there is no such cluster',
                           1004: 'the address, the capacity or the relay state is out of range',
                           2001: 'there is no such device',
                           2009: 'there is no such type',
                           3001: 'the address or the LD_ID is in use',
                           3002: 'the device was disposed of',
                           3003: 'no room: LD_LIMIT'}) %}
SELECT CASE
         WHEN :p_pd_table_key IS NULL
           OR :p_ld_type_id IS NULL                               THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR NOT {{ check.is_identifier(':p_cluster_id', 32) }}
           OR {{ check.is_longer(':p_ld_name', 128) }}                       THEN 1002
         WHEN :p_cluster_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM VPS_CLUSTER k WHERE k.CLUSTER_ID = :p_cluster_id) THEN 1003
         WHEN {{ check.is_outside(':p_ld_address', 1, 65535) }}
           OR {{ check.is_negative(':p_contract_capacity') }}
           OR {{ check.is_none_of(':p_relay_state', [0, 1]) }}                        THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ lock_places() }}
SELECT MAX(d.DELETED)
  FROM CONTROLLER d
 WHERE d.TABLE_KEY = :p_pd_table_key
  INTO :v_deleted;
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.PD_TABLE_KEY = :p_pd_table_key
   AND l.LD_ADDRESS = COALESCE(:p_ld_address, 2)
   AND l.TYPE_ID = :p_ld_type_id
   AND l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
SELECT CASE
         WHEN :v_deleted IS NULL    THEN 2001
         WHEN NOT EXISTS (SELECT 1 FROM LOGICAL_DEVICE_TYPE y WHERE y.TYPE_ID = :p_ld_type_id) THEN 2009
         WHEN :v_deleted = 1        THEN 3002
         WHEN :v_ld IS NOT NULL     THEN 10
         WHEN EXISTS (SELECT 1 FROM LOGICAL_DEVICE l WHERE l.LD_ID = :p_ld_id AND l.DELETED = 0)
           OR EXISTS (SELECT 1
                        FROM LOGICAL_DEVICE l
                       WHERE l.PD_TABLE_KEY = :p_pd_table_key
                         AND l.LD_ADDRESS = COALESCE(:p_ld_address, 2)
                         AND l.DELETED = 0) THEN 3001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ is_full('LOGICAL_DEVICE', 'LD_LIMIT', ':v_full') }}
SET :RESULT_CODE = CASE WHEN :v_full = 1 THEN 3003 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('TABLE_KEY', ':v_ld') %}
INSERT INTO LOGICAL_DEVICE (
       LD_ID, PD_TABLE_KEY, CLUSTER_ID, LD_NAME, LD_ADDRESS, TYPE_ID, CONTRACT_CAPACITY, RELAY_STATE)
VALUES (:p_ld_id, :p_pd_table_key, :p_cluster_id, :p_ld_name, COALESCE(:p_ld_address, 2), :p_ld_type_id,
        COALESCE(:p_contract_capacity, 0), COALESCE(:p_relay_state, 1))
{% endcall %}
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_ld AS LD_TABLE_KEY
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
