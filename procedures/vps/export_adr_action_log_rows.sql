{# EXPORT_ADR_ACTION_LOG_ROWS gives the lines of a file of saving actions to a client that keeps the file itself. #}
{% import 'adr_file.sql' as file %}

{{ file.export_actions(to_file=false) }}
