{#
  How Firebird writes what a rule only names.

  A rule is all or nothing: when the engine refuses one statement, the frame
  takes back the whole rule, and nothing else of the caller's transaction, which
  the caller commits. Statements end with a line of two dollar signs, so that one
  object may be sent by a driver statement by statement, or by isql under SET TERM $$.
#}

{# Rows of a table with `by_time` come and go by that moment: here it has an index. #}
{% macro table(name, purpose, columns, key, unique=[], unique_live=[], index=[], session=false, by_time='') %}
{% set live = [] %}
{% for fields in unique_live %}
{% set _ = live.append([live_key(fields)]) %}
{% endfor %}
{# A computed index serves no condition on its columns: each has a plain one beside it. #}
{% set index = index + unique_live + ([[by_time]] if by_time else []) %}
{{ declare('session' if session else 'table', name, purpose, columns=columns, key=key, unique=unique, unique_live=unique_live, live=live, index=index, by_time=by_time) }}
CREATE {{ 'GLOBAL TEMPORARY ' if session }}TABLE {{ name }} (
{% for column, (type, meaning) in columns.items() %}
    {{ column }} {{ type }},
{% endfor %}
{% for fields in unique %}
    CONSTRAINT {{ index_name(name, fields) }} UNIQUE ({{ fields | join(', ') }}),
{% endfor %}
    PRIMARY KEY ({{ key | join(', ') }})
){{ ' ON COMMIT DELETE ROWS' if session }}
$$
{% for fields in unique_live %}
CREATE UNIQUE INDEX {{ index_name(name, fields, live=true) }} ON {{ name }}
    COMPUTED BY {{ live_key(fields) }}
$$
{% endfor %}
{% for fields in index %}
CREATE INDEX {{ index_name(name, fields) }} ON {{ name }} ({{ fields | join(', ') }})
$$
{% endfor %}
COMMENT ON TABLE {{ name }} IS {{ purpose | quoted }}
$$
{% for column, (type, meaning) in columns.items() %}
COMMENT ON COLUMN {{ name }}.{{ column }} IS {{ meaning | quoted }}
$$
{% endfor %}
{% endmacro %}


{# What an index over the rows that are not deleted is of; null never collides in a unique one. #}
{% macro live_key(fields) %}(CASE WHEN DELETED = 0 THEN {{ fields | join(" || '/' || ") }} END){% endmacro %}


{% macro view(name, purpose, columns, callers=[]) %}
{{ declare('view', name, purpose, columns=columns, callers=callers) }}
CREATE OR ALTER VIEW {{ name }} (
    {{ columns | join(',\n    ') }}
) AS
{{ caller() | trim }}
$$
COMMENT ON VIEW {{ name }} IS {{ purpose | quoted }}
$$
{% endmacro %}


{% macro procedure(name, purpose, takes={}, gives={}, holds={}, codes={}, callers=[], reads=false, means={}, staged='', alters=false) %}
{{ declare('procedure', name, purpose, takes=takes, gives=gives, codes=codes, callers=callers, means=means, staged=staged, alters=alters) }}
{% set names = ['RESULT_CODE', 'SQL_ERROR', 'k_verdict'] + takes | list + gives | list + holds | list %}
CREATE OR ALTER PROCEDURE {{ name }}{{ ' (' if takes }}
{% for parameter, type in takes.items() %}
    {{ parameter }} {{ type }}{{ ',' if not loop.last else ')' }}
{% endfor %}
RETURNS (
{% for column, type in gives.items() %}
    {{ column }} {{ type }},
{% endfor %}
    RESULT_CODE INTEGER,
    SQL_ERROR VARCHAR(512)
)
SQL SECURITY DEFINER
AS
{% for variable, type in holds.items() %}
    DECLARE {{ variable }} {{ type }};
{% endfor %}
{% if gives %}
    DECLARE k_verdict INTEGER;
{% endif %}
    DECLARE k_failed VARCHAR(63);
BEGIN
    BEGIN
        -- This block has no handler of its own, so an error undoes all of it.
        BEGIN
            RESULT_CODE = 0;

{{ caller() | replace('%GIVES%', gives | sigils) | bind(names, ':') | replace('SET :', ':') | trim | indent(12, first=true) }}
        END

        WHEN ANY DO
        BEGIN
            RESULT_CODE = 9000;
            -- RULE_FAILED: a rule that this one ran has failed, said why and recorded it.
            k_failed = COALESCE(RDB$ERROR(EXCEPTION), '');
            IF (k_failed <> 'RULE_FAILED') THEN
                SQL_ERROR = LEFT(SQLSTATE || ' ' || GDSCODE || ' ' || RDB$ERROR(MESSAGE), 512);
            -- A lost update conflict is the caller's to repeat, not a fault to record.
            IF (SQLSTATE <> '40001' AND k_failed <> 'RULE_FAILED') THEN
                IN AUTONOMOUS TRANSACTION DO
                    INSERT INTO RULE_ERROR (OCCURRED_AT, ROUTINE, CALLER, MESSAGE)
                    VALUES (LOCALTIMESTAMP(0), '{{ name }}', CURRENT_USER, :SQL_ERROR);
        END
    END

{% if gives %}
    -- The last row is the verdict: all its other columns are null.
{% for column in gives %}
    {{ column }} = NULL;
{% endfor %}
{% endif %}
    SUSPEND;
END
$$
COMMENT ON PROCEDURE {{ name }} IS {{ purpose | quoted }}
$$
{% endmacro %}


{% macro when(condition) %}
IF ({{ condition }}) THEN
BEGIN
{{ caller() | trim | indent(4, first=true) }}
END
{% endmacro %}


{# As long as the condition holds; the body must come to change it. #}
{% macro while(condition) %}
WHILE ({{ condition }}) DO
BEGIN
{{ caller() | trim | indent(4, first=true) }}
END
{% endmacro %}


{% macro each(rows, into) %}
FOR
{{ rows | trim | indent(4, first=true) }}
    INTO {{ into }}
DO
BEGIN
{{ caller() | trim | indent(4, first=true) }}
END
{% endmacro %}


{# Run another rule; when the engine fails it, this one fails with it. #}
{% macro run(name, args=[]) %}
EXECUTE PROCEDURE {{ name }}{{ '(' ~ args | join(', ') ~ ')' if args }}
    RETURNING_VALUES :RESULT_CODE, :SQL_ERROR;
IF (:RESULT_CODE = 9000) THEN
    EXCEPTION RULE_FAILED;
{% endmacro %}


{# The rows that a procedure gives to its caller; the frame of the procedure knows the columns. #}
{% macro give() %}
SET :k_verdict = :RESULT_CODE;
SET :RESULT_CODE = NULL;
FOR
{{ caller() | trim | indent(4, first=true) }}
    INTO %GIVES%
DO
    SUSPEND;
SET :RESULT_CODE = :k_verdict;
{% endmacro %}


{# Give the transaction an empty table of its own. #}
{% macro stage(name) %}
DELETE FROM {{ name }};
{% endmacro %}


{# Copy another database's rows into a table of this transaction. #}
{% macro fetch(name) %}
EXECUTE PROCEDURE FETCH_{{ name }};
{% endmacro %}


{% macro insert_keyed(key, into) %}
{{ caller() | trim }}
RETURNING {{ key }} INTO {{ into }};
{% endmacro %}


{% macro add_minutes(moment, minutes) %}DATEADD(({{ minutes }}) MINUTE TO {{ moment }}){% endmacro %}

{% macro add_days(day, days) %}DATEADD(({{ days }}) DAY TO {{ day }}){% endmacro %}

{% macro days_between(start, end) %}DATEDIFF(DAY FROM {{ start }} TO {{ end }}){% endmacro %}

{% macro minutes_between(start, end) %}DATEDIFF(MINUTE FROM {{ start }} TO {{ end }}){% endmacro %}

{# The whole text matches; the pattern keeps to what all engines read alike. #}
{% macro matches(text, pattern) %}({{ text }} SIMILAR TO '{{ pattern }}' ESCAPE '\'){% endmacro %}

{# The text begins with another; by an index, if the column has one. #}
{% macro begins(text, start) %}({{ text }} STARTING WITH {{ start }}){% endmacro %}

{# HASH gives a signed number where the others give an unsigned one. #}
{% macro crc32(text) %}BIN_AND(CAST(HASH({{ text }} USING CRC32) AS BIGINT), 4294967295){% endmacro %}

{# Ends a SELECT, behind its ORDER BY: only so many rows, a number or a :variable. #}
{% macro first_rows(count) %}FETCH FIRST {{ count }} ROWS ONLY{% endmacro %}

{# Joins a table behind those before it: left to choose, Firebird does so by itself. #}
{% macro join_in_order() %}JOIN{% endmacro %}

{# Ends a SELECT over locked rows: here a stale read cannot be, the lock before it would have failed. #}
{% macro latest() %}{% endmacro %}
{% macro by_index(table, fields) %}{% endmacro %}
{% macro by_key() %}{% endmacro %}

{# Delete only so many rows, a :variable, of those that match. #}
{% macro delete_some(table, condition, order, count) %}
DELETE FROM {{ table }}
 WHERE {{ condition }}
 ORDER BY {{ order }}
  ROWS {{ count }};
{% endmacro %}

{#
  Take the lock that has this name; 3002 when another transaction has it for longer than this one
  waits for locks. It lasts as long as the transaction, which its holder takes back and never
  commits; a row that was committed all the same is one like any other to be locked.
#}
{% macro take_lock(name, seconds) %}
BEGIN
    UPDATE OR INSERT INTO API_LOCK (NAME)
    VALUES ({{ sha256(name) }})
    MATCHING (NAME);
    -- The engine takes a row that is inserted and not committed for a duplicate.
    WHEN GDSCODE unique_key_violation, GDSCODE deadlock, GDSCODE lock_timeout, GDSCODE lock_conflict,
         GDSCODE update_conflict DO
        SET :RESULT_CODE = 3002;
END
{% endmacro %}

{# A lock that this rule took, and after all refuses, goes when the caller takes its transaction back. #}
{% macro drop_lock(name) %}
{% endmacro %}

{# SHA-256 as 64 hexadecimal digits. #}
{% macro sha256(text) %}LOWER(HEX_ENCODE(CRYPT_HASH({{ text }} USING SHA256))){% endmacro %}

{# Bytes that are given as hexadecimal digits, in base64 with its padding. #}
{% macro base64_of_hex(digits) %}BASE64_ENCODE(HEX_DECODE({{ digits }})){% endmacro %}

{# Text that was read byte by byte, as its bytes, as their hexadecimal digits and as the UTF-8 that they are. #}
{% macro bytes_of(text, bytes) %}CAST(CAST({{ text }} AS VARCHAR({{ bytes }}) CHARACTER SET ISO8859_1) AS VARCHAR({{ bytes }}) CHARACTER SET OCTETS){% endmacro %}
{% macro hex_of(text, bytes) %}HEX_ENCODE({{ bytes_of(text, bytes) }}){% endmacro %}
{% macro utf8_of(text, bytes) %}CAST({{ bytes_of(text, bytes) }} AS VARCHAR({{ bytes }}) CHARACTER SET UTF8){% endmacro %}

{# The number that a byte of a text is, the first being 1; 0 behind its end. #}
{% macro byte_of(text, place) %}ASCII_VAL(SUBSTRING({{ text }} FROM {{ place }} FOR 1)){% endmacro %}

{% macro list_of(value, order) %}CAST(LIST({{ value }}, ',') AS VARCHAR(1024)){% endmacro %}


{# A line of a file, and what stands in it of a number and a moment: null is an empty field. #}
{% macro line_of(fields) %}{{ fields | join(" || ',' || ") }}{% endmacro %}

{% macro number(value) %}COALESCE(TRIM(CAST({{ value }} AS CHAR(24))), ''){% endmacro %}

{% macro moment(value) %}COALESCE(SUBSTRING(CAST({{ value }} AS CHAR(24)) FROM 1 FOR 19), ''){% endmacro %}


{#
  Give the lines of a file, as texts of many whole lines, to a client that writes them: a
  row costs the driver far more than a line costs the engine.
#}
{% macro give_lines(header) %}
SET :k_verdict = :RESULT_CODE;
SET :RESULT_CODE = NULL;
SET :TEXT = '{{ header }}' || ASCII_CHAR(10);
FOR
{{ caller() | trim | indent(4, first=true) }}
    INTO :v_line
DO
BEGIN
    IF (CHAR_LENGTH(TEXT) + CHAR_LENGTH(v_line) > 7990) THEN
    BEGIN
        SUSPEND;
        TEXT = '';
    END
    TEXT = TEXT || v_line || ASCII_CHAR(10);
END
SUSPEND;
SET :TEXT = '#END,' || :v_rows || ASCII_CHAR(10);
SUSPEND;
SET :RESULT_CODE = :k_verdict;
{% endmacro %}


{#
  Rules that handle files do so one after the other: at once they would collide in the scratch
  file, and two would find one name free. This row is the first that such a rule locks, so
  nobody who waits here holds what the one before still needs; it is free again when the
  caller's transaction ends.
#}
{% macro queue_for_files() %}
UPDATE LINK_KEY SET NUMBER = NUMBER;
{% endmacro %}

{% macro prove_piece(procedure) -%}
EXECUTE PROCEDURE PROVE_LINK('{{ procedure }} ' || :v_scratch || ' ' || :v_table || ' '
    || HEX_ENCODE(CRYPT_HASH(:v_piece USING SHA256))) RETURNING_VALUES :v_proof;
{%- endmacro %}

{# Write the lines of a file to the exchange directory, through the scratch file. #}
{% macro write_lines(file, header) %}
{% set rows = caller() | trim %}
{% set scratch = 'WITH AUTONOMOUS TRANSACTION ON EXTERNAL :v_scratch' %}
{{ queue_for_files() -}}
SET :v_scratch = RDB$GET_CONTEXT('SYSTEM', 'DB_NAME') || '.scratch';
SET :v_table = 'W' || CURRENT_CONNECTION || '_' || CURRENT_TRANSACTION;
EXECUTE PROCEDURE PROVE_LINK('OPEN_FILE ' || :v_scratch || ' ' || {{ file }} || ' ' || :v_table)
    RETURNING_VALUES :v_proof;
EXECUTE STATEMENT ('SELECT f.o_bytes FROM OPEN_FILE(?, ?, ?) f') (:v_proof, {{ file }}, :v_table)
    {{ scratch }} INTO :v_bytes;
{% call when(':v_bytes > 0') %}
SET :RESULT_CODE = 5001;
SET :SQL_ERROR = 'the exchange directory holds ' || {{ file }} || ' already';
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
SET :v_text = '{{ header }}' || ASCII_CHAR(10);
FOR
{{ rows | indent(4, first=true) }}
UNION ALL
SELECT '#END,' || :v_rows FROM RDB$DATABASE
    INTO :v_line
DO
BEGIN
    v_text = v_text || v_line || ASCII_CHAR(10);
    v_bytes = BIN_AND(OCTET_LENGTH(v_text), -4096);
    -- A piece costs two short transactions; with the longest line it still fits.
    IF (v_bytes >= 20480) THEN
    BEGIN
        v_piece = LEFT(v_text, v_bytes);
        {{ prove_piece('WRITE_FILE') | indent(8) }}
        EXECUTE STATEMENT ('EXECUTE PROCEDURE WRITE_FILE(?, ?, ?)')
            (:v_proof, :v_table, :v_piece) {{ scratch }};
        v_text = SUBSTRING(v_text FROM v_bytes + 1);
    END
END
SET :v_bytes = BIN_AND(OCTET_LENGTH(:v_text), -4096);
SET :v_piece = LEFT(:v_text, :v_bytes);
{{ prove_piece('WRITE_FILE') }}
EXECUTE STATEMENT ('EXECUTE PROCEDURE WRITE_FILE(?, ?, ?)')
    (:v_proof, :v_table, :v_piece) {{ scratch }};
SET :v_piece = SUBSTRING(:v_text FROM :v_bytes + 1);
{{ prove_piece('CLOSE_FILE') }}
EXECUTE STATEMENT ('EXECUTE PROCEDURE CLOSE_FILE(?, ?, ?)')
    (:v_proof, :v_table, :v_piece) {{ scratch }};
{% endcall %}
{% endmacro %}

{% set writer_holds = {
    'v_rows': 'INTEGER', 'v_line': 'VARCHAR(2048)', 'v_text': 'VARCHAR(32000) CHARACTER SET OCTETS',
    'v_piece': 'VARCHAR(32000) CHARACTER SET OCTETS',
    'v_scratch': 'VARCHAR(1024)', 'v_proof': 'VARCHAR(160)', 'v_table': 'VARCHAR(63)', 'v_bytes': 'BIGINT'} %}


{# Set columns of the rows of a table, u, that match rows of a smaller one, n, and a condition. #}
{% macro update_from(table, source, on, sets, within='') %}
MERGE INTO {{ table }} u
USING {{ source }} n
   ON {{ on }}
{% if within %}
   AND {{ within }}
{% endif %}
 WHEN MATCHED THEN
      UPDATE SET {% for column, value in sets.items() %}u.{{ column }} = {{ value }}{{ ',\n       ' if not loop.last }}{% endfor %};
{% endmacro %}
