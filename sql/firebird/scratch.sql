{#
  The scratch file beside a database file: how rules read and write the exchange directory.

  Firebird sees a file as an external table: blocks of 4,096 bytes, then the rest byte by byte.
  Each such table takes a number that never comes back while the connection lives, so they are
  made and dropped here, in a file that may be made anew at any time. What it does, it does with
  the rights of its owner, and only for those who prove that they know the link key: no consumer needs a right to
  make a table, or can read a file by himself.
#}
{% include 'link.sql' %}
{% include 'link_used.sql' %}
{% include 'link_proof.sql' %}

{% macro procedure(name, purpose, proved, takes, gives='', holds=[]) %}
{{ declare('scratch', name, purpose) }}
CREATE OR ALTER PROCEDURE {{ name }} (
    p_proof VARCHAR(160),
{% for parameter, type in takes.items() %}
    {{ parameter }} {{ type }}{{ ',' if not loop.last else ')' }}
{% endfor %}
{{ 'RETURNS (' ~ gives ~ ')\n' if gives -}}
SQL SECURITY DEFINER
AS
{% for variable in holds %}
    DECLARE {{ variable }};
{% endfor %}
BEGIN
    EXECUTE PROCEDURE CHECK_LINK(:p_proof, '{{ name }} ' || RDB$GET_CONTEXT('SYSTEM', 'DB_NAME') || ' ' || {{ proved }});
{{ caller() | trim | indent(4, first=true) }}
END
$$
COMMENT ON PROCEDURE {{ name }} IS {{ purpose | quoted }}
$$
{% endmacro %}

{% macro as_table(name, bytes) %}
EXECUTE STATEMENT 'RECREATE TABLE ' || {{ name }} || ' EXTERNAL FILE ''' || p_file_name
    || ''' (BLOCK CHAR({{ bytes }}) CHARACTER SET OCTETS)'
    WITH AUTONOMOUS TRANSACTION;
{%- endmacro %}

{% macro drop(name) %}
EXECUTE STATEMENT 'DROP TABLE ' || {{ name }}
    WITH AUTONOMOUS TRANSACTION;
{%- endmacro %}

{% set piece = "p_table || ' ' || HEX_ENCODE(CRYPT_HASH(p_bytes USING SHA256))" %}

{% call procedure('READ_FILE', 'Give the bytes of a file in pieces; the last one may be empty.',
                  'p_file_name',
                  {'p_file_name': 'VARCHAR(128)'},
                  'o_bytes VARCHAR(4096) CHARACTER SET OCTETS',
                  ['v_table VARCHAR(63)', 'v_block CHAR(4096) CHARACTER SET OCTETS',
                   'v_byte CHAR(1) CHARACTER SET OCTETS', 'v_read BIGINT = 0']) %}
v_table = 'R' || CURRENT_CONNECTION || '_' || CURRENT_TRANSACTION;
{{ as_table('v_table', 4096) }}
FOR EXECUTE STATEMENT 'SELECT BLOCK FROM ' || v_table
    WITH AUTONOMOUS TRANSACTION
    INTO v_block
DO
BEGIN
    v_read = v_read + 4096;
    o_bytes = v_block;
    SUSPEND;
END
{{ as_table("v_table || 'T'", 1) }}
o_bytes = '';
FOR EXECUTE STATEMENT 'SELECT BLOCK FROM ' || v_table || 'T OFFSET ' || v_read || ' ROWS'
    WITH AUTONOMOUS TRANSACTION
    INTO v_byte
DO
    o_bytes = o_bytes || v_byte;
{{ drop('v_table') }}
{{ drop("v_table || 'T'") }}
SUSPEND;
{% endcall %}

{% call procedure('OPEN_FILE', 'Begin a file, and say whether it has bytes already: then it stays as it is.',
                  "p_file_name || ' ' || p_table",
                  {'p_file_name': 'VARCHAR(128)', 'p_table': 'VARCHAR(60)'},
                  'o_bytes BIGINT') %}
{{ as_table("p_table || 'T'", 1) }}
EXECUTE STATEMENT 'SELECT COUNT(BLOCK) FROM (SELECT BLOCK FROM ' || p_table || 'T ROWS 1)'
    WITH AUTONOMOUS TRANSACTION
    INTO o_bytes;
IF (o_bytes = 0) THEN
BEGIN
{{ as_table('p_table', 4096) | indent(4, first=true) }}
END
ELSE
BEGIN
{{ drop("p_table || 'T'") | indent(4, first=true) }}
END
SUSPEND;
{% endcall %}

{% call procedure('WRITE_FILE', 'Write whole blocks to a file that was begun.', piece,
                  {'p_table': 'VARCHAR(60)', 'p_bytes': 'VARCHAR(28672) CHARACTER SET OCTETS'},
                  holds = ['v_from INTEGER = 1']) %}
WHILE (v_from < OCTET_LENGTH(p_bytes)) DO
BEGIN
    EXECUTE STATEMENT ('INSERT INTO ' || p_table || ' (BLOCK) VALUES (?)')
        (SUBSTRING(p_bytes FROM v_from FOR 4096))
        WITH AUTONOMOUS TRANSACTION;
    v_from = v_from + 4096;
END
{% endcall %}

{% call procedure('CLOSE_FILE', 'Write what is left of a file, less than a block, and end it.', piece,
                  {'p_table': 'VARCHAR(60)', 'p_bytes': 'VARCHAR(4096) CHARACTER SET OCTETS'}) %}
EXECUTE STATEMENT ('EXECUTE BLOCK (p_bytes VARCHAR(4096) CHARACTER SET OCTETS = ?)
    AS
        DECLARE v_from INTEGER = 1;
    BEGIN
        WHILE (v_from <= OCTET_LENGTH(p_bytes)) DO
        BEGIN
            INSERT INTO ' || p_table || 'T (BLOCK) VALUES (SUBSTRING(:p_bytes FROM :v_from FOR 1));
            v_from = v_from + 1;
        END
    END')
    (p_bytes)
    WITH AUTONOMOUS TRANSACTION;
{{ drop('p_table') }}
{{ drop("p_table || 'T'") }}
{% endcall %}
