{# What a head-end confirmed of a metering point: one column of its logical device. #}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import procedure, when %}

{# In range says when the value can be one; a value outside is refused. #}
{% macro record(name, purpose, column, type, in_range, same, out_of_range) %}
{% set value = ':p_' ~ column | lower %}
{% call procedure(name, purpose,
                  callers = ['SHIM'],
                  takes = {'p_ld_id': 'VARCHAR(1024)', 'p_' ~ column | lower: type},
                  holds = {'v_ld': 'BIGINT', 'v_ld_id': 'VARCHAR(32)', 'v_now': type, 'v_deleted': 'INTEGER'},
                  codes = {10: same,
                           1001: 'an argument is missing',
                           1002: 'the LD_ID is badly formed',
                           1004: out_of_range,
                           2002: 'no device has this LD_ID'}) %}
SELECT CASE
         WHEN :p_ld_id IS NULL OR {{ value }} IS NULL   THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
         WHEN NOT ({{ value }} {{ in_range }})          THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
-- Locked by its key alone: who holds the row and changes its LD_ID would wait for the index.
UPDATE LOGICAL_DEVICE
   SET {{ column }} = {{ column }}
 WHERE TABLE_KEY = :v_ld;
SELECT MAX(l.LD_ID), MAX(l.{{ column }}), MAX(l.DELETED)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_ld
  INTO :v_ld_id, :v_now, :v_deleted;
SET :RESULT_CODE = CASE
  WHEN :v_ld_id IS NULL
    OR :v_ld_id <> :p_ld_id
    OR :v_deleted = 1      THEN 2002
  WHEN :v_now = {{ value }} THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE LOGICAL_DEVICE
   SET {{ column }} = {{ value }}
 WHERE TABLE_KEY = :v_ld;
{% endcall %}
{% endcall %}
{% endmacro %}
