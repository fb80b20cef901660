{# What a certificate is worth at this moment. #}
{% from 'frame.sql' import add_days %}

{# Of a row of CERTIFICATE_HISTORY, or of none where an outer join found none. #}
{% macro state_of(c) %}
CASE
  WHEN {{ c }}.CERT_SERIAL IS NULL              THEN 'UNKNOWN'
  WHEN {{ c }}.REVOKED = 1                      THEN 'REVOKED'
  WHEN {{ c }}.NOT_BEFORE > LOCALTIMESTAMP(0)   THEN 'PENDING'
  WHEN {{ c }}.NOT_AFTER < LOCALTIMESTAMP(0)    THEN 'EXPIRED'
  WHEN {{ c }}.NOT_AFTER < {{ add_days('LOCALTIMESTAMP(0)', 60) }} THEN 'EXPIRING'
  ELSE 'VALID'
END
{%- endmacro %}
