{# What the DHCP server must have. #}

{# 1 when a device of the register has this MAC, and was not disposed of. #}
{% macro wanted(mac) %}
CASE
  WHEN EXISTS (SELECT 1
                 FROM CONTROLLER d
                WHERE d.MAC = {{ mac }}
                  AND d.DELETED = 0)
    OR EXISTS (SELECT 1
                 FROM CONCENTRATOR o
                WHERE o.MAC = {{ mac }}
                  AND o.DELETED = 0) THEN 1
  ELSE 0
END
{%- endmacro %}
