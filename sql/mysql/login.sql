{# How an account of MySQL logs in. #}

{# Never: a hash that no password has, as the server gives to accounts of its own. #}
{% set never = "IDENTIFIED WITH caching_sha2_password AS '$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED' ACCOUNT LOCK" %}

{# With a password; the server keeps it out of its logs. #}
{% macro by(secret) %}IDENTIFIED WITH caching_sha2_password BY '{{ secret }}'{% endmacro %}

{#
  Accounts have the rights of their role themselves, and do not use the role: MySQL 9.7 forgets
  rights on procedures that come by a role in use, as soon as anybody grants anything on the
  server while a session is open. The role stays the list of those rights.
#}
{% set direct = true %}
{% macro default_role(role, account) %}SET DEFAULT ROLE NONE TO {{ account }}{% endmacro %}
