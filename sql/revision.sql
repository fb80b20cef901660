{# What a change of QUOTE_HISTORY supersedes is kept first. #}
{% import 'type.sql' as t %}

{% macro supersede(source, reason, condition='1 = 1') %}
INSERT INTO USAGE_REVISION (
       LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, QUALITY, METHOD, QUOTE, SOURCE,
       REASON, RECORDED_AT, RECORDED_BY)
SELECT q.LD_ID, q.SUB_NUMBER, q.MEASURED_TIME, q.REVISION, q.USAGE_VALUE, q.QUALITY, q.METHOD, q.QUOTE, q.SOURCE,
       '{{ reason }}', LOCALTIMESTAMP(0), {{ t.caller }}
  FROM {{ source }} n
  JOIN QUOTE_HISTORY q
    ON q.LD_ID = n.LD_ID
   AND q.SUB_NUMBER = n.SUB_NUMBER
   AND q.MEASURED_TIME = n.MEASURED_TIME
 WHERE {{ condition }};
{% endmacro %}

{% macro same_slot(u='u', n='n') %}{{ u }}.LD_ID = {{ n }}.LD_ID
   AND {{ u }}.SUB_NUMBER = {{ n }}.SUB_NUMBER
   AND {{ u }}.MEASURED_TIME = {{ n }}.MEASURED_TIME{% endmacro %}
