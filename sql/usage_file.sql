{#
  The usage file: which slots it holds, and how a line of it reads.

  ONTIME is what was delivered on time of the slots measured in the range; PAST is what
  re-polling changed in the cycles of the range, with the values that it gave.
#}
{% import 'type.sql' as t %}
{% from 'frame.sql' import line_of, number, moment %}
{% from 'export.sql' import export %}

{% macro line(reading, usage, status) %}
{{ line_of(['u.LD_ID', number('u.SUB_NUMBER'), moment('u.MEASURED_TIME'), number(reading), number(usage), status]) }}
{%- endmacro %}

{% set count_ontime %}
-- Of the key alone MySQL would skip from point to point of a long history: many times as slow.
SELECT COUNT(u.STATUS)
  FROM USAGE_HISTORY u
 WHERE u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
  INTO :v_rows;
{% endset %}
{% set ontime %}
SELECT {{ line('u.READING', 'u.USAGE_VALUE', number('u.STATUS')) }}
  FROM USAGE_HISTORY u
 WHERE u.MEASURED_TIME >= :p_start
   AND u.MEASURED_TIME < :p_end
{% endset %}

{% set count_past %}
SELECT COUNT(*)
  FROM USAGE_GAP g
 WHERE g.REPOLLED_AT >= :p_start
   AND g.REPOLLED_AT < :p_end
  INTO :v_rows;
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

{% macro export_usage(to_file) %}
{{ export(to_file, 'USAGE', 'the usage of a range',
          callers = ['BILLING', 'SHIM'],
          takes   = {'p_start': t.time, 'p_end': t.time, 'p_file_name': 'VARCHAR(1024)', 'p_class': 'VARCHAR(1024)'},
          header  = 'LD_ID,SUB_NUMBER,MEASURED_TIME,READING,USAGE_VALUE,STATUS',
          verdict = [(1001, ':p_start IS NULL OR :p_end IS NULL OR :p_class IS NULL'),
                     (1003, ":p_class NOT IN ('ONTIME', 'PAST')"),
                     (1004, ':p_end <= :p_start')],
          parts   = {":p_class = 'ONTIME'": (count_ontime, ontime),
                     ":p_class = 'PAST'": (count_past, past)},
          codes   = {11: 'there is no usage in the range',
                     1003: 'the class is neither ONTIME nor PAST', 1004: 'the range is empty'},
          means   = {'p_start': 'Start of the range: of MEASURED_TIME for ONTIME, of the cycle for PAST.',
                     'p_end': 'End of the range, excluded.',
                     'p_class': 'ONTIME or PAST.'}) }}
{% endmacro %}
