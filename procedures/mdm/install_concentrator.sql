{#
  INSTALL_CONCENTRATOR gives a concentrator its name in the network and its head-end.

  What is not given stays as it is. Devices stay with the name, not with the unit: the
  concentrator that takes over a name takes over its devices.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import find_device, news, lock_places, is_he_full %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('INSTALL_CONCENTRATOR', 'Give a concentrator its name in the network and its head-end.',
                  callers = ['SHIM'],
                  takes = dict(p_mac    = 'VARCHAR(1024)',
                               p_serial = 'VARCHAR(1024)',
                               p_co_id  = 'VARCHAR(1024)',
                               p_heid   = 'INTEGER'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_co = 'BIGINT', v_deleted = 'INTEGER', v_other = 'INTEGER',
                               v_changes = 'INTEGER', v_co_id = 'VARCHAR(15)', v_here = 'INTEGER',
                               v_there = 'INTEGER', v_devices = 'INTEGER', v_full = 'INTEGER'),
                  codes = {10: 'it is installed so already',
                           1001: 'MAC and serial number are missing, or CO_ID and head-end',
                           1002: 'an identifier is badly formed',
                           1003: 'there is no such head-end',
                           2003: 'there is no such concentrator',
                           3001: 'the CO_ID is in use',
                           3002: 'the concentrator was disposed of',
                           3003: 'no room: of the head-end, for the devices that come along',
                           3004: 'MAC and serial number are not of one concentrator'}) %}
SELECT CASE
         WHEN (:p_mac IS NULL AND :p_serial IS NULL)
           OR (:p_co_id IS NULL AND :p_heid IS NULL)              THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_co_id', 15) }}       THEN 1002
         WHEN :p_heid IS NOT NULL
          AND NOT EXISTS (SELECT 1 FROM HECONF h WHERE h.HEID = :p_heid) THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{{ lock_places() }}
{{ find_device('CONCENTRATOR', ':v_co') }}
SELECT MAX(o.DELETED),
       MAX(CASE WHEN {{ news(':p_serial', 'o.SERIAL') }} THEN 1 ELSE 0 END),
       MAX(CASE WHEN {{ news(':p_co_id', 'o.CO_ID') }}
                  OR {{ news(':p_heid', 'o.HEID') }} THEN 1 ELSE 0 END),
       COALESCE(:p_co_id, MAX(o.CO_ID)),
       MAX(CASE WHEN {{ news(':p_co_id', 'o.CO_ID') }} THEN 0 ELSE o.HEID END),
       COALESCE(:p_heid, MAX(o.HEID))
  FROM CONCENTRATOR o
 WHERE o.TABLE_KEY = :v_co
  INTO :v_deleted, :v_other, :v_changes, :v_co_id, :v_here, :v_there;
SELECT CASE
         WHEN :v_co IS NULL     THEN 2003
         WHEN :v_other = 1      THEN 3004
         WHEN :v_deleted = 1    THEN 3002
         WHEN EXISTS (SELECT 1
                        FROM CONCENTRATOR o
                       WHERE o.CO_ID = :p_co_id
                         AND o.TABLE_KEY <> :v_co) THEN 3001
         WHEN :v_changes = 0    THEN 10
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :v_there <> :v_here') %}
SELECT COUNT(*)
  FROM CONTROLLER d
 WHERE d.CO_ID = :v_co_id
   AND d.DELETED = 0
  INTO :v_devices;
{{ is_he_full(':v_there', ':v_devices', ':v_full') }}
SET :RESULT_CODE = CASE WHEN :v_full = 1 AND :v_devices > 0 THEN 3003 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE CONCENTRATOR
   SET CO_ID = :v_co_id,
       HEID  = :v_there
 WHERE TABLE_KEY = :v_co;
{% endcall %}
{% endcall %}
