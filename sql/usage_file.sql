{#
  The usage file: which slots it holds, and how a line of it reads.

  ONTIME is what was delivered on time of the slots measured in the range; PAST is what
  re-polling changed in the cycles of the range, with the values that it gave.
#}
{% macro text(value) %}COALESCE(TRIM(CAST({{ value }} AS CHAR(24))), ''){% endmacro %}

{% set header = 'LD_ID,SUB_NUMBER,MEASURED_TIME,READING,USAGE_VALUE,STATUS' %}

{% macro line(reading, usage, status) %}
u.LD_ID || ',' || {{ text('u.SUB_NUMBER') }} || ','
       || SUBSTRING(CAST(u.MEASURED_TIME AS CHAR(24)) FROM 1 FOR 19) || ','
       || {{ text(reading) }} || ',' || {{ text(usage) }} || ',' || {{ status }}
{%- endmacro %}

{% set ontime %}
SELECT {{ line('u.READING', 'u.USAGE_VALUE', text('u.STATUS')) }}
  FROM USAGE_HISTORY u
 WHERE u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
{% endset %}

{% set past %}
SELECT {{ line('COALESCE(u.REPOLL_READING, u.READING)', 'u.REPOLL_USAGE',
               "CASE WHEN u.REPOLL_USAGE IS NULL THEN '2' ELSE '0' END") }}
  FROM USAGE_GAP g
  JOIN USAGE_HISTORY u
    ON u.LD_ID = g.LD_ID
   AND u.SUB_NUMBER = g.SUB_NUMBER
   AND u.MEASURED_TIME = g.MEASURED_TIME
 WHERE g.REPOLLED_AT >= :p_start
   AND g.REPOLLED_AT < :p_end
{% endset %}

{% macro count_rows() %}
SELECT COUNT(*)
  FROM USAGE_HISTORY u
 WHERE :p_class = 'ONTIME'
   AND u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
  INTO :v_rows;
{% endmacro %}

{% macro count_past_rows() %}
SELECT COUNT(*)
  FROM USAGE_GAP g
 WHERE g.REPOLLED_AT >= :p_start
   AND g.REPOLLED_AT < :p_end
  INTO :v_rows;
{% endmacro %}
