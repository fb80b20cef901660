{# How the request is named whose answer is kept: by its client, its key and what it said. #}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set answer_takes = {
     'p_client': 'VARCHAR(1024)', 'p_idempotency_key': 'VARCHAR(1024)', 'p_request_hash': 'VARCHAR(1024)'} %}
{% set answer_codes = {
     1001: 'an argument is missing',
     1002: 'the client, the key or the hash is badly formed',
     3001: 'the key was used for another request'} %}

{% macro is_key(key) %}{{ check.is_formed(key, '[!-~]{1,128}') }}{% endmacro %}

{# Missing and wrong are further conditions, of arguments that only one rule takes. #}
{% macro verdict(missing='', wrong='') %}
SELECT CASE
         WHEN :p_client IS NULL
           OR :p_idempotency_key IS NULL
           OR :p_request_hash IS NULL{{ missing }} THEN 1001
         WHEN NOT {{ check.is_identifier(':p_client', 64) }}
           OR NOT {{ is_key(':p_idempotency_key') }}
           OR NOT {{ check.is_sha256(':p_request_hash') }} THEN 1002
{{ wrong }}
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endmacro %}
