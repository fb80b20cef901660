{# A device as callers name it, and the room that there is for it. #}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import when %}

{# Both null, or both the same. #}
{% macro same(left, right) %}({{ left }} = {{ right }} OR ({{ left }} IS NULL AND {{ right }} IS NULL)){% endmacro %}

{# An argument that was given and is not what the column holds. #}
{% macro news(argument, column) %}({{ argument }} IS NOT NULL AND ({{ column }} IS NULL OR {{ column }} <> {{ argument }})){% endmacro %}

{# The key of the device that has :v_mac; without a MAC, of the one that has :p_serial. #}
{% macro find_device(table, into) %}
SELECT MAX(d.TABLE_KEY)
  FROM {{ table }} d
 WHERE d.MAC = :v_mac
  INTO {{ into }};
{% call when(':v_mac IS NULL') %}
SELECT MAX(d.TABLE_KEY)
  FROM {{ table }} d
 WHERE d.SERIAL = :p_serial
  INTO {{ into }};
{% endcall %}
{% endmacro %}

{#
  The device that has :v_mac: its key in :v_pd or, a concentrator's, in :v_co, whether it was
  disposed of in :v_deleted, and a column of its transaction row.
#}
{% macro find_by_mac(column, into) %}
{{ with_transaction('CONTROLLER', ':v_pd', column, into) }}
{% call when(':v_pd IS NULL') %}
{{ with_transaction('CONCENTRATOR', ':v_co', column, into) }}
{% endcall %}
{% endmacro %}

{% macro with_transaction(device, key, column, into) %}
SELECT MAX(d.TABLE_KEY), MAX(d.DELETED), MAX(x.{{ column }})
  FROM {{ device }} d
  JOIN {{ device }}_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
 WHERE d.MAC = :v_mac
  INTO {{ key }}, :v_deleted, {{ into }};
{%- endmacro %}

{#
  The logical device that a device has at an address: its key in :v_ld. Locked by its key alone:
  who holds the row and changes its LD_ID would wait for the index.
#}
{% macro lock_logical(device, address) %}
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.PD_TABLE_KEY = {{ device }}
   AND l.LD_ADDRESS = {{ address }}
   AND l.DELETED = 0
  INTO :v_ld;
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_ld;
{% endmacro %}

{#
  Until this transaction ends nobody else gives away a place or an identifier: two callers could
  both take the last one. The row is one that no import of readings locks, which takes seconds.
#}
{% macro lock_places() %}
UPDATE MDM_CONFIG
   SET ALLOWED = ALLOWED
 WHERE NAME = 'MDM_LIMIT';
{% endmacro %}

{# 0 when a table cannot hold as many rows. #}
{% macro may_reach(table, rows, into) %}
-- Keys count up from 1: while none is as high as the limit, nothing needs counting.
SELECT CASE WHEN EXISTS (SELECT 1 FROM {{ table }} d WHERE d.TABLE_KEY >= {{ rows }}) THEN 1 ELSE 0 END
  FROM {{ t.one_row }}
  INTO {{ into }};
{%- endmacro %}

{# 1 when a table has as many rows in service as it may. #}
{% macro is_full(table, setting, into, of='') %}
SELECT CAST(c."VALUE" AS DECIMAL(9))
  FROM MDM_CONFIG c
 WHERE c.NAME = '{{ setting }}'
  INTO :v_limit;
{{ may_reach(table, ':v_limit', into) }}
{% call when(into ~ ' = 1') %}
SELECT CASE WHEN COUNT(*) >= :v_limit THEN 1 ELSE 0 END
  FROM {{ table }} d
 WHERE d.DELETED = 0{{ of }}
  INTO {{ into }};
{% endcall %}
{% endmacro %}

{# Devices in service that a head-end reads. #}
{% macro devices_of(heid) %}
(SELECT COUNT(*)
   FROM CONCENTRATOR o
   JOIN CONTROLLER d
     ON d.CO_ID = o.CO_ID
  WHERE o.HEID = {{ heid }}
    AND d.DELETED = 0)
{%- endmacro %}

{# 1 when a head-end has no room for so many devices more. #}
{% macro is_he_full(heid, more, into) %}
SELECT COALESCE(MAX(h.CAPACITY), 0) + 1 - {{ more }}
  FROM HECONF h
 WHERE h.HEID = {{ heid }}
  INTO {{ into }};
{{ may_reach('CONTROLLER', into, into) }}
{% call when(into ~ ' = 1') %}
SELECT COALESCE(MAX(CASE WHEN {{ devices_of(heid) | indent(9) }} + {{ more }} > h.CAPACITY THEN 1 ELSE 0 END), 0)
  FROM HECONF h
 WHERE h.HEID = {{ heid }}
  INTO {{ into }};
{% endcall %}
{% endmacro %}
