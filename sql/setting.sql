{# The number that a row of MDM_CONFIG holds, into a :variable. #}
{% macro setting(name, into) %}SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = '{{ name }}' INTO {{ into }};{% endmacro %}
