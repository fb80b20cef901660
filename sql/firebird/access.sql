{#
  Who may do what, as Firebird says it.

  Rules run with the rights of the owner of the database, who installed it. Consumers have
  roles in each database file, and accounts of the server that hold one by default.
#}

{# Rules have the rights of the owner: no account is there for them. #}
{% set definer = '' %}
{% set on_server = [] %}
{% set on_schema = [] %}

{# Whether accounts have the rights of their role themselves. #}
{% set direct = false %}

{% macro make_definer(places) %}
{% endmacro %}

{% macro make_role(role) %}
EXECUTE BLOCK
AS
BEGIN
    IF (NOT EXISTS (SELECT 1 FROM RDB$ROLES WHERE RDB$ROLE_NAME = '{{ role }}')) THEN
        EXECUTE STATEMENT 'CREATE ROLE {{ role }}';
END
$$
{% endmacro %}

{# Without a name it is the right to make tables: who names a file makes an external one. #}
{% macro object(right) %}{{ right.privilege }} {{ ('ON ' ~ right.kind ~ ' ' ~ right.name) if right.name else right.kind }}{% endmacro %}

{% macro grant(right) %}
GRANT {{ object(right) }} TO ROLE {{ right.role }}
$$
{% endmacro %}

{# From a role or an account. What somebody else gave is his alone to take, or the owner's in his name. #}
{% macro revoke(right) %}
{% if right.privilege == 'SYSTEM PRIVILEGES' %}
ALTER ROLE {{ right.role }} DROP SYSTEM PRIVILEGES
{% else %}
REVOKE {{ right.name if right.kind == 'ROLE' else object(right) }} FROM {{ right.role }}{{ ' GRANTED BY ' ~ right.grantor if right.grantor }}
{% endif %}
$$
{% endmacro %}

{# Whether a right on an object is not there: asked in a script before it is taken. #}
{% macro has_no(right) %}
SELECT 1 FROM RDB$DATABASE WHERE NOT EXISTS (SELECT 1 FROM RDB$USER_PRIVILEGES p WHERE p.RDB$USER = '{{ right.role }}' AND p.RDB$RELATION_NAME = '{{ right.name }}')
{%- endmacro %}

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
