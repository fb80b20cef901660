{#
  Who may do what, as MySQL and MariaDB say it.

  Rules and views run with the rights of one locked account, the definer. Consumers have
  roles with EXECUTE and SELECT on what is theirs, and accounts of their own that hold one.
#}
{% import 'login.sql' as login %}
{% from 'frame.sql' import definer %}

{# In a schema's name an underscore stands for any character. #}
{% macro schema(place) %}"{{ place | replace('_', '\\_') }}"{% endmacro %}

{# What rules need. FILE is for the exchange directory, and secure_file_priv keeps it there. #}
{% macro make_definer(places) %}
CREATE USER IF NOT EXISTS {{ definer }} {{ login.never }}
$$
ALTER USER {{ definer }} {{ login.never }}
$$
GRANT FILE ON *.* TO {{ definer }}
$$
{% for place in places %}
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, CREATE TEMPORARY TABLES ON {{ schema(place) }}.* TO {{ definer }}
$$
{% endfor %}
{% endmacro %}

{% macro make_role(role) %}
CREATE ROLE IF NOT EXISTS {{ role }}
$$
{% endmacro %}

{% macro grant(right) %}
GRANT {{ right.privilege }} ON {{ right.kind }} "{{ right.place }}"."{{ right.name }}" TO {{ right.role }}
$$
{% endmacro %}

{#
  What is too much may have been given on a whole schema, on the server, or by another role.
  A schema stands here as the grant has it: there it is a pattern.
#}
{% macro revoke(right) %}
{% if right.kind == 'ROLE' %}
REVOKE {{ right.name }} FROM {{ right.role }}
{% elif right.name %}
REVOKE {{ right.privilege }} ON {{ right.kind }} "{{ right.place }}"."{{ right.name }}" FROM {{ right.role }}
{% elif right.place %}
REVOKE {{ right.privilege }} ON "{{ right.place }}".* FROM {{ right.role }}
{% else %}
REVOKE {{ right.privilege }} ON *.* FROM {{ right.role }}
{% endif %}
$$
{% endmacro %}

{% macro make_login(account, host, secret) %}
CREATE USER '{{ account }}'@'{{ host }}' {{ login.by(secret) }}
$$
{% endmacro %}

{% macro give_role(account, host, role) %}
GRANT {{ role }} TO '{{ account }}'@'{{ host }}'
$$
{{ login.default_role(role, "'" ~ account ~ "'@'" ~ host ~ "'") }}
$$
{% endmacro %}

{# The role goes with the login, below. #}
{% macro take_role(account, host, role) %}
{% endmacro %}

{% macro drop_login(account, host) %}
DROP USER IF EXISTS '{{ account }}'@'{{ host }}'
$$
{% endmacro %}
