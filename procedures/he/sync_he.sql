{#
  SYNC_HE makes the tables of HE-DB equal to MDM-DB's, as far as a head-end needs them.

  A row is touched only where it differs. One comparison of a table by its key gives the three
  counts, and a table where all is equal is not read again.
#}
{% from 'frame.sql' import procedure, when, give, fetch, update_from %}
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

{% set tables = tables_of('he') %}
{% set holds = {'v_sync': 'VARCHAR(255)', 'v_copies': 'INTEGER', 'v_rows': 'INTEGER', 'v_both': 'INTEGER'} %}
{% for table in tables %}
{% for count in ('added', 'changed', 'removed') %}
{% set _ = holds.update({'v_' ~ count ~ '_' ~ table.name | lower: 'INTEGER'}) %}
{% endfor %}
{% endfor %}

{% call procedure('SYNC_HE', 'Make the tables of HE-DB equal to those of MDM-DB.',
                  callers = ['SHIM'],
                  gives = dict(TABLE_NAME = 'VARCHAR(63)', ADDED = 'INTEGER', CHANGED = 'INTEGER', REMOVED = 'INTEGER'),
                  holds = holds,
                  codes = {4002: 'HE-DB is not synchronised: MDM_CONFIG HE_SYNC'}) %}
{% for table in tables %}
{{ fetch('MDM_' ~ table.name) }}
{% endfor %}
SELECT MAX(c."VALUE")
  FROM MDM_MDM_CONFIG c
 WHERE c.NAME = 'HE_SYNC'
  INTO :v_sync;
{% call when(":v_sync = '0'") %}
SET :RESULT_CODE = 4002;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% for table in tables %}
{% set added = ':v_added_' ~ table.name | lower %}
{% set changed = ':v_changed_' ~ table.name | lower %}
{% set removed = ':v_removed_' ~ table.name | lower %}
{% set source = 'MDM_' ~ table.name %}
SELECT COUNT(*) FROM {{ table.name }} h INTO :v_copies;
SELECT COUNT(*) FROM {{ source }} m INTO :v_rows;
SELECT COUNT(*),
       COALESCE(SUM(CASE
                      WHEN {{ differs(table, 'h', 'm') | trim | indent(23) }}
                      THEN 1
                      ELSE 0
                    END), 0)
  FROM {{ table.name }} h
  JOIN {{ source }} m
    ON {{ same_key(table, 'm', 'h') }}
  INTO :v_both, {{ changed }};
SET {{ added }} = :v_rows - :v_both;
SET {{ removed }} = :v_copies - :v_both;
{% call when(removed ~ ' > 0') %}
DELETE FROM {{ table.name }}
 WHERE NOT EXISTS (SELECT 1 FROM {{ source }} m WHERE {{ same_key(table, 'm', table.name) }});
{% endcall %}
{% call when(changed ~ ' > 0') %}
{% set sets = {} %}
{% for column in table.columns if column not in table.key %}
{% set _ = sets.update({column: 'n.' ~ column}) %}
{% endfor %}
{{ update_from(table.name, source, same_key(table, 'u', 'n') ~ '\n   AND (' ~ (differs(table, 'u', 'n') | trim | indent(8)) ~ ')', sets) }}
{% endcall %}
{% call when(added ~ ' > 0') %}
INSERT INTO {{ table.name }} ({{ table.columns | join(', ') }})
SELECT {% for column in table.columns %}m.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

  FROM {{ source }} m
 WHERE NOT EXISTS (SELECT 1 FROM {{ table.name }} h WHERE {{ same_key(table, 'h', 'm') }});
{% endcall %}
{% endfor %}
{% call give() %}
{% for table in tables %}
{% set name = table.name | lower %}
SELECT TRIM('{{ table.name }}') AS TABLE_NAME,
       :v_added_{{ name }} AS ADDED, :v_changed_{{ name }} AS CHANGED, :v_removed_{{ name }} AS REMOVED
  FROM {{ t.one_row }}
{{ ' UNION ALL' if not loop.last }}
{% endfor %}
{% endcall %}
{% endcall %}
{% endcall %}
