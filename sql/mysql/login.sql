{# How an account of MySQL logs in. #}

{# Never: a hash that no password has, as the server gives to accounts of its own. #}
{% set never = "IDENTIFIED WITH caching_sha2_password AS '$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED' ACCOUNT LOCK" %}

{# With a password; the server keeps it out of its logs. #}
{% macro by(secret) %}IDENTIFIED WITH caching_sha2_password BY '{{ secret }}'{% endmacro %}

{% macro default_role(role, account) %}SET DEFAULT ROLE {{ role }} TO {{ account }}{% endmacro %}
