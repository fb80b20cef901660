{#
  SYNC_HE makes the tables of HE-DB equal to MDM-DB's, as far as a head-end needs them.

  One pass over a table and its copy finds the rows that differ, and only they are touched. What
  is compared and copied are the columns that HE-DB's own tables declare.
#}
{% from 'frame.sql' import procedure, when, each, give, fetch %}
{% from 'whole.sql' import read_whole %}
{% import 'type.sql' as t %}

{% macro same_key(table, left, right) %}
{% for column in table.key %}{{ left }}.{{ column }} = {{ right }}.{{ column }}{{ ' AND ' if not loop.last }}{% endfor %}
{%- endmacro %}

{% macro differs(table, left, right) %}
{% for column, (type, meaning) in table.columns.items() if column not in table.key %}
{{ left }}.{{ column }} <> {{ right }}.{{ column }}
{% if 'NOT NULL' not in type %}
OR ({{ left }}.{{ column }} IS NULL AND {{ right }}.{{ column }} IS NOT NULL)
OR ({{ left }}.{{ column }} IS NOT NULL AND {{ right }}.{{ column }} IS NULL)
{% endif %}
{{ 'OR ' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# MySQL would set up threads for a bare COUNT(*): 10 ms, of an empty table too. #}
{% macro count_of(table, into) %}
SELECT COALESCE(SUM(1), 0) FROM {{ table }} c INTO {{ into }};
{%- endmacro %}

{% macro at_key(table, row) %}
{% for column in table.key %}{{ row }}{{ column }} = :v_{{ column | lower }}{{ ' AND ' if not loop.last }}{% endfor %}
{%- endmacro %}

{% set tables = tables_of('he') %}
{% set holds = {'v_sync': 'VARCHAR(255)', 'v_copies': 'INTEGER', 'v_rows': 'INTEGER', 'v_new': 'INTEGER'} %}
{% for table in tables %}
{% for column in table.key %}
{% set _ = holds.update({'v_' ~ column | lower: table.columns[column][0] | replace(' NOT NULL', '')}) %}
{% endfor %}
{% for count in ('added', 'changed', 'removed') %}
{% set _ = holds.update({'v_' ~ count ~ '_' ~ table.name | lower: 'INTEGER'}) %}
{% endfor %}
{% endfor %}

{% call procedure('SYNC_HE', 'Make the tables of HE-DB equal to those of MDM-DB.',
                  callers = ['SHIM'],
                  gives = dict(TABLE_NAME = 'VARCHAR(63)', ADDED = 'INTEGER', CHANGED = 'INTEGER', REMOVED = 'INTEGER'),
                  holds = holds,
                  means = dict(TABLE_NAME = 'Table of HE-DB.', ADDED = 'Rows that were new.',
                               CHANGED = 'Rows that differed.', REMOVED = 'Rows that MDM-DB no longer has.'),
                  codes = {4002: 'HE-DB is not synchronised: MDM_CONFIG HE_SYNC'}) %}
{{ fetch('MDM_MDM_CONFIG') }}
SELECT MAX(c."VALUE")
  FROM MDM_MDM_CONFIG c
 WHERE c.NAME = 'HE_SYNC'
  INTO :v_sync;
{% call when(":v_sync = '0'") %}
SET :RESULT_CODE = 4002;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for table in tables %}
{% set source = 'MDM_' ~ table.name %}
{% set added = ':v_added_' ~ table.name | lower %}
{% set changed = ':v_changed_' ~ table.name | lower %}
{% set removed = ':v_removed_' ~ table.name | lower %}
{% set copy %}
INSERT INTO {{ table.name }} ({{ table.columns | join(', ') }})
SELECT {% for column in table.columns %}m.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

  FROM {{ source }} m
{%- endset %}
{{ fetch(source) }}
{{ count_of(table.name, ':v_copies') }}
{{ count_of(source, ':v_rows') }}
SET {{ added }} = 0;
SET {{ changed }} = 0;
{% call when(':v_copies = 0') %}
-- Nothing to compare with: all rows at once.
{{ copy }};
SET {{ added }} = :v_rows;
{% endcall %}
{% call when(':v_copies > 0') %}
{% set different %}
SELECT {% for column in table.key %}m.{{ column }}, {% endfor %}CASE WHEN h.{{ table.key[0] }} IS NULL THEN 1 ELSE 0 END
  FROM {{ source }} m
  LEFT JOIN {{ table.name }} h{{ read_whole() }}
    ON {{ same_key(table, 'h', 'm') }}
 WHERE h.{{ table.key[0] }} IS NULL
    OR {{ differs(table, 'h', 'm') | trim | indent(4) }}
{% endset %}
{% call each(different, ':v_' ~ table.key | join(', :v_') | lower ~ ', :v_new') %}
DELETE FROM {{ table.name }}
 WHERE {{ at_key(table, '') }};
{{ copy }}
 WHERE {{ at_key(table, 'm.') }};
SET {{ added }} = {{ added }} + :v_new;
SET {{ changed }} = {{ changed }} + 1 - :v_new;
{% endcall %}
{% endcall %}
SET {{ removed }} = :v_copies + {{ added }} - :v_rows;
{% call when(removed ~ ' > 0') %}
DELETE FROM {{ table.name }}
 WHERE NOT EXISTS (SELECT 1 FROM {{ source }} m WHERE {{ same_key(table, 'm', table.name) }});
{% endcall %}
{% endfor %}
{% call give() %}
{% for table in tables %}
{% set name = table.name | lower %}
SELECT TRIM('{{ table.name }}') AS TABLE_NAME, :v_added_{{ name }} AS ADDED,
       :v_changed_{{ name }} AS CHANGED, :v_removed_{{ name }} AS REMOVED
  FROM {{ t.one_row }}
{{ ' UNION ALL' if not loop.last }}
{% endfor %}
{% endcall %}
{% endcall %}
{% endcall %}
