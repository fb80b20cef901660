{#
  How Firebird changes what is there. A change is one transaction; its guard is a query that
  gives a row once the change is done, so that it can be asked after a crash.
#}
{% import 'type.sql' as t %}
{% import 'recorded.sql' as recorded %}

{# What a template only imports it does not offer. #}
{% set is_recorded, is_not_recorded = recorded.is_recorded, recorded.is_not_recorded %}
{% set forget, noted = recorded.forget, recorded.noted %}

{# What callers notice while a change is made. #}
{% set locks = {
  'create table': 'nothing: nobody uses it yet',
  'add column':   'nothing: rows get the column when they are next written',
  'add index':    'the table while the index is built: whoever writes to it waits',
  'drop index':   'the table for a moment: running calls that read by the index end first',
  'describe':     'nothing',
  'first rows':   'the rows that are added',
  'make':         'nothing: nobody uses it yet',
  'replace':      'nothing: running calls end as they began, the next one finds the new text',
  'drop':         'the object for a moment: running calls end first',
} %}

{% macro has_table(name) %}
SELECT 1 FROM RDB$RELATIONS WHERE RDB$RELATION_NAME = {{ name | quoted }}
{%- endmacro %}

{% macro has_column(table, column) %}
SELECT 1 FROM RDB$RELATION_FIELDS WHERE RDB$RELATION_NAME = {{ table | quoted }} AND RDB$FIELD_NAME = {{ column | replace('"', '') | quoted }}
{%- endmacro %}

{% macro has_index(table, name) %}
SELECT 1 FROM RDB$INDICES WHERE RDB$INDEX_NAME = {{ name | quoted }} AND COALESCE(RDB$INDEX_INACTIVE, 0) = 0
{%- endmacro %}

{% macro has_no_index(table, name) %}
SELECT 1 FROM RDB$DATABASE WHERE NOT EXISTS (SELECT 1 FROM RDB$INDICES WHERE RDB$INDEX_NAME = {{ name | quoted }})
{%- endmacro %}

{% macro has_no(kind, name) %}
{% if kind == 'PROCEDURE' %}
SELECT 1 FROM RDB$DATABASE WHERE NOT EXISTS (SELECT 1 FROM RDB$PROCEDURES WHERE RDB$PROCEDURE_NAME = {{ name | quoted }})
{%- else %}
SELECT 1 FROM RDB$DATABASE WHERE NOT EXISTS (SELECT 1 FROM RDB$RELATIONS WHERE RDB$RELATION_NAME = {{ name | quoted }})
{%- endif %}
{% endmacro %}

{# A column at its place, so that the table ends as a new one would be. #}
{% macro add_column(table, column, type, meaning, before, place) %}
ALTER TABLE {{ table }} ADD {{ column }} {{ type }}, ALTER COLUMN {{ column }} POSITION {{ place }}
$$
COMMENT ON COLUMN {{ table }}.{{ column }} IS {{ meaning | quoted }}
$$
{% endmacro %}

{% macro add_index(table, name, fields, unique, live) %}
{% if unique and live %}
CREATE UNIQUE INDEX {{ name }} ON {{ table }}
    COMPUTED BY (CASE WHEN DELETED = 0 THEN {{ fields | join(" || '/' || ") }} END)
{% elif unique %}
ALTER TABLE {{ table }} ADD CONSTRAINT {{ name }} UNIQUE ({{ fields | join(', ') }})
{% else %}
CREATE INDEX {{ name }} ON {{ table }} ({{ fields | join(', ') }})
{% endif %}
$$
{% endmacro %}

{# That of a constraint goes with it. #}
{% macro drop_index(table, name) %}
EXECUTE BLOCK
AS
BEGIN
    IF (EXISTS (SELECT 1 FROM RDB$RELATION_CONSTRAINTS WHERE RDB$INDEX_NAME = {{ name | quoted }})) THEN
        EXECUTE STATEMENT 'ALTER TABLE {{ table }} DROP CONSTRAINT {{ name }}';
    ELSE
        EXECUTE STATEMENT 'DROP INDEX {{ name }}';
END
$$
{% endmacro %}

{# The texts that say what a table and its columns are for. #}
{% macro describe(table, purpose, columns) %}
{% if purpose %}
COMMENT ON TABLE {{ table }} IS {{ purpose | quoted }}
$$
{% endif %}
{% for column, (type, meaning) in columns.items() %}
COMMENT ON COLUMN {{ table }}.{{ column }} IS {{ meaning | quoted }}
$$
{% endfor %}
{% endmacro %}

{# The counter of a key goes behind a number that was given, and never back. #}
{% macro move_counter(table, column, number) %}
EXECUTE BLOCK
AS
    DECLARE v_counter VARCHAR(63);
    DECLARE v_value BIGINT;
BEGIN
    SELECT TRIM(f.RDB$GENERATOR_NAME)
      FROM RDB$RELATION_FIELDS f
     WHERE f.RDB$RELATION_NAME = {{ table | quoted }}
       AND f.RDB$FIELD_NAME = {{ column | quoted }}
      INTO v_counter;
    EXECUTE STATEMENT 'SELECT GEN_ID(' || v_counter || ', 0) FROM RDB$DATABASE' INTO v_value;
    IF (v_value < {{ number }}) THEN
        EXECUTE STATEMENT 'ALTER TABLE {{ table }} ALTER COLUMN {{ column }} RESTART WITH {{ number + 1 }}';
END
$$
{% endmacro %}

{# kind: VIEW, TABLE (one of a transaction, which holds nothing) or PROCEDURE #}
{% macro drop(kind, name) %}
EXECUTE BLOCK
AS
BEGIN
    IF (NOT EXISTS ({{ has_no(kind, name) | trim }})) THEN
        EXECUTE STATEMENT 'DROP {{ kind }} {{ name }}';
END
$$
{% endmacro %}

{% macro record(release, key, folder, checksum, name) %}
DELETE FROM SCHEMA_RELEASE WHERE OBJECT = {{ key | quoted }}
$$
INSERT INTO SCHEMA_RELEASE ("RELEASE", OBJECT, KIND, CHECKSUM, DEPLOYED_AT, DEPLOYED_BY)
VALUES ({{ release | quoted }}, {{ key | quoted }}, {{ folder | quoted }}, {{ checksum | quoted }},
        LOCALTIMESTAMP(0), {{ t.caller }})
$$
{% endmacro %}

{# Statements in a script that a person may run again: only while the guard gives no row. #}
{% macro unless(guard, statements) %}
EXECUTE BLOCK
AS
BEGIN
    IF (NOT EXISTS ({{ guard }})) THEN
    BEGIN
{% for statement in statements %}
        EXECUTE STATEMENT {{ statement | quoted }};
{% endfor %}
    END
END
$$
{% endmacro %}

{# Ends a change in a script. #}
{% macro end_change() %}
COMMIT
$$
{% endmacro %}
