{#
  Who may do what, as MySQL and MariaDB say it.

  Rules and views run with the rights of one locked account, the definer. Consumers have
  roles with EXECUTE and SELECT on what is theirs, and accounts of their own that hold one.
#}
{% import 'login.sql' as login %}
{% import 'frame.sql' as frame %}

{% set definer = frame.definer %}

{# What rules need. FILE is for the exchange directory, and secure_file_priv keeps it there; partitions come and go by ALTER. #}
{% set on_server = ['FILE'] %}
{% set on_schema = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'CREATE TEMPORARY TABLES',
                    'ALTER', 'CREATE', 'DROP'] %}

{# In a schema's name an underscore stands for any character. #}
{% macro schema(place) %}{{ place | replace('_', '\\_') }}{% endmacro %}

{# Whether accounts have the rights of their role themselves. #}
{% set direct = login.direct %}

{% macro make_definer(places) %}
CREATE USER IF NOT EXISTS {{ definer }} {{ login.never }}
$$
ALTER USER {{ definer }} {{ login.never }}
$$
GRANT {{ on_server | join(', ') }} ON *.* TO {{ definer }}
$$
{% for place in places %}
GRANT {{ on_schema | join(', ') }} ON "{{ schema(place) }}".* TO {{ definer }}
$$
{% endfor %}
{% endmacro %}

{% macro make_role(role) %}
CREATE ROLE IF NOT EXISTS {{ role }}
$$
{% endmacro %}

{# On an object, on a whole schema, which stands here as the grant has it: there it is a pattern, or on the server. #}
{% macro object(right) %}
{% if right.name %}
{{ right.privilege }} ON {{ right.kind }} "{{ right.place }}"."{{ right.name }}"
{%- elif right.place %}
{{ right.privilege }} ON "{{ right.place }}".*
{%- else %}
{{ right.privilege }} ON *.*
{%- endif %}
{% endmacro %}

{% macro grant(right) %}
GRANT {{ object(right) }} TO {{ right.role }}
$$
{% endmacro %}

{# What is too much may also have been given by another role. #}
{% macro revoke(right) %}
{% if right.kind == 'ROLE' %}
REVOKE {{ right.name }} FROM {{ right.role }}
{% elif right.kind == 'PROXY' %}
REVOKE PROXY ON {{ right.name }} FROM {{ right.role }}
{% else %}
REVOKE {{ object(right) }} FROM {{ right.role }}
{% endif %}
$$
{% endmacro %}

{# Whether a right on an object is not there: asked in a script before it is taken. #}
{% macro has_no(right) %}
{% set table, name = ('procs_priv', 'Routine_name') if right.kind == 'PROCEDURE' else ('tables_priv', 'Table_name') %}
SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM mysql.{{ table }} p WHERE p.User = '{{ right.role }}' AND p.Db = '{{ right.place }}' AND p.{{ name }} = '{{ right.name }}')
{%- endmacro %}

{% macro make_login(account, host, secret) %}
CREATE USER '{{ account }}'@'{{ host }}' {{ login.by(secret) }}
$$
{% endmacro %}

{% macro give_role(account, host, role) %}
{% set grantee = "'" ~ account ~ "'@'" ~ host ~ "'" %}
GRANT {{ role }} TO {{ grantee }}
$$
{{ login.default_role(role, grantee) }}
$$
{% endmacro %}

{# An account no longer uses a role by itself. #}
{% macro rest_role(account, host) %}
SET DEFAULT ROLE NONE TO '{{ account }}'@'{{ host }}'
$$
{% endmacro %}

{# The role goes with the login, below. #}
{% macro take_role(account, host, role) %}
{% endmacro %}

{% macro drop_login(account, host) %}
DROP USER IF EXISTS '{{ account }}'@'{{ host }}'
$$
{% endmacro %}

{#
  In a script, where nobody can ask first which accounts there are: bring each account to the
  rights of its role. `mdm` and `vps` are schemas, all of them `places`.
#}
{% macro settle_accounts(prefix, mdm, vps, places) %}
{% set within = "('" ~ places | join("', '") ~ "')" %}
{% set held = "CONCAT('" ~ prefix ~ "', a.ROLE_NAME)" %}
USE {{ mdm }}
$$
DROP PROCEDURE IF EXISTS KENSHIN_SETTLE
$$
CREATE PROCEDURE KENSHIN_SETTLE ()
BEGIN
    DECLARE v_statement TEXT;
    DECLARE v_at_end BOOLEAN DEFAULT FALSE;
    DECLARE v_next CURSOR FOR
        SELECT CONCAT('REVOKE ALL PRIVILEGES ON "', t.Db, '"."', t.Table_name, '" FROM ', QUOTE(t.User), '@', QUOTE(t.Host))
          FROM {{ vps }}.ACCOUNT_ROLE a
          JOIN mysql.tables_priv t
            ON t.User = a.ACCOUNT
          LEFT JOIN mysql.tables_priv r
            ON r.User = {{ held }} AND r.Db = t.Db AND r.Table_name = t.Table_name
         WHERE t.Db IN {{ within }}
           AND r.User IS NULL
        UNION ALL
        SELECT CONCAT('REVOKE ALL PRIVILEGES ON ', t.Routine_type, ' "', t.Db, '"."', t.Routine_name, '" FROM ', QUOTE(t.User), '@', QUOTE(t.Host))
          FROM {{ vps }}.ACCOUNT_ROLE a
          JOIN mysql.procs_priv t
            ON t.User = a.ACCOUNT
          LEFT JOIN mysql.procs_priv r
            ON r.User = {{ held }} AND r.Db = t.Db AND r.Routine_name = t.Routine_name AND r.Routine_type = t.Routine_type
         WHERE t.Db IN {{ within }}
           AND r.User IS NULL
        UNION ALL
        SELECT CONCAT('GRANT SELECT ON "', r.Db, '"."', r.Table_name, '" TO ', QUOTE(u.User), '@', QUOTE(u.Host))
          FROM {{ vps }}.ACCOUNT_ROLE a
          JOIN mysql.user u
            ON u.User = a.ACCOUNT
          JOIN mysql.tables_priv r
            ON r.User = {{ held }}
         WHERE r.Db IN {{ within }}
        UNION ALL
        SELECT CONCAT('GRANT EXECUTE ON PROCEDURE "', r.Db, '"."', r.Routine_name, '" TO ', QUOTE(u.User), '@', QUOTE(u.Host))
          FROM {{ vps }}.ACCOUNT_ROLE a
          JOIN mysql.user u
            ON u.User = a.ACCOUNT
          JOIN mysql.procs_priv r
            ON r.User = {{ held }}
         WHERE r.Db IN {{ within }}
        UNION ALL
        SELECT CONCAT('ALTER USER ', QUOTE(d.USER), '@', QUOTE(d.HOST), ' DEFAULT ROLE NONE')
          FROM {{ vps }}.ACCOUNT_ROLE a
          JOIN mysql.default_roles d
            ON d.USER = a.ACCOUNT;
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET v_at_end = TRUE;

    OPEN v_next;
    FETCH v_next INTO v_statement;
    WHILE NOT v_at_end DO
        SET @kenshin_change = v_statement;
        PREPARE kenshin_change FROM @kenshin_change;
        EXECUTE kenshin_change;
        DEALLOCATE PREPARE kenshin_change;
        SET v_at_end = FALSE;
        FETCH v_next INTO v_statement;
    END WHILE;
    CLOSE v_next;
END
$$
CALL KENSHIN_SETTLE()
$$
DROP PROCEDURE KENSHIN_SETTLE
$$
{% endmacro %}
