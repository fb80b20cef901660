{#
  The files of saving actions and of saving events. Every filter is optional.

  An action is found by its point, else by its event, else by its time: each has an index,
  which a filter that may be null could not use.
#}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% import 'adr_log.sql' as log %}
{% from 'export.sql' import export %}

{% macro in_range(column) %}
{{ column }} >= COALESCE(:p_from, TIMESTAMP '1900-01-01 00:00:00')
   AND {{ column }} < COALESCE(:p_to, TIMESTAMP '9999-12-31 00:00:00')
{%- endmacro %}

{% macro if_given(condition, argument) %}({{ argument }} IS NULL OR {{ condition }} {{ argument }}){% endmacro %}

{# What counts the rows of a part, and their lines. #}
{% macro counted(table, filter) %}
SELECT COUNT(*)
  FROM {{ table }}
 WHERE {{ filter }}
  INTO :v_rows;
{% endmacro %}
{% macro lines(columns, rows, filter) %}
SELECT {{ log.line(columns) | trim | indent(7) }}
  FROM (
{{ rows | trim | indent(8, first=true) }}
         WHERE {{ filter | indent(8) }}
       ) v
{% endmacro %}

{% set key_of = {":p_ld_id IS NOT NULL": 'a.LD_ID = :p_ld_id',
                 ":p_ld_id IS NULL AND :p_adr_event_id IS NOT NULL": 'a.ADR_EVENT_ID = :p_adr_event_id',
                 ":p_ld_id IS NULL AND :p_adr_event_id IS NULL": none} %}

{% macro export_actions(to_file) %}
{% set parts = {} %}
{% for condition, key in key_of.items() %}
{% set filter = (key ~ '\n   AND ' if key else '') ~ in_range('a.DIRECTED_TIME')
     ~ '\n   AND ' ~ if_given('a.ADR_EVENT_ID =', ':p_adr_event_id')
     ~ '\n   AND ' ~ if_given('a.POLICY_ID =', ':p_policy_id')
     ~ '\n   AND ' ~ if_given('a.STATE =', ':p_state') %}
{% set _ = parts.update({condition: (counted('ADR_ACTION_HISTORY a', filter),
                                     lines(log.action_columns, log.actions(), filter))}) %}
{% endfor %}
{{ export(to_file, 'ADR_ACTION_LOG', 'the saving actions of a range',
          callers = ['VPS', 'SHIM'],
          takes   = {'p_from': t.time, 'p_to': t.time, 'p_adr_event_id': 'BIGINT', 'p_policy_id': 'BIGINT',
                     'p_ld_id': 'VARCHAR(1024)', 'p_state': 'VARCHAR(1024)', 'p_file_name': 'VARCHAR(1024)'},
          header  = log.action_columns | join(','),
          verdict = [(1002, 'NOT ' ~ check.is_identifier(':p_ld_id', 32)),
                     (1003, ":p_state NOT IN ('PLANNED', 'RESERVED', 'FAILED')"),
                     (1004, ':p_to <= :p_from')],
          parts   = parts,
          codes   = {11: 'there is no such action', 1002: 'the LD_ID is badly formed',
                     1003: 'the state is none', 1004: 'the range is empty'},
          means   = {'p_from': 'Start of the range of DIRECTED_TIME; null from the first.',
                     'p_to': 'End of the range, excluded; null to the last.',
                     'p_adr_event_id': 'Number of the event; null any.',
                     'p_policy_id': 'Number of the policy; null any.',
                     'p_ld_id': 'Metering point; null any.',
                     'p_state': 'PLANNED, RESERVED or FAILED; null any.'}) }}
{% endmacro %}

{% macro export_events(to_file) %}
{% set filter = in_range('e.RECEIVED_TIME')
     ~ '\n   AND ' ~ if_given('e.DRAS_EVENT_ID =', ':p_dras_event_id')
     ~ '\n   AND ' ~ if_given('e.LEVEL >=', ':p_level')
     ~ '\n   AND ' ~ if_given('e.CLUSTER_ID =', ':p_cluster_id')
     ~ '\n   AND ' ~ if_given('e.STATUS =', ':p_status') %}
{{ export(to_file, 'ADR_EVENT_LOG', 'the saving events of a range',
          callers = ['VPS'],
          takes   = {'p_from': t.time, 'p_to': t.time, 'p_dras_event_id': 'VARCHAR(1024)', 'p_level': 'INTEGER',
                     'p_cluster_id': 'VARCHAR(1024)', 'p_status': 'VARCHAR(1024)', 'p_file_name': 'VARCHAR(1024)'},
          header  = log.event_columns | join(','),
          verdict = [(1002, 'NOT ' ~ check.is_identifier(':p_dras_event_id', 64)
                            ~ '\n  OR NOT ' ~ check.is_identifier(':p_cluster_id', 32)
                            ~ '\n  OR NOT ' ~ check.is_identifier(':p_status', 16)),
                     (1004, ':p_to <= :p_from')],
          parts   = {'1 = 1': (counted('ADR_EVENT_HISTORY e', filter),
                               lines(log.event_columns, log.events(), filter))},
          codes   = {11: 'there is no such event', 1002: 'an identifier is badly formed',
                     1004: 'the range is empty'},
          means   = {'p_from': 'Start of the range of RECEIVED_TIME; null from the first.',
                     'p_to': 'End of the range, excluded; null to the last.',
                     'p_dras_event_id': 'Its identifier at the demand-response server; null any.',
                     'p_level': 'Level from which events are wanted; null any.',
                     'p_cluster_id': 'Cluster that it is for; null any.',
                     'p_status': 'State of the event, as the server named it; null any.'}) }}
{% endmacro %}
