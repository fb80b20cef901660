{#
  INSTALL_CONTROLLER binds a meter in stock to the point where it was put up.

  What is not given stays as it is. From the moment on which a logical device has an LD_ID
  its readings are kept. A point that an old meter still holds must be cleared first, so
  that no reading is ever booked twice. Optionally the registers at the start are stored.
#}
{% from 'frame.sql' import procedure, when, run %}
{% from 'device.sql' import find_device, news, lock_places, is_he_full %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('INSTALL_CONTROLLER', 'Bind a meter to the point where it was put up.',
                  callers = ['SHIM'],
                  takes = dict(p_mac               = 'VARCHAR(1024)',
                               p_serial            = 'VARCHAR(1024)',
                               p_ld_address        = 'INTEGER',
                               p_pd_id             = 'VARCHAR(1024)',
                               p_pd_name           = 'VARCHAR(1024)',
                               p_co_id             = 'VARCHAR(1024)',
                               p_cluster_id        = 'VARCHAR(1024)',
                               p_ld_id             = 'VARCHAR(1024)',
                               p_ld_name           = 'VARCHAR(1024)',
                               p_contract_capacity = 'DECIMAL(18,4)',
                               p_initial_readings  = 'VARCHAR(1024)',
                               p_installed_at      = t.time),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_ld = 'BIGINT', v_ld_id = 'VARCHAR(32)',
                               v_type_id = 'INTEGER', v_deleted = 'INTEGER', v_other = 'INTEGER', v_changes = 'INTEGER',
                               v_here = 'INTEGER', v_there = 'INTEGER', v_gone = 'INTEGER', v_full = 'INTEGER',
                               v_at = t.time),
                  means = dict(p_initial_readings = 'First registers of the point, `SUB=VALUE;SUB=VALUE` in the unit of each item.',
                               p_installed_at = 'When the meter was put up; null now.'),
                  codes = {10: 'it is installed so already',
                           1001: 'MAC and serial number are missing, or the LD_ID of a point without one',
                           1002: 'an identifier, a name or the readings are badly formed',
                           1003: 'there is no such cluster, or the device does not have an item of the readings',
                           1004: 'the capacity is out of range',
                           2001: 'there is no such device',
                           2002: 'the device has no logical device at this address',
                           2003: 'there is no such concentrator',
                           3001: 'the LD_ID or the PD_ID is in use, or another reading stands at this moment',
                           3002: 'the device or the concentrator was disposed of, or holds another point',
                           3003: 'no room: of the head-end',
                           3004: 'MAC and serial number are not of one device'}) %}
SELECT CASE
         WHEN :p_mac IS NULL AND :p_serial IS NULL                THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_pd_id', 15) }}
           OR NOT {{ check.is_identifier(':p_co_id', 15) }}
           OR NOT {{ check.is_identifier(':p_cluster_id', 32) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR {{ check.is_longer(':p_pd_name', 128) }}
           OR {{ check.is_longer(':p_ld_name', 128) }}                       THEN 1002
         WHEN :p_cluster_id IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM VPS_CLUSTER k WHERE k.CLUSTER_ID = :p_cluster_id) THEN 1003
         WHEN {{ check.is_negative(':p_contract_capacity') }}                            THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{{ lock_places() }}
{{ find_device('CONTROLLER', ':v_pd') }}
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE PD_TABLE_KEY = :v_pd
   AND DELETED = 0;
SELECT MAX(d.DELETED),
       MAX(CASE WHEN {{ news(':p_serial', 'd.SERIAL') }} THEN 1 ELSE 0 END),
       MAX(CASE WHEN {{ news(':p_pd_id', 'd.PD_ID') }}
                  OR {{ news(':p_pd_name', 'd.PD_NAME') }}
                  OR {{ news(':p_co_id', 'd.CO_ID') }} THEN 1 ELSE 0 END),
       MAX(o.HEID)
  FROM CONTROLLER d
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE d.TABLE_KEY = :v_pd
  INTO :v_deleted, :v_other, :v_changes, :v_here;
SELECT MAX(l.TABLE_KEY), MAX(l.LD_ID), MAX(l.TYPE_ID),
       :v_changes + MAX(CASE WHEN {{ news(':p_ld_id', 'l.LD_ID') }}
                               OR {{ news(':p_cluster_id', 'l.CLUSTER_ID') }}
                               OR {{ news(':p_ld_name', 'l.LD_NAME') }}
                               OR {{ news(':p_contract_capacity', 'l.CONTRACT_CAPACITY') }} THEN 1 ELSE 0 END)
  FROM LOGICAL_DEVICE l
 WHERE l.PD_TABLE_KEY = :v_pd
   AND l.LD_ADDRESS = COALESCE(:p_ld_address, 2)
   AND l.DELETED = 0
  INTO :v_ld, :v_ld_id, :v_type_id, :v_changes;
SELECT MAX(o.HEID), MAX(o.DELETED)
  FROM CONCENTRATOR o
 WHERE o.CO_ID = :p_co_id
  INTO :v_there, :v_gone;
SELECT CASE
         WHEN :v_pd IS NULL                                     THEN 2001
         WHEN :v_other = 1                                      THEN 3004
         WHEN :v_deleted = 1                                    THEN 3002
         WHEN :v_ld IS NULL                                     THEN 2002
         WHEN :p_co_id IS NOT NULL AND :v_gone IS NULL          THEN 2003
         WHEN :p_ld_id IS NULL AND :v_ld_id IS NULL             THEN 1001
         WHEN :v_gone = 1 OR :v_ld_id <> :p_ld_id               THEN 3002
         WHEN EXISTS (SELECT 1
                        FROM LOGICAL_DEVICE l
                       WHERE l.LD_ID = :p_ld_id
                         AND l.TABLE_KEY <> :v_ld
                         AND l.DELETED = 0)
           OR EXISTS (SELECT 1
                        FROM CONTROLLER d
                       WHERE d.PD_ID = :p_pd_id
                         AND d.TABLE_KEY <> :v_pd)              THEN 3001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :v_there <> COALESCE(:v_here, 0)') %}
{{ is_he_full(':v_there', 1, ':v_full') }}
SET :RESULT_CODE = CASE WHEN :v_full = 1 THEN 3003 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
-- Only a repeat may find its readings at another moment: a meter put up again is read again.
SET :v_at = CASE WHEN :p_installed_at IS NULL AND :v_changes > 0 THEN LOCALTIMESTAMP(0) ELSE :p_installed_at END;
SET :v_ld_id = COALESCE(:p_ld_id, :v_ld_id);
{{ run('STORE_BOUNDARY_READINGS', [':v_ld_id', ':v_pd', ':v_type_id', "'I'", ':v_at', ':p_initial_readings']) }}
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10) AND :v_changes > 0') %}
SET :RESULT_CODE = 0;
UPDATE CONTROLLER
   SET PD_ID   = COALESCE(:p_pd_id, PD_ID),
       PD_NAME = COALESCE(:p_pd_name, PD_NAME),
       CO_ID   = COALESCE(:p_co_id, CO_ID)
 WHERE TABLE_KEY = :v_pd;
UPDATE LOGICAL_DEVICE
   SET LD_ID             = :v_ld_id,
       CLUSTER_ID        = COALESCE(:p_cluster_id, CLUSTER_ID),
       LD_NAME           = COALESCE(:p_ld_name, LD_NAME),
       CONTRACT_CAPACITY = COALESCE(:p_contract_capacity, CONTRACT_CAPACITY)
 WHERE TABLE_KEY = :v_ld;
{% endcall %}
{% endcall %}
