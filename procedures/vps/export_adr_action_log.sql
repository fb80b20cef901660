{# EXPORT_ADR_ACTION_LOG writes the saving actions of a range to a file of the exchange directory. #}
{% import 'adr_file.sql' as file %}

{{ file.export_actions(to_file=true) }}
