{# EXPORT_ADR_EVENT_LOG_ROWS gives the lines of a file of saving events to a client that keeps the file itself. #}
{% import 'adr_file.sql' as file %}

{{ file.export_events(to_file=false) }}
