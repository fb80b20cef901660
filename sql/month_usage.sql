{# A changed slot makes the sums that hold it begin anew. #}
{% from 'frame.sql' import update_from %}
{% import 'type.sql' as t %}

{# For every slot of a session table. #}
{% macro forget_sums(source) %}
{{ update_from('MONTH_USAGE',
               '(SELECT x.LD_ID, x.SUB_NUMBER, MIN(x.MEASURED_TIME) AS MEASURED_TIME FROM ' ~ source ~ ' x GROUP BY x.LD_ID, x.SUB_NUMBER)',
               'u.LD_ID = n.LD_ID\n   AND u.SUB_NUMBER = n.SUB_NUMBER\n   AND u.UP_TO > n.MEASURED_TIME',
               {'USED': '0', 'UP_TO': 'CAST(u.MONTH_START AS ' ~ t.time ~ ')'}) }}
{% endmacro %}
