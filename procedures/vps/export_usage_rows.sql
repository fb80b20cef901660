{# EXPORT_USAGE_ROWS gives the lines of a usage file to a client that keeps the file itself. #}
{% import 'usage_file.sql' as file %}

{{ file.export_usage(to_file=false) }}
