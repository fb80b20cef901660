{# EXPORT_VPS_LOG writes the log of an account of the portal to a file of the exchange directory. #}
{% import 'vps_log.sql' as file %}

{{ file.export_vps_log(to_file=true) }}
