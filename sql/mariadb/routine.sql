{# How MariaDB keeps a procedure that others call while a release replaces it: it can. #}
{% from 'head.sql' import head %}

{% macro routine(name, purpose, gone, takes={}, gives={}) %}
CREATE OR REPLACE {{ head(name, purpose, takes, gives) }}
{{ caller() | trim }}
$$
{% endmacro %}
