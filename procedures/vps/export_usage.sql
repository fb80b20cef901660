{#
  EXPORT_USAGE writes the usage of a range to a file of the exchange directory.

  EXPORT_USAGE_ROWS gives the same lines to a client that keeps the file itself.
#}
{% from 'frame.sql' import procedure, when, write_lines, writer_holds %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% import 'usage_file.sql' as file %}

{% call procedure('EXPORT_USAGE', 'Write the usage of a range to a file of the exchange directory.',
                  callers = ['BILLING', 'SHIM'], reads = true,
                  takes = dict(p_start = t.time, p_end = t.time,
                               p_file_name = 'VARCHAR(1024)', p_class = 'VARCHAR(1024)'),
                  holds = writer_holds,
                  codes = {11: 'there is no usage in the range; no file was written',
                           1001: 'an argument is missing', 1002: 'the file name is no bare name',
                           1003: 'the class is neither ONTIME nor PAST', 1004: 'the range is empty',
                           5001: 'a file of this name exists; it stays as it was'}) %}
SELECT CASE
         WHEN :p_start IS NULL OR :p_end IS NULL OR :p_file_name IS NULL OR :p_class IS NULL THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
         WHEN :p_class NOT IN ('ONTIME', 'PAST')           THEN 1003
         WHEN :p_end <= :p_start                           THEN 1004
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
{% call write_lines(':p_file_name', file.header) %}
{{ rows }}
{% endcall %}
{% endcall %}
{% endcall %}
{% endfor %}
{% endcall %}
