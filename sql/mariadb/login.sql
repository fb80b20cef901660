{# How an account of MariaDB logs in. #}

{# Never: no password has this hash. #}
{% set never = "IDENTIFIED VIA mysql_native_password USING 'invalid' ACCOUNT LOCK" %}

{# With a password, sent as its hash: the server would write a clear one to its logs. #}
{% macro by(secret) %}IDENTIFIED VIA mysql_native_password USING '{{ secret | native_hash }}'{% endmacro %}

{# The rights of a role come with it, which is in use from the login on. #}
{% set direct = false %}
{% macro default_role(role, account) %}SET DEFAULT ROLE {{ role }} FOR {{ account }}{% endmacro %}
