{# A moment from which a device is polled, or is no longer polled. #}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import find_device, same %}

{% macro reserve(edge, other, purpose) %}
{% call procedure('RESERVE_POLL_' ~ edge, purpose,
                  callers = ['SHIM'],
                  takes = {'p_mac': 'VARCHAR(1024)', 'p_serial': 'VARCHAR(1024)', 'p_ld_id': 'VARCHAR(1024)',
                           'p_at': t.time},
                  holds = {'v_mac': 'VARCHAR(12)', 'v_pd': 'BIGINT', 'v_co': 'BIGINT', 'v_point': 'BIGINT',
                           'v_deleted': 'INTEGER', 'v_differs': 'INTEGER',
                           'v_now': t.time, 'v_other': t.time},
                  means = {'p_at': 'Moment from which it is ' ~ ('polled again.' if edge == 'START' else 'no longer polled.')},
                  codes = {10: 'this moment is reserved already',
                           1001: 'the moment is missing, or MAC, serial number and LD_ID all are',
                           1002: 'the MAC, the serial number or the LD_ID is badly formed',
                           1004: 'the moment is the one of the other reservation',
                           2001: 'there is no such device',
                           2002: 'no device has this LD_ID',
                           3002: 'the device was disposed of',
                           3004: 'MAC, serial number and LD_ID are not of one device'}) %}
SELECT CASE
         WHEN (:p_mac IS NULL AND :p_serial IS NULL AND :p_ld_id IS NULL)
           OR :p_at IS NULL                               THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SELECT MAX(l.PD_TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_point;
{{ find_device('CONTROLLER', ':v_pd') }}
{% call when(':v_pd IS NULL') %}
{{ find_device('CONCENTRATOR', ':v_co') }}
{% endcall %}
{% call when(':p_mac IS NULL AND :p_serial IS NULL') %}
SET :v_pd = :v_point;
{% endcall %}
{% for device, key in (('CONTROLLER', ':v_pd'), ('CONCENTRATOR', ':v_co')) %}
{% call when(key ~ ' IS NOT NULL') %}
SELECT MAX(d.DELETED), MAX(x.POLL_{{ edge }}_AT), MAX(x.POLL_{{ other }}_AT),
       MAX(CASE WHEN {{ same('d.SERIAL', ':p_serial') }} OR :p_serial IS NULL THEN 0 ELSE 1 END)
  FROM {{ device }} d
  JOIN {{ device }}_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
 WHERE d.TABLE_KEY = {{ key }}
  INTO :v_deleted, :v_now, :v_other, :v_differs;
{% endcall %}
{% endfor %}
SET :RESULT_CODE = CASE
  WHEN :p_ld_id IS NOT NULL AND :v_point IS NULL                        THEN 2002
  WHEN :v_deleted IS NULL                                               THEN 2001
  WHEN :v_differs = 1
    OR (:v_point IS NOT NULL AND (:v_pd IS NULL OR :v_pd <> :v_point))  THEN 3004
  WHEN :v_deleted = 1                                                   THEN 3002
  WHEN :v_other = :p_at                                                 THEN 1004
  WHEN :v_now = :p_at                                                   THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for device, key in (('CONTROLLER', ':v_pd'), ('CONCENTRATOR', ':v_co')) %}
UPDATE {{ device }}_TRANSACTION
   SET POLL_{{ edge }}_AT = :p_at
 WHERE TABLE_KEY = {{ key }};
{% endfor %}
{% endcall %}
{% endcall %}
{% endmacro %}
