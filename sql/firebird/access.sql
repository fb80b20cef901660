{#
  Who may do what, as Firebird says it.

  Rules run with the rights of the owner of the database, who installed it. Consumers have
  roles in each database file, and accounts of the server that hold one by default.
#}

{% macro make_definer(places) %}
{% endmacro %}

{% macro make_role(role) %}
CREATE ROLE {{ role }}
$$
{% endmacro %}

{# Without a name it is the right to make tables: who names a file makes an external one. #}
{% macro object(right) %}{{ right.privilege }} {{ ('ON ' ~ right.kind ~ ' ' ~ right.name) if right.name else right.kind }}{% endmacro %}

{% macro grant(right) %}
GRANT {{ object(right) }} TO ROLE {{ right.role }}
$$
{% endmacro %}

{% macro revoke(right) %}
REVOKE {{ right.name if right.kind == 'ROLE' else object(right) }} FROM ROLE {{ right.role }}
$$
{% endmacro %}

{% macro make_login(account, host, secret) %}
CREATE USER {{ account }} PASSWORD '{{ secret }}'
$$
{% endmacro %}

{% macro give_role(account, host, role) %}
GRANT DEFAULT {{ role }} TO USER {{ account }}
$$
{% endmacro %}

{% macro take_role(account, host, role) %}
REVOKE {{ role }} FROM USER {{ account }}
$$
{% endmacro %}

{% macro drop_login(account, host) %}
DROP USER {{ account }}
$$
{% endmacro %}
