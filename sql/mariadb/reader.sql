{% from 'frame.sql' import when, stage, load_clause %}

{#
  Read a file of the exchange directory into a staging table.

  MariaDB allows LOAD DATA in a routine through EXECUTE IMMEDIATE. Its own REPLACE takes
  quadratic time on a whole file, so the way of MySQL is closed to it.
#}
{% macro read_lines(name, columns) %}
SET :v_path = CONCAT(@@secure_file_priv, :p_file_name);
SELECT LEFT(LOAD_FILE(:v_path), 4096) INTO :v_head;
{% call when("COALESCE(:v_head, '') = ''") %}
SET :RESULT_CODE = 5002;
SET :SQL_ERROR = 'the server finds no such file in its exchange directory, or it is empty, or exceeds max_allowed_packet';
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ stage(name) }}
EXECUTE IMMEDIATE CONCAT('LOAD DATA INFILE ''', :v_path, ''' {{ load_clause(name, columns, '@@') | replace("'", "''") | replace('@@', "''', CASE WHEN LOCATE(CONCAT(CHAR(13), CHAR(10)), :v_head) > 0 THEN CHAR(13) ELSE '' END, CHAR(10), '''") }}');
{% endcall %}
{% endmacro %}

{% set reader_holds = {'v_path': 'VARCHAR(1024)', 'v_head': 'LONGBLOB'} %}
{% set field_type = '' %}

{# The server divides a file into lines and fields by itself. #}
{% macro splitter(name, fields) %}
{% endmacro %}
