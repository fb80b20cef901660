{#
  DROP_HISTORY drops the partitions of the histories that are past their retention.

  The verb that purges calls it before PURGE_HISTORY, which removes the same rows one by one
  where there are no partitions. What is kept how long, PURGE_HISTORY says.

  With MDM_CONFIG ARCHIVE_HISTORY only whole months go whose archive was verified, one after the
  other from the oldest row on: where one is missing, PURGE_HISTORY has to choose by row.
#}
{% from 'frame.sql' import procedure, when, each, give %}
{% from 'partition.sql' import partition_holds, drop_partitions %}
{% from 'histories.sql' import history_tables %}
{% from 'retention.sql' import retention_holds, is_no_moment, count_back_from, usage_days_ago, months_ago %}
{% from 'archive.sql' import archives, months_to_remove %}
{% import 'type.sql' as t %}

{% macro archived_up_to(table, kept_from) %}
SET :v_last = NULL;
{% call each(months_to_remove(table.name, kept_from), ':v_start, :v_end') %}
{% call when(':v_last IS NULL AND NOT EXISTS (SELECT 1 FROM ' ~ table.name ~ ' h WHERE h.' ~ table.by_time ~ ' <= :v_start)') %}
SET :v_last = :v_start;
{% endcall %}
{% call when(':v_last = :v_start') %}
SET :v_last = :v_end;
{% endcall %}
{% endcall %}
{% endmacro %}

{% call procedure('DROP_HISTORY', 'Drop the partitions of the histories that are past their retention.',
                  callers = ['SHIM'], alters = true,
                  takes = dict(p_at = t.time),
                  gives = dict(TABLE_NAME = 'VARCHAR(63)', PARTITIONS = 'INTEGER'),
                  holds = dict(dict(partition_holds, **retention_holds), v_archives = 'INTEGER', v_start = 'DATE', v_end = 'DATE',
                               v_last = 'DATE', v_kept = 'DATE', v_usage_history = 'INTEGER', v_quote_history = 'INTEGER'),
                  means = dict(p_at = 'The moment to count back from; null now.',
                               TABLE_NAME = 'History that partitions were dropped of.',
                               PARTITIONS = 'How many went.'),
                  codes = {11: 'no partition is past its retention, or the engine has none',
                           1004: 'the moment lies ahead',
                           3002: 'the caller is in a transaction, or others use a history: call again later'}) %}
SELECT CASE WHEN {{ is_no_moment(':p_at') }} THEN 1004 ELSE 0 END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
{{ count_back_from(':p_at') }}
{{ archives(':v_archives') }}
{% endcall %}
{% for table in history_tables %}
{% call when(':RESULT_CODE = 0') %}
{{ usage_days_ago(':v_kept') if table.name == 'USAGE_HISTORY' else months_ago('QUOTE_MONTHS', ':v_kept') }}
SET :v_last = :v_kept;
{% call when(':v_archives = 1') %}
{{ archived_up_to(table, ':v_kept') }}
{% endcall %}
{{ drop_partitions(table, ':v_last', ':v_' ~ table.name | lower) }}
{% endcall %}
{% endfor %}
{% call when(':RESULT_CODE = 0 AND :v_usage_history = 0 AND :v_quote_history = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT r.TABLE_NAME, r.PARTITIONS
  FROM ({% for table in history_tables %}{% set rows = ':v_' ~ table.name | lower %}SELECT TRIM('{{ table.name }}') AS TABLE_NAME, {{ rows }} AS PARTITIONS
          FROM {{ t.one_row }}
{{ '         UNION ALL\n        ' if not loop.last }}{% endfor %}) r
 WHERE r.PARTITIONS > 0
 ORDER BY r.TABLE_NAME
{% endcall %}
{% endcall %}
{% endcall %}
