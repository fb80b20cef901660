{# EXPORT_ADR_EVENT_LOG writes the saving events of a range to a file of the exchange directory. #}
{% import 'adr_file.sql' as file %}

{{ file.export_events(to_file=true) }}
