{#
  A kind of file: the lines of one file of it, staged for the rule that takes them in.

  Declared once, the columns give the staging table, the header line that a file must
  carry, READ_<name> (a file of the exchange directory) and CHECK_<name> (header, trailer
  and count). A client that holds the file fills the table itself and calls the same CHECK.
  An empty field is '', a field that the line does not have is null. A field keeps 64 bytes,
  or as many as its column says, (bytes, meaning): one more than a rule takes, so that a
  longer one is refused and never cut.

  Quotes around a whole field let it hold commas. A quote anywhere else stays in the field,
  like one that is written twice inside, and no rule takes a field that holds a quote or a
  line end. LOAD DATA reads on over line ends behind a quote that nothing closes: the lines
  that it swallows fail the count of the trailer (5003), and if that agrees, they stand in a
  field with a line end.
#}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table, procedure %}
{% from 'reader.sql' import read_lines, reader_holds, field_type, splitter %}

{% macro lines(name, purpose, columns, callers=[]) %}
{% set staged = {'LINE_NO': (t.line_number, 'Line of the file, the header being 1.')} %}
{% set widths = {} %}
{% for column, meaning in dict(columns, SURPLUS = 'A field too many, else null.').items() %}
{% set width, text = (64, meaning) if meaning is string else meaning %}
{% set _ = widths.update({column: width}) %}
{% set _ = staged.update({column: ('VARCHAR(' ~ width ~ ')', text)}) %}
{% endfor %}
{% set fields = columns | list %}
{% set holds = dict(reader_holds) %}
{% for width in widths.values() if field_type %}
{% set _ = holds.update({'v_' ~ loop.index: field_type % width}) %}
{% endfor %}
{{ table(name, purpose, staged, key=['LINE_NO'], session=true) }}

{{ splitter(name, widths) }}

{% call procedure('READ_' ~ name, 'Read a file of the exchange directory into ' ~ name ~ '.',
                  takes = dict(p_file_name = 'VARCHAR(1024)'),
                  holds = holds,
                  codes = {5002: 'the file is missing or empty'}) %}
{{ read_lines(name, widths) }}
{% endcall %}

{% call procedure('CHECK_' ~ name, 'Check header, trailer and count of ' ~ name ~ ', and leave the rows alone.',
                  holds = dict(v_last = 'INTEGER', v_header = 'INTEGER', v_trailer = 'INTEGER'),
                  codes = {5002: 'there is no line', 5003: 'the trailer is missing or counts otherwise',
                           5004: 'the header is of another kind of file'}) %}
SELECT COALESCE(MAX(l.LINE_NO), 0)
  FROM {{ name }} l
  INTO :v_last;
SELECT COUNT(*)
  FROM {{ name }} l
 WHERE l.LINE_NO = 1
{% for field in fields %}
   AND l.{{ field }} = '{{ field | replace('"', '') }}'
{% endfor %}
   AND l.SURPLUS IS NULL
  INTO :v_header;
SELECT COUNT(*)
  FROM {{ name }} l
 WHERE l.LINE_NO = :v_last
   AND l.{{ fields[0] }} = '#END'
   AND l.{{ fields[1] }} = TRIM(CAST(:v_last - 2 AS CHAR(11)))
{% if fields | length > 2 %}
   AND l.{{ fields[2] }} IS NULL
{% endif %}
  INTO :v_trailer;
SELECT CASE
         WHEN :v_last = 0    THEN 5002
         WHEN :v_header = 0  THEN 5004
         WHEN :v_trailer = 0 THEN 5003
         ELSE 0
       END,
       CASE
         WHEN :v_last = 0    THEN 'the file has no line'
         WHEN :v_header = 0  THEN 'line 1 is not the header {{ fields | join(',') | replace('"', '') }}'
         WHEN :v_trailer = 0 THEN 'the last of ' || TRIM(CAST(:v_last AS CHAR(11)))
              || ' lines is not #END,' || TRIM(CAST(:v_last - 2 AS CHAR(11)))
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE, :SQL_ERROR;
DELETE FROM {{ name }}
 WHERE LINE_NO IN (1, :v_last);
{% endcall %}
{% endmacro %}
