{% from 'frame.sql' import when, let_go %}

{#
  Read a file of the exchange directory into a staging table.

  Firebird sees a file as an external table: blocks of 4,096 bytes, then the rest byte by
  byte. Each such table takes a number that never comes back while the connection lives,
  so they live in a scratch database beside the main one, which may be made anew at any time.
  Its name is the main database's with .scratch behind.
#}
{% macro read_lines(name, columns) %}
DELETE FROM {{ name }};
SET :v_scratch = RDB$GET_CONTEXT('SYSTEM', 'DB_NAME') || '.scratch';
SET :v_table = 'R' || CURRENT_CONNECTION || '_' || CURRENT_TRANSACTION;
SET :v_rest = '';
SET :v_line_no = 0;
SET :v_bytes = 0;
EXECUTE STATEMENT 'RECREATE TABLE ' || :v_table || ' EXTERNAL FILE ''' || :p_file_name
    || ''' (BLOCK CHAR(4096) CHARACTER SET OCTETS)'
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch;
FOR EXECUTE STATEMENT 'SELECT BLOCK FROM ' || :v_table
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch
    INTO :v_block
DO
BEGIN
    :v_bytes = :v_bytes + 4096;
    EXECUTE PROCEDURE STAGE_{{ name }}(:v_rest || :v_block, :v_line_no)
        RETURNING_VALUES :v_rest, :v_line_no;
END
EXECUTE STATEMENT 'RECREATE TABLE ' || :v_table || 'T EXTERNAL FILE ''' || :p_file_name
    || ''' (BLOCK CHAR(1) CHARACTER SET OCTETS)'
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch;
FOR EXECUTE STATEMENT 'SELECT BLOCK FROM ' || :v_table || 'T OFFSET ' || :v_bytes || ' ROWS'
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch
    INTO :v_byte
DO
BEGIN
    :v_bytes = :v_bytes + 1;
    :v_rest = :v_rest || :v_byte;
END
{{ let_go() }}
EXECUTE STATEMENT 'DROP TABLE ' || :v_table
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch;
EXECUTE STATEMENT 'DROP TABLE ' || :v_table || 'T'
    WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch;
{% call when(':v_bytes = 0') %}
SET :RESULT_CODE = 5002;
SET :SQL_ERROR = 'the exchange directory held no such file, or it is empty';
{% endcall %}
{% call when("RIGHT(:v_rest, 1) <> ASCII_CHAR(10)") %}
SET :v_rest = :v_rest || ASCII_CHAR(10);
{% endcall %}
EXECUTE PROCEDURE STAGE_{{ name }}(:v_rest, :v_line_no) RETURNING_VALUES :v_rest, :v_line_no;
{% endmacro %}

{% set reader_holds = {
    'v_scratch': 'VARCHAR(1024)', 'v_table': 'VARCHAR(63)', 'v_line_no': 'INTEGER', 'v_bytes': 'BIGINT',
    'v_rest': 'VARCHAR(32000) CHARACTER SET OCTETS', 'v_block': 'CHAR(4096) CHARACTER SET OCTETS',
    'v_byte': 'CHAR(1) CHARACTER SET OCTETS'} %}


{#
  Divide bytes into lines and fields: give every whole line to the staging table, and the
  rest of the last one back. Bytes are read as ISO 8859-1, in which every byte is a
  character: a rule then refuses the one bad line by its number. A quoted field may hold
  commas and doubled quotes; a line end inside quotes ends the line.
#}
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
    DECLARE v_start INTEGER = 1;
    DECLARE v_end INTEGER;
    DECLARE v_line VARCHAR(32000) CHARACTER SET OCTETS;
    DECLARE v_from INTEGER;
    DECLARE v_to INTEGER;
{% for field in fields %}
    DECLARE v_{{ loop.index }} VARCHAR(64) CHARACTER SET ISO8859_1;
{% endfor %}
BEGIN
    o_line_no = p_line_no;
    v_end = POSITION(x'0A', p_text, v_start);
    WHILE (v_end > 0) DO
    BEGIN
        v_line = SUBSTRING(p_text FROM v_start FOR v_end - v_start);
        IF (RIGHT(v_line, 1) = x'0D') THEN
            v_line = LEFT(v_line, OCTET_LENGTH(v_line) - 1);
        v_from = 1;
{% for field in fields %}
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
                v_{{ loop.index }} = LEFT(REPLACE(SUBSTRING(v_line FROM v_from + 1 FOR v_to - v_from - 1), '""', '"'), 64);
                v_to = POSITION(',', v_line, v_to);
            END
            ELSE
            BEGIN
                -- A quote that does not end the field stays in it: no rule takes such a field.
                v_to = POSITION(',', v_line, v_from);
                IF (v_to = 0) THEN
                    v_{{ loop.index }} = LEFT(SUBSTRING(v_line FROM v_from), 64);
                ELSE
                    v_{{ loop.index }} = LEFT(SUBSTRING(v_line FROM v_from FOR v_to - v_from), 64);
            END
            v_from = CASE WHEN v_to = 0 THEN 0 ELSE v_to + 1 END;
        END
{% endfor %}
        o_line_no = o_line_no + 1;
        INSERT INTO {{ name }} (LINE_NO, {{ fields | join(', ') }})
        VALUES (:o_line_no{% for field in fields %}, :v_{{ loop.index }}{% endfor %});
        v_start = v_end + 1;
        v_end = POSITION(x'0A', p_text, v_start);
    END
    o_rest = SUBSTRING(p_text FROM v_start);
    -- A field keeps 64 bytes: no line as long as this can be a good one.
    IF (OCTET_LENGTH(o_rest) > 8000) THEN
        o_rest = LEFT(o_rest, 8000);
    SUSPEND;
END
$$
{% endmacro %}
