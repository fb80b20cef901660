{#
  The one device that arguments name: what they may be, how it is found and what is given of it.

  The first argument that is given finds it, the others must fit. A disposed device is none, and
  a concentrator is not one either: a head-end talks to the devices behind it.
#}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'device.sql' import news %}
{% from 'frame.sql' import when %}

{% set locate_takes = {
     'p_table_key': 'BIGINT', 'p_mac': 'VARCHAR(1024)', 'p_serial': 'VARCHAR(1024)', 'p_pd_id': 'VARCHAR(1024)',
     'p_ld_id': 'VARCHAR(1024)'} %}
{% set locate_gives = {
     'TABLE_KEY': 'BIGINT', 'HEID': 'INTEGER', 'PD_ID': 'VARCHAR(15)', 'SERIAL': 'VARCHAR(64)', 'MAC': 'VARCHAR(12)',
     'IP_ADDRESS': 'VARCHAR(45)', 'PORT': 'INTEGER', 'LD_TABLE_KEY': 'BIGINT', 'LD_ADDRESS': 'INTEGER',
     'LD_ID': 'VARCHAR(32)', 'SERVICE': 'VARCHAR(16)', 'CONTRACT_CAPACITY': 'DECIMAL(18,4)', 'RELAY_STATE': 'INTEGER',
     'PROV_STAT': 'CHAR(1)'} %}
{% set locate_holds = {
     'v_mac': 'VARCHAR(12)', 'v_pd': 'BIGINT', 'v_other': 'INTEGER', 'v_address': 'INTEGER', 'v_of_point': 'BIGINT'} %}
{% set locate_means = {
     'p_table_key': 'TABLE_KEY of the physical device.',
     'p_ld_id': 'Metering point; null the one with the lowest address of the device.',
     'LD_TABLE_KEY': 'TABLE_KEY of the logical device; null the device has none.'} %}
{% set locate_codes = {
     1001: 'no device is named',
     1002: 'an identifier is badly formed',
     2001: 'there is no such device in service',
     2002: 'no device has this LD_ID',
     3004: 'what is given is not of one device'} %}

{# Out of range is what only one rule takes and cannot be. #}
{% macro verdict(out_of_range='') %}
SELECT CASE
         WHEN :p_table_key IS NULL
          AND :p_mac IS NULL
          AND :p_serial IS NULL
          AND :p_pd_id IS NULL
          AND :p_ld_id IS NULL THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_pd_id', 15) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
{% if out_of_range %}
         WHEN {{ out_of_range }} THEN 1004
{% endif %}
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endmacro %}

{# The device in :v_pd and the address in :v_address, null where the device has no logical one. #}
{% macro find() %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SELECT MAX(l.PD_TABLE_KEY), MAX(l.LD_ADDRESS)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_of_point, :v_address;
SET :v_pd = COALESCE(:p_table_key, :v_of_point);
{% call when(':p_table_key IS NULL AND :p_ld_id IS NULL') %}
SELECT MAX(d.TABLE_KEY)
  FROM CONTROLLER d
 WHERE d.MAC = :v_mac
  INTO :v_pd;
{% call when(':p_mac IS NULL') %}
SELECT MAX(d.TABLE_KEY)
  FROM CONTROLLER d
 WHERE d.SERIAL = :p_serial
  INTO :v_pd;
{% endcall %}
{% call when(':p_mac IS NULL AND :p_serial IS NULL') %}
SELECT MAX(d.TABLE_KEY)
  FROM CONTROLLER d
 WHERE d.PD_ID = :p_pd_id
  INTO :v_pd;
{% endcall %}
{% endcall %}
SELECT MAX(d.TABLE_KEY),
       MAX(CASE
             WHEN d.TABLE_KEY <> :v_of_point
               OR {{ news(':v_mac', 'd.MAC') }}
               OR {{ news(':p_serial', 'd.SERIAL') }}
               OR {{ news(':p_pd_id', 'd.PD_ID') }} THEN 1
             ELSE 0
           END)
  FROM CONTROLLER d
 WHERE d.TABLE_KEY = :v_pd
   AND d.DELETED = 0
  INTO :v_pd, :v_other;
{% call when(':p_ld_id IS NULL') %}
SELECT MIN(l.LD_ADDRESS)
  FROM LOGICAL_DEVICE l
 WHERE l.PD_TABLE_KEY = :v_pd
   AND l.DELETED = 0
  INTO :v_address;
{% endcall %}
SET :RESULT_CODE = CASE
  WHEN :p_ld_id IS NOT NULL AND :v_of_point IS NULL THEN 2002
  WHEN :v_pd IS NULL                                THEN 2001
  WHEN :v_other = 1                                 THEN 3004
  ELSE 0
END;
{% endmacro %}

{# For `give`: the device that was found, and its logical device. #}
{% macro found() %}
SELECT d.TABLE_KEY, o.HEID, d.PD_ID, d.SERIAL, d.MAC, x.IP_ADDRESS, x.PORT, l.TABLE_KEY AS LD_TABLE_KEY, l.LD_ADDRESS,
       l.LD_ID, y.SERVICE, l.CONTRACT_CAPACITY, l.RELAY_STATE, x.PROV_STAT
  FROM CONTROLLER d
  JOIN CONTROLLER_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
  LEFT JOIN LOGICAL_DEVICE l
    ON l.PD_TABLE_KEY = d.TABLE_KEY
   AND l.LD_ADDRESS = :v_address
   AND l.DELETED = 0
  LEFT JOIN LOGICAL_DEVICE_TYPE y
    ON y.TYPE_ID = l.TYPE_ID
 WHERE d.TABLE_KEY = :v_pd
{% endmacro %}
