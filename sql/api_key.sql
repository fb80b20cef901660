{# What a key to the HTTP-API is named by, and when one is good no longer. #}
{% import 'check.sql' as check %}

{% macro is_key_id(text) %}{{ check.is_formed(text, '[0-9a-f]{12}') }}{% endmacro %}

{# Addresses or networks, IPv4 or IPv6, with commas between them. #}
{% set network = '[0-9A-Fa-f.:]{2,45}(/[0-9]{1,3})?' %}
{% macro is_networks(text) %}({{ check.is_formed(text, network ~ '(,' ~ network ~ ')*') }} AND NOT {{ check.is_longer(text, 512) }}){% endmacro %}

{# Of a row of API_KEY. #}
{% macro is_expired(k) %}{{ k }}.EXPIRES_AT <= LOCALTIMESTAMP(0){% endmacro %}

{# Locks a key; a release of it earlier than now changes nothing that anybody can see. #}
{% macro lock_key() %}
UPDATE API_KEY
   SET NOTE = NOTE
 WHERE KEY_ID = :p_key_id;
{% endmacro %}
