{#
  PACK_HISTORY makes one partition of a day that is over: one day of one history a call.

  Rows are not written to that history meanwhile: a cycle that runs at the same time waits.
#}
{% from 'frame.sql' import procedure, when, give %}
{% from 'histories.sql' import history_tables %}
{% from 'partition.sql' import partition_holds, pack_partitions %}
{% import 'type.sql' as t %}

{% call procedure('PACK_HISTORY', 'Make one partition of a day of a history that is over.',
                  callers = ['SHIM'], alters = true,
                  takes = dict(p_at = t.time),
                  gives = dict(TABLE_NAME = 'VARCHAR(63)', DAY_ON = 'DATE'),
                  holds = dict(partition_holds, v_at = t.time, v_table = 'VARCHAR(63)'),
                  means = dict(p_at = 'The moment to count back from; null now.',
                               TABLE_NAME = 'History that a day of was packed.',
                               DAY_ON = 'That day.'),
                  codes = {11: 'every day that is over is packed, or the engine has no partitions',
                           3002: 'the caller is in a transaction, or others use a history: call again later'}) %}
SET :v_at = COALESCE(:p_at, LOCALTIMESTAMP(0));
SET :v_table = NULL;
{% for table in history_tables %}
{% call when(':RESULT_CODE = 0 AND :v_table IS NULL') %}
{{ pack_partitions(table, ':v_at', ':v_day') }}
SET :v_table = CASE WHEN :v_day IS NOT NULL THEN '{{ table.name }}' END;
{% endcall %}
{% endfor %}
{% call when(':RESULT_CODE = 0 AND :v_table IS NULL') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT TRIM(:v_table) AS TABLE_NAME, :v_day AS DAY_ON
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
