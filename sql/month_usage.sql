{# A changed slot makes the sums that hold it begin anew. #}
{% from 'frame.sql' import stage, update_from, add_days %}
{% import 'type.sql' as t %}

{#
  For every slot of a session table. A sum that ends with such a slot goes too: whoever prices the
  slot meanwhile would take it over with the old usage. The sums are looked up first and changed by their whole
  key: a change along the point alone would wait for old months that are being purged.
#}
{% macro forget_sums(source) %}
{{ stage('MONTH_BASE') }}
INSERT INTO MONTH_BASE (LD_ID, SUB_NUMBER, MONTH_START, FIRST_TIME, USED_BEFORE)
SELECT w.LD_ID, w.SUB_NUMBER, w.MONTH_START, f.FIRST_TIME, 0
  FROM (SELECT x.LD_ID, x.SUB_NUMBER, MIN(x.MEASURED_TIME) AS FIRST_TIME
          FROM {{ source }} x
         GROUP BY x.LD_ID, x.SUB_NUMBER) f
  JOIN MONTH_USAGE w
    ON w.LD_ID = f.LD_ID
   AND w.SUB_NUMBER = f.SUB_NUMBER
   AND w.MONTH_START >= {{ add_days('CAST(f.FIRST_TIME AS DATE)', '-32') }};
{{ update_from('MONTH_USAGE', 'MONTH_BASE',
               'u.LD_ID = n.LD_ID\n   AND u.SUB_NUMBER = n.SUB_NUMBER\n   AND u.MONTH_START = n.MONTH_START\n   AND u.UP_TO >= n.FIRST_TIME',
               {'USED': '0', 'UP_TO': 'CAST(u.MONTH_START AS ' ~ t.time ~ ')'}) }}
{% endmacro %}
