{#
  How MySQL and MariaDB change what is there: one statement a change, each with a guard, a
  query that gives a row once the change is done, so that it can be asked after a crash.
#}
{% import 'type.sql' as t %}
{% import 'frame.sql' as frame %}
{% import 'recorded.sql' as recorded %}

{# What a template only imports it does not offer. #}
{% set is_recorded, is_not_recorded = recorded.is_recorded, recorded.is_not_recorded %}
{% set forget, noted = recorded.forget, recorded.noted %}

{# What callers notice while a change is made. #}
{% set locks = {
  'create table': 'nothing: nobody uses it yet',
  'add column':   'the table for a moment (INSTANT): running statements on it end first, others wait',
  'add index':    'nothing while it is built (INPLACE, LOCK=NONE); the table for a moment at its begin and end',
  'drop index':   'the table for a moment (INPLACE, LOCK=NONE): running statements on it end first, others wait',
  'divide':       'the table for as long as its rows are copied: nobody writes to it',
  'describe':     'the table for a moment',
  'first rows':   'the rows that are added',
  'make':         'nothing: nobody uses it yet',
  'replace':      'the object for a moment: transactions that called it end first, new calls wait',
  'drop':         'the object for a moment: running calls end first',
} %}

{% macro has_table(name) %}
SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {{ name | quoted }}
{%- endmacro %}

{% macro has_column(table, column) %}
SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {{ table | quoted }} AND COLUMN_NAME = {{ column | replace('"', '') | quoted }}
{%- endmacro %}

{% macro has_index(table, name) %}
SELECT 1 FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {{ table | quoted }} AND INDEX_NAME = {{ name | quoted }} LIMIT 1
{%- endmacro %}

{% macro has_no_index(table, name) %}
SELECT 1 FROM DUAL WHERE NOT EXISTS ({{ has_index(table, name) }})
{%- endmacro %}

{% macro is_divided(table) %}
SELECT 1 FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {{ table | quoted }} AND PARTITION_NAME IS NOT NULL LIMIT 1
{%- endmacro %}

{% macro has_no(kind, name) %}
{% if kind == 'VIEW' %}
SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {{ name | quoted }})
{%- else %}
SELECT 1 FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_NAME = {{ name | quoted }})
{%- endif %}
{% endmacro %}

{# A column behind the one before it, so that the table ends as a new one would be. #}
{% macro add_column(table, column, type, meaning, before, place) %}
ALTER TABLE {{ table }} ADD COLUMN {{ column }} {{ type }} COMMENT {{ meaning | quoted }} {{ 'AFTER ' ~ before if before else 'FIRST' }}, ALGORITHM = INSTANT
$$
{% endmacro %}

{% macro add_index(table, name, fields, unique, live) %}
ALTER TABLE {{ table }} ADD {{ 'UNIQUE ' if unique }}KEY {{ name }} ({{ fields | join(', ') }}{{ ', LIVE' if unique and live }}), ALGORITHM = INPLACE, LOCK = NONE
$$
{% endmacro %}

{% macro drop_index(table, name) %}
ALTER TABLE {{ table }} DROP KEY {{ name }}, ALGORITHM = INPLACE, LOCK = NONE
$$
{% endmacro %}

{# Its rows go into one partition, which EXTEND_HISTORY divides. #}
{% macro divide(table, by_time) %}
ALTER TABLE {{ table }} {{ frame.partitions(by_time) }}
$$
{% endmacro %}

{# The texts that say what a table and its columns are for; nothing is written but the catalogue. #}
{% macro describe(table, purpose, columns) %}
ALTER TABLE {{ table }}
{% for column, (type, meaning) in columns.items() %}
    MODIFY COLUMN {{ column }} {{ type }} COMMENT {{ meaning | quoted }},
{% endfor %}
{% if purpose %}
    COMMENT = {{ purpose | quoted }},
{% endif %}
    ALGORITHM = INPLACE, LOCK = NONE
$$
{% endmacro %}

{# kind: VIEW or PROCEDURE #}
{% macro drop(kind, name) %}
DROP {{ kind }} IF EXISTS {{ name }}
$$
{% endmacro %}

{#
  A view's text is kept as the server understood it, so that alone can tell later whether it
  is still the one that was deployed.
#}
{% macro record(release, key, folder, checksum, name) %}
DELETE FROM SCHEMA_RELEASE WHERE OBJECT = {{ key | quoted }}
$$
INSERT INTO SCHEMA_RELEASE ("RELEASE", OBJECT, KIND, CHECKSUM, FINGERPRINT, DEPLOYED_AT, DEPLOYED_BY)
SELECT {{ release | quoted }}, {{ key | quoted }}, {{ folder | quoted }}, {{ checksum | quoted }},
       (SELECT SHA2(v.VIEW_DEFINITION, 256) FROM information_schema.VIEWS v
         WHERE v.TABLE_SCHEMA = DATABASE() AND v.TABLE_NAME = {{ name | quoted }}),
       LOCALTIMESTAMP, {{ t.caller }}
  FROM DUAL
$$
{% endmacro %}

{# Statements in a script that a person may run again: only while the guard gives no row. #}
{% macro unless(guard, statements) %}
SET @kenshin_done = EXISTS ({{ guard }})
$$
{% for statement in statements %}
SET @kenshin_change = IF(@kenshin_done, 'DO 0', {{ statement | quoted }})
$$
PREPARE kenshin_change FROM @kenshin_change
$$
EXECUTE kenshin_change
$$
DEALLOCATE PREPARE kenshin_change
$$
{% endfor %}
{% endmacro %}

{# Ends a change in a script: here every statement is committed by itself. #}
{% macro end_change() %}
{% endmacro %}
