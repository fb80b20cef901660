{# How a procedure of MySQL and MariaDB begins, behind CREATE. #}

{# The locked account with whose rights every rule and view runs. #}
{% set definer = "'kenshin_definer'@'localhost'" %}

{% macro head(name, purpose, takes={}, gives={}) %}
{% set parameters = [] %}
{% for parameter, type in takes.items() %}
{% set _ = parameters.append('IN ' ~ parameter ~ ' ' ~ type) %}
{% endfor %}
{% for parameter, type in gives.items() %}
{% set _ = parameters.append('OUT ' ~ parameter ~ ' ' ~ type) %}
{% endfor %}
DEFINER = {{ definer }} PROCEDURE {{ name }} ({{ '\n    ' ~ parameters | join(',\n    ') ~ '\n' if parameters }})
    COMMENT {{ purpose | quoted }}
    SQL SECURITY DEFINER
    MODIFIES SQL DATA
{%- endmacro %}
