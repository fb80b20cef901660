{# Firebird has no partitions: an index over time stands for them, and nothing has to be made. #}
{% set partition_holds = {'v_day': 'DATE'} %}

{% macro extend_partitions(table, snapshot, interval, count) %}{% endmacro %}

{% macro drop_partitions(table, last_day, count) %}
SET {{ count }} = 0;
{% endmacro %}

{% macro pack_partitions(table, snapshot, day) %}
SET {{ day }} = NULL;
{% endmacro %}
