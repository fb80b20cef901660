{% from 'frame.sql' import when, stage %}

{#
  Read a file of the exchange directory into a staging table.

  MySQL refuses LOAD DATA in a routine. So the file becomes one JSON text: an array of
  lines, each an array of fields. Text between quotes is escaped first, so that its commas
  and line ends do not divide it: pieces between quotes are those at even places, and an
  empty piece at an odd place inside stands for a doubled quote.
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
SET :v_text = REGEXP_REPLACE(:v_text, '[\x00-\x09\x0B-\x1F]', '?');
{% call when("RIGHT(:v_text, 1) = CHAR(10)") %}
SET :v_text = LEFT(:v_text, CHAR_LENGTH(:v_text) - 1);
{% endcall %}
{% call when("LOCATE('\"', :v_text) > 0") %}
SET :v_limit = @@group_concat_max_len;
SET SESSION group_concat_max_len = 4294967295;
SELECT GROUP_CONCAT(CASE
         WHEN MOD(s.NUMBER, 2) = 0
         THEN REPLACE(REPLACE(REPLACE(s.PIECE, '\', '\\'), ',', '\u002c'), CHAR(10), '\u000a')
         WHEN s.PIECE = '' AND s.NUMBER > 1 AND s.NUMBER < s.PIECES
         THEN '\u0022'
         ELSE REPLACE(s.PIECE, '\', '\\')
       END ORDER BY s.NUMBER SEPARATOR '')
  FROM (SELECT j.NUMBER, j.PIECE, COUNT(*) OVER () AS PIECES
          FROM JSON_TABLE(CONCAT('["', REPLACE(REPLACE(:v_text, CHAR(10), '\u000a'), '"', '","'), '"]'),
                          '$[*]' COLUMNS (NUMBER FOR ORDINALITY,
                                          PIECE LONGTEXT PATH '$')) j) s
  INTO :v_text;
SET SESSION group_concat_max_len = :v_limit;
{% endcall %}
{{ stage(name) }}
INSERT INTO {{ name }} (LINE_NO, {{ columns | join(', ') }})
SELECT j.LINE_NO{% for column in columns %}, j.{{ column }}{% endfor %}

  FROM JSON_TABLE(CONCAT('[["', REPLACE(REPLACE(:v_text, ',', '","'), CHAR(10), '"],["'), '"]]'), '$[*]'
         COLUMNS (LINE_NO FOR ORDINALITY
{% for column in columns %}
                , {{ column }} VARCHAR(64) PATH '$[{{ loop.index0 }}]' NULL ON EMPTY DEFAULT '"?"' ON ERROR
{% endfor %}
                 )) j;
{% endcall %}
{% endmacro %}

{% set reader_holds = {'v_text': 'LONGTEXT', 'v_limit': 'BIGINT UNSIGNED'} %}

{# The server divides a file into lines and fields by itself. #}
{% macro splitter(name, fields) %}
{% endmacro %}
