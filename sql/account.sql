{# Accounts of the portal, as the rules that change them and let them in share it. #}
{% import 'type.sql' as t %}

{# Nobody else changes the row until this transaction ends. #}
{% macro lock_row(table, column, value) %}
UPDATE {{ table }}
   SET DELETED = DELETED
 WHERE {{ column }} = {{ value }};
{% endmacro %}

{# Logins that have begun with the password before end badly, and are no failures of the new one. #}
{% macro forget_logins() %}
DELETE FROM LOGIN_TOKEN
 WHERE VPS_ACCOUNT_ID = :v_account;
{% endmacro %}

{% macro set_password(temporary) %}
UPDATE VPS_ACCOUNT
   SET PASSWORD_HASH = :v_password_hash,
       TEMPORARY     = {{ temporary }},
       FAILED_LOGINS = 0,
       LOCKED_UNTIL  = NULL,
       UPDATED_AT    = LOCALTIMESTAMP(0)
 WHERE VPS_ACCOUNT_ID = :v_account;
{{ forget_logins() }}
{% endmacro %}

{# A setting that is a whole number. #}
{% macro setting(name, into) %}
SELECT CAST(c."VALUE" AS DECIMAL(9))
  FROM MDM_CONFIG c
 WHERE c.NAME = '{{ name }}'
  INTO {{ into }};
{% endmacro %}
