{% from 'frame.sql' import when, stage %}

{#
  Read a file of the exchange directory into a staging table.

  MySQL refuses LOAD DATA in a routine. So the file becomes one JSON text: an array of
  lines, each an array of fields. JSON takes no control characters, and no column a field
  that is too long: both become what no rule takes, a question mark, or DEL where a wide
  column holds text. The quotes around a field then become control characters, so that the
  pieces between them are those at even places, and the commas there are escaped; any other
  quote is text.
#}
{% macro read_lines(name, columns) %}
SET :v_text = CONVERT(LOAD_FILE(CONCAT(@@secure_file_priv, :p_file_name)) USING latin1);
{% call when(':v_text IS NULL') %}
SET :RESULT_CODE = 5002;
SET :SQL_ERROR = 'the server finds no such file in its exchange directory, or it exceeds max_allowed_packet';
{% endcall %}
{% call when(":v_text = ''") %}
SET :RESULT_CODE = 5002;
SET :SQL_ERROR = 'the file is empty';
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
SET :v_text = REPLACE(REPLACE(:v_text, CONCAT(CHAR(13), CHAR(10)), CHAR(10)), '\', '\\');
SET :v_text = REGEXP_REPLACE(:v_text, '[\x00-\x09\x0B-\x1F]', {{ "'?'" if columns.values() | max < 256 else 'CHAR(127 USING utf8mb4)' }});
{% call when("RIGHT(:v_text, 1) = CHAR(10)") %}
SET :v_text = LEFT(:v_text, CHAR_LENGTH(:v_text) - 1);
{% endcall %}
{% call when("LOCATE('\"', :v_text) > 0") %}
SET :v_limit = @@group_concat_max_len;
SET SESSION group_concat_max_len = 4294967295;
-- Line by line, and no more than a good one has: a pattern that tries a whole file takes too many steps.
SELECT GROUP_CONCAT(REPLACE(CASE
         WHEN LOCATE('"', j.LINE_TEXT) > 0
         THEN REGEXP_REPLACE(LEFT(j.LINE_TEXT, 8000), '(^|,)"([^"]*+(?:""[^"]*+)*+)"(?=,|\z)', '$1\u0001$2\u0001')
         ELSE j.LINE_TEXT
       END, '\', '\\') ORDER BY j.LINE_NO SEPARATOR '\u000a')
  FROM JSON_TABLE(CONCAT('["', REPLACE(REPLACE(:v_text, '"', '\"'), CHAR(10), '","'), '"]'),
                  '$[*]' COLUMNS (LINE_NO FOR ORDINALITY,
                                  LINE_TEXT LONGTEXT PATH '$')) j
  INTO :v_text;
SELECT GROUP_CONCAT(CASE
         WHEN MOD(j.NUMBER, 2) = 0
         THEN REPLACE(REPLACE(REPLACE(j.PIECE, '\', '\\'), ',', '\u002c'), '""', '\u0022')
         ELSE REPLACE(REPLACE(j.PIECE, '\', '\\'), '"', '\u0022')
       END ORDER BY j.NUMBER SEPARATOR '')
  FROM JSON_TABLE(CONCAT('["', REPLACE(REPLACE(:v_text, '"', '\"'), CHAR(1), '","'), '"]'),
                  '$[*]' COLUMNS (NUMBER FOR ORDINALITY,
                                  PIECE LONGTEXT PATH '$')) j
  INTO :v_text;
SET SESSION group_concat_max_len = :v_limit;
{% endcall %}
{{ stage(name) }}
INSERT INTO {{ name }} (LINE_NO, {{ columns | join(', ') }})
SELECT j.LINE_NO{% for column in columns %}, j.{{ column }}{% endfor %}

  FROM JSON_TABLE(CONCAT('[["', REPLACE(REPLACE(:v_text, ',', '","'), CHAR(10), '"],["'), '"]]'), '$[*]'
         COLUMNS (LINE_NO FOR ORDINALITY
{% for column in columns %}
                , {{ column }} VARCHAR({{ columns[column] }}) PATH '$[{{ loop.index0 }}]' NULL ON EMPTY DEFAULT '"{{ '?' if columns[column] < 256 else '\\u007f' }}"' ON ERROR
{% endfor %}
                 )) j;
{% endcall %}
{% endmacro %}

{% set reader_holds = {'v_text': 'LONGTEXT', 'v_limit': 'BIGINT UNSIGNED'} %}
{% set field_type = '' %}

{# The server divides a file into lines and fields by itself. #}
{% macro splitter(name, fields) %}
{% endmacro %}
