{#
  A rule that gives rows as a file: to the exchange directory, or as lines to a client.

  Declared once, EXPORT_<kind> writes the file and EXPORT_<kind>_ROWS gives the same lines,
  the texts of which, one after the other, are the file: without p_file_name. `verdict` says when the arguments
  are refused, `parts` maps a condition to what counts its rows into :v_rows and to the
  SELECT of its lines, one text each.
#}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import procedure, when, write_lines, give_lines, writer_holds %}

{# A text that may hold anything: between quotes where a comma, a quote or a line end would divide it. #}
{% macro text(value) %}
CASE
           WHEN {{ value }} IS NULL THEN ''
           WHEN POSITION(',' IN {{ value }}) > 0 OR POSITION('"' IN {{ value }}) > 0
             OR POSITION({{ t.line_feed }} IN {{ value }}) > 0 OR POSITION({{ t.carriage_return }} IN {{ value }}) > 0
           THEN '"' || REPLACE({{ value }}, '"', '""') || '"'
           ELSE {{ value }}
         END
{%- endmacro %}

{% macro export(to_file, kind, what, callers, takes, header, verdict, parts, codes={}, holds={}, means={}) %}
{% set name = 'EXPORT_' ~ kind ~ ('' if to_file else '_ROWS') %}
{% set all_codes = dict({11: 'there is nothing in the range' ~ ('; no file was written' if to_file else ''),
                         1001: 'an argument is missing'}, **{}) %}
{% set _ = all_codes.update(codes) %}
{% set arguments = dict(takes) %}
{% set meanings = dict(means) %}
{% if to_file %}
{% set _ = meanings.update({'p_file_name': 'Bare name of the file to write in the exchange directory.'}) %}
{% set _ = all_codes.update({1002: 'the file name is no bare name' ~ (', or ' ~ codes[1002] if 1002 in codes else ''),
                             5001: 'a file of this name exists; it stays as it was'}) %}
{% else %}
{% set _ = arguments.pop('p_file_name') %}
{% set _ = meanings.update({'TEXT': 'Lines of the file, each with its line end.'}) %}
{% if not verdict | selectattr(0, 'equalto', 1001) | list %}
{% set _ = all_codes.pop(1001) %}
{% endif %}
{% endif %}
{% call procedure(name,
                  ('Write ' ~ what ~ ' to a file of the exchange directory.') if to_file
                  else ('Give ' ~ what ~ ' as the lines of a file to a client that keeps it.'),
                  callers = callers, reads = true,
                  takes = arguments,
                  gives = {} if to_file else {'TEXT': 'VARCHAR(8000)'},
                  holds = dict(writer_holds, **holds), codes = all_codes, means = meanings) %}
SELECT CASE
{% for code, condition in verdict if code == 1001 %}
         WHEN {{ condition | indent(14) }} THEN {{ code }}
{% endfor %}
{% if to_file %}
         WHEN :p_file_name IS NULL THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
{% endif %}
{% for code, condition in verdict if code != 1001 %}
         WHEN {{ condition | indent(14) }} THEN {{ code }}
{% endfor %}
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% for condition, (count, rows) in parts.items() %}
{% call when(':RESULT_CODE = 0 AND (' ~ condition ~ ')') %}
{{ count | trim }}
{% call when(':v_rows = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% call when(':v_rows > 0') %}
{% if to_file %}
{% call write_lines(':p_file_name', header) %}
{{ rows | trim }}
{% endcall %}
{% else %}
{% call give_lines(header) %}
{{ rows | trim }}
{% endcall %}
{% endif %}
{% endcall %}
{% endcall %}
{% endfor %}
{% endcall %}
{% endmacro %}
