{# EXPORT_VPS_LOG_ROWS gives the lines of an account's log to a client that keeps the file itself. #}
{% import 'vps_log.sql' as file %}

{{ file.export_vps_log(to_file=false) }}
