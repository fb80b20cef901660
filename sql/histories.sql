{# The tables of VPS-DB whose rows come and go by time. #}
{% set history_tables = tables_of('vps') | selectattr('by_time') | list %}
