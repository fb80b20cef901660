{# Who calls a rule: the account that is connected, which no argument can forge. #}
{% import 'type.sql' as t %}

{# The account was added with this role. The owner of an installation stands nowhere: he gets the least. #}
{% macro has_role(role) %}
EXISTS (SELECT 1
          FROM ACCOUNT_ROLE z
         WHERE z.ACCOUNT = {{ t.account }}
           AND z.ROLE_NAME = '{{ role }}')
{%- endmacro %}
