{#
  DISPOSE_DEVICE takes a device out of service for good: a controller or a concentrator.

  Its identifiers stay taken, so that provisioning ignores its MAC for ever. Its keys are
  wiped, for nobody may read with them again; the certificate is revoked by a rule of its
  own. A device that still serves a point, or gathers devices in service, is refused.
#}
{% from 'frame.sql' import procedure, when, each %}
{% from 'device.sql' import find_device, news, lock_places %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('DISPOSE_DEVICE', 'Take a device out of service for good.',
                  callers = ['SHIM'],
                  takes = dict(p_mac    = 'VARCHAR(1024)',
                               p_serial = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_co = 'BIGINT', v_deleted = 'INTEGER',
                               v_other = 'INTEGER', v_used = 'INTEGER', v_id = 'VARCHAR(36)'),
                  codes = {10: 'the device was disposed of before',
                           1001: 'MAC and serial number are missing',
                           1002: 'the MAC or the serial number is badly formed',
                           2001: 'there is no such device',
                           3002: 'a point is installed at the device, or devices in service hang on the concentrator',
                           3004: 'MAC and serial number are not of one device'}) %}
SELECT CASE
         WHEN :p_mac IS NULL AND :p_serial IS NULL                THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}      THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
-- Who gives the device a point, or a concentrator the device, takes this lock first.
{{ lock_places() }}
{{ find_device('CONTROLLER', ':v_pd') }}
{% call when(':v_pd IS NULL') %}
{{ find_device('CONCENTRATOR', ':v_co') }}
{% endcall %}
{% call when(':v_pd IS NOT NULL') %}
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
UPDATE CONTROLLER_TRANSACTION
   SET PROV_STAT = PROV_STAT
 WHERE TABLE_KEY = :v_pd;
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE PD_TABLE_KEY = :v_pd
   AND DELETED = 0;
SELECT MAX(d.DELETED), MAX(CASE WHEN {{ news(':p_serial', 'd.SERIAL') }} THEN 1 ELSE 0 END), COUNT(l.LD_ID)
  FROM CONTROLLER d
  LEFT JOIN LOGICAL_DEVICE l
    ON l.PD_TABLE_KEY = d.TABLE_KEY
   AND l.DELETED = 0
 WHERE d.TABLE_KEY = :v_pd
  INTO :v_deleted, :v_other, :v_used;
{% endcall %}
{% call when(':v_co IS NOT NULL') %}
UPDATE CONCENTRATOR
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_co;
SELECT MAX(o.DELETED), MAX(CASE WHEN {{ news(':p_serial', 'o.SERIAL') }} THEN 1 ELSE 0 END), COUNT(d.TABLE_KEY)
  FROM CONCENTRATOR o
  LEFT JOIN CONTROLLER d
    ON d.CO_ID = o.CO_ID
   AND d.DELETED = 0
 WHERE o.TABLE_KEY = :v_co
  INTO :v_deleted, :v_other, :v_used;
{% endcall %}
SET :RESULT_CODE = CASE
  WHEN :v_deleted IS NULL THEN 2001
  WHEN :v_other = 1       THEN 3004
  WHEN :v_deleted = 1     THEN 10
  WHEN :v_used > 0        THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for device, key in (('CONCENTRATOR', ':v_co'), ('CONTROLLER', ':v_pd')) %}
{% call when(key ~ ' IS NOT NULL') %}
UPDATE {{ device }}
   SET DELETED     = 1,
       POLL_CONFIG = 0
 WHERE TABLE_KEY = {{ key }};
UPDATE {{ device }}_TRANSACTION
   SET PASSWORD    = NULL,
       COMMON_KEY  = NULL,
       SESSION_KEY = NULL
 WHERE TABLE_KEY = {{ key }};
{% endcall %}
{% endfor %}
{% call when(':v_pd IS NOT NULL') %}
UPDATE LOGICAL_DEVICE
   SET DELETED = 1
 WHERE PD_TABLE_KEY = :v_pd
   AND DELETED = 0;
{# By their keys, in the order in which NEXT_REBOOT takes them. #}
{% set waiting %}
SELECT r.RESERVATION_ID
  FROM REBOOT_RESERVATION r
 WHERE r.TABLE_KEY = :v_pd
   AND r.STATE IN ('WAITING', 'RUNNING')
 ORDER BY r.STATE, r.REQUESTED_AT, r.RESERVATION_ID
{% endset %}
{% call each(waiting, ':v_id') %}
UPDATE REBOOT_RESERVATION
   SET STATE       = 'FAILED',
       FINISHED_AT = LOCALTIMESTAMP(0),
       MESSAGE     = 'the device was disposed of'
 WHERE RESERVATION_ID = :v_id
   AND TABLE_KEY = :v_pd
   AND STATE IN ('WAITING', 'RUNNING');
{% endcall %}
{% endcall %}
{% endcall %}
{% endcall %}
