{#
  EXPORT_USAGE_ROWS gives the lines of a usage file to a client that keeps the file itself.

  The texts, one after the other, are the file.
#}
{% from 'frame.sql' import procedure, when, give_lines, writer_holds %}
{% import 'type.sql' as t %}
{% import 'usage_file.sql' as file %}

{% call procedure('EXPORT_USAGE_ROWS', 'Give the lines of a usage file to a client that keeps it.',
                  callers = ['BILLING', 'SHIM'], reads = true,
                  takes = dict(p_start = t.time, p_end = t.time, p_class = 'VARCHAR(1024)'),
                  gives = dict(TEXT = 'VARCHAR(8000)'),
                  holds = writer_holds,
                  codes = {11: 'there is no usage in the range', 1001: 'an argument is missing',
                           1003: 'the class is neither ONTIME nor PAST', 1004: 'the range is empty'}) %}
SELECT CASE
         WHEN :p_start IS NULL OR :p_end IS NULL OR :p_class IS NULL THEN 1001
         WHEN :p_class NOT IN ('ONTIME', 'PAST')                     THEN 1003
         WHEN :p_end <= :p_start                                     THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% for class, rows, count in (('ONTIME', file.ontime, file.count_rows()), ('PAST', file.past, file.count_past_rows())) %}
{% call when(":RESULT_CODE = 0 AND :p_class = '" ~ class ~ "'") %}
{{ count }}
{% call when(':v_rows = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% call when(':v_rows > 0') %}
{% call give_lines(file.header) %}
{{ rows }}
{% endcall %}
{% endcall %}
{% endcall %}
{% endfor %}
{% endcall %}
