{# EXPORT_USAGE writes the usage of a range to a file of the exchange directory. #}
{% import 'usage_file.sql' as file %}

{{ file.export_usage(to_file=true) }}
