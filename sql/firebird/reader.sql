{% from 'frame.sql' import when, queue_for_files %}

{#
  Read a file of the exchange directory into a staging table, through the scratch file.

  What is read is an argument of no procedure: a caller who traces his own connection would
  see it, and he may name a file that is not his.
#}
{% macro read_lines(name, columns) %}
{{ queue_for_files() -}}
SET :v_scratch = RDB$GET_CONTEXT('SYSTEM', 'DB_NAME') || '.scratch';
EXECUTE PROCEDURE PROVE_LINK('READ_FILE ' || :v_scratch || ' ' || :p_file_name) RETURNING_VALUES :v_proof;
SET :v_text = '';
SET :v_line_no = 0;
SET :v_read = 0;
FOR EXECUTE STATEMENT ('SELECT f.o_bytes FROM READ_FILE(?, ?) f') (:v_proof, :p_file_name)
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch
    INTO :v_bytes
DO
BEGIN
    v_read = v_read + OCTET_LENGTH(v_bytes);
    v_text = v_text || v_bytes;
    -- The last piece of a file is no whole block.
    IF (OCTET_LENGTH(v_bytes) < 4096 AND OCTET_LENGTH(v_text) > 0 AND RIGHT(v_text, 1) <> x'0A') THEN
        v_text = v_text || ASCII_CHAR(10);
{{ split(name, columns, 'v_text', 'v_line_no') | indent(4, first=true) }}
END
{% call when(':v_read = 0') %}
SET :RESULT_CODE = 5002;
SET :SQL_ERROR = 'the exchange directory held no such file, or it is empty';
{% endcall %}
{% endmacro %}

{% set reader_holds = {
    'v_scratch': 'VARCHAR(1024)', 'v_proof': 'VARCHAR(160)', 'v_line_no': 'INTEGER', 'v_read': 'BIGINT',
    'v_text': 'VARCHAR(32000) CHARACTER SET OCTETS', 'v_bytes': 'VARCHAR(4096) CHARACTER SET OCTETS',
    'v_start': 'INTEGER', 'v_end': 'INTEGER', 'v_line': 'VARCHAR(32000) CHARACTER SET OCTETS',
    'v_from': 'INTEGER', 'v_to': 'INTEGER'} %}

{# The type of :v_1, :v_2 …, one for each field of a line. #}
{% set field_type = 'VARCHAR(%d) CHARACTER SET ISO8859_1' %}


{#
  Divide bytes into lines and fields: put every whole line into the staging table, and leave
  the rest of the last one. Bytes are read as ISO 8859-1, in which every byte is a
  character: a rule then refuses the one bad line by its number. A quoted field may hold
  commas and doubled quotes; a line end inside quotes ends the line.
#}
{% macro split(name, fields, text, line_no) %}
-- The first piece of a file finds the table empty: a client has no right to clear it.
IF ({{ line_no }} = 0) THEN
    DELETE FROM {{ name }};
v_start = 1;
v_end = POSITION(x'0A', {{ text }}, v_start);
WHILE (v_end > 0) DO
BEGIN
    v_line = SUBSTRING({{ text }} FROM v_start FOR v_end - v_start);
    IF (RIGHT(v_line, 1) = x'0D') THEN
        v_line = LEFT(v_line, OCTET_LENGTH(v_line) - 1);
    v_from = 1;
{% for field, width in fields.items() %}
    v_{{ loop.index }} = NULL;
    IF (v_from > 0) THEN
    BEGIN
        v_to = 0;
        IF (SUBSTRING(v_line FROM v_from FOR 1) = '"') THEN
        BEGIN
            v_to = POSITION('"', v_line, v_from + 1);
            WHILE (v_to > 0 AND SUBSTRING(v_line FROM v_to + 1 FOR 1) = '"') DO
                v_to = POSITION('"', v_line, v_to + 2);
            IF (v_to < OCTET_LENGTH(v_line) AND SUBSTRING(v_line FROM v_to + 1 FOR 1) <> ',') THEN
                v_to = 0;
        END
        IF (v_to > 0) THEN
        BEGIN
            v_{{ loop.index }} = LEFT(REPLACE(SUBSTRING(v_line FROM v_from + 1 FOR v_to - v_from - 1), '""', '"'), {{ width }});
            v_to = POSITION(',', v_line, v_to);
        END
        ELSE
        BEGIN
            -- A quote that does not end the field stays in it: no rule takes such a field.
            v_to = POSITION(',', v_line, v_from);
            IF (v_to = 0) THEN
                v_{{ loop.index }} = LEFT(SUBSTRING(v_line FROM v_from), {{ width }});
            ELSE
                v_{{ loop.index }} = LEFT(SUBSTRING(v_line FROM v_from FOR v_to - v_from), {{ width }});
        END
        v_from = CASE WHEN v_to = 0 THEN 0 ELSE v_to + 1 END;
    END
{% endfor %}
    {{ line_no }} = {{ line_no }} + 1;
    INSERT INTO {{ name }} (LINE_NO, {{ fields | join(', ') }})
    VALUES (:{{ line_no }}{% for field in fields %}, :v_{{ loop.index }}{% endfor %});
    v_start = v_end + 1;
    v_end = POSITION(x'0A', {{ text }}, v_start);
END
{{ text }} = SUBSTRING({{ text }} FROM v_start);
-- A field keeps {{ fields.values() | max }} bytes at most: no line as long as this can be a good one.
IF (OCTET_LENGTH({{ text }}) > 8000) THEN
    {{ text }} = LEFT({{ text }}, 8000);
{% endmacro %}

{# The same for a client that holds the file, and gives its bytes piece by piece. #}
{% macro splitter(name, fields) %}
{{ declare('splitter', 'STAGE_' ~ name, 'Divide bytes into the lines of ' ~ name ~ '.') }}
CREATE OR ALTER PROCEDURE STAGE_{{ name }} (
    p_text VARCHAR(32000) CHARACTER SET OCTETS,
    p_line_no INTEGER
)
RETURNS (
    o_rest VARCHAR(32000) CHARACTER SET OCTETS,
    o_line_no INTEGER
)
SQL SECURITY DEFINER
AS
    DECLARE v_start INTEGER;
    DECLARE v_end INTEGER;
    DECLARE v_line VARCHAR(32000) CHARACTER SET OCTETS;
    DECLARE v_from INTEGER;
    DECLARE v_to INTEGER;
{% for width in fields.values() %}
    DECLARE v_{{ loop.index }} {{ field_type % width }};
{% endfor %}
BEGIN
    o_rest = p_text;
    o_line_no = p_line_no;
{{ split(name, fields, 'o_rest', 'o_line_no') | indent(4, first=true) }}
    SUSPEND;
END
$$
{% endmacro %}
