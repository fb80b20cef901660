{#
  EXTEND_HISTORY makes partitions of the histories for the snapshots to come.

  Each cycle calls it before it takes anything in. Without it nothing is lost: rows then stand
  in the last partition, and the next call moves them to where they belong.
#}
{% from 'frame.sql' import procedure, when, add_minutes, minutes_between %}
{% from 'histories.sql' import history_tables %}
{% from 'partition.sql' import partition_holds, extend_partitions %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('EXTEND_HISTORY', 'Make partitions of the histories for the snapshots to come.',
                  callers = ['SHIM'], alters = true,
                  takes = dict(p_at = t.time),
                  holds = dict(partition_holds, v_interval = 'INTEGER', v_snapshot = t.time, v_made = 'INTEGER'),
                  means = dict(p_at = 'The snapshot to be ready for; null the one before now.'),
                  codes = {11: 'they are there, or the engine has no partitions',
                           3002: 'the caller is in a transaction, or others use a history: call again later'}) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SET :v_snapshot = COALESCE(:p_at, LOCALTIMESTAMP(0));
SET :v_snapshot = {{ add_minutes("TIMESTAMP '2000-01-01 00:00:00'",
                                 'FLOOR(' ~ minutes_between("TIMESTAMP '2000-01-01 00:00:00'", ':v_snapshot') ~ ' / :v_interval) * :v_interval') }};
SET :v_made = 0;
{% for table in history_tables %}
{% call when(':RESULT_CODE = 0') %}
{{ extend_partitions(table, ':v_snapshot', ':v_interval', ':v_made') }}
{% endcall %}
{% endfor %}
{% call when(':RESULT_CODE = 0 AND :v_made = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}
