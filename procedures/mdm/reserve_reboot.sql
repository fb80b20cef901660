{#
  RESERVE_REBOOT puts a device into the queue of the mass reboot.

  One request reboots a device once, however often it is put into it.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import find_device, news %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('RESERVE_REBOOT', 'Put a device into the queue of the mass reboot.',
                  callers = ['SHIM'],
                  takes = dict(p_reservation_id = 'VARCHAR(1024)',
                               p_mac            = 'VARCHAR(1024)',
                               p_serial         = 'VARCHAR(1024)',
                               p_requested_by   = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_deleted = 'INTEGER', v_other = 'INTEGER',
                               v_known = 'INTEGER'),
                  codes = {10: 'the device is in this request already',
                           1001: 'the request is missing, or MAC and serial number are',
                           1002: 'an identifier is badly formed, or the name of who asked is too long',
                           2001: 'there is no such device',
                           3002: 'the device was disposed of',
                           3004: 'MAC and serial number are not of one device'}) %}
SELECT CASE
         WHEN :p_reservation_id IS NULL
           OR (:p_mac IS NULL AND :p_serial IS NULL)              THEN 1001
         WHEN NOT {{ check.is_identifier(':p_reservation_id', 36) }}
           OR NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR {{ check.is_longer(':p_requested_by', 128) }}                  THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{{ find_device('CONTROLLER', ':v_pd') }}
-- Two callers could both miss the row that the other adds.
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
SELECT MAX(d.DELETED), MAX(CASE WHEN {{ news(':p_serial', 'd.SERIAL') }} THEN 1 ELSE 0 END), COUNT(r.TABLE_KEY)
  FROM CONTROLLER d
  LEFT JOIN REBOOT_RESERVATION r
    ON r.RESERVATION_ID = :p_reservation_id
   AND r.TABLE_KEY = d.TABLE_KEY
 WHERE d.TABLE_KEY = :v_pd
  INTO :v_deleted, :v_other, :v_known;
SET :RESULT_CODE = CASE
  WHEN :v_deleted IS NULL THEN 2001
  WHEN :v_other = 1       THEN 3004
  WHEN :v_known > 0       THEN 10
  WHEN :v_deleted = 1     THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT, REQUESTED_BY)
VALUES (:p_reservation_id, :v_pd, LOCALTIMESTAMP(0), :p_requested_by);
{% endcall %}
{% endcall %}
