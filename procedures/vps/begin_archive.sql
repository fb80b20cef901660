{#
  BEGIN_ARCHIVE seals a month of a history: from then on nothing changes its slots.

  So what a client reads of it over many transactions is of one state. The seal stays: a run
  that broke off begins the same month again. One that is archived is never begun again: its
  file may be the only copy, and nobody is to write another one over it.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% from 'retention.sql' import retention_holds, is_no_moment, count_back_from, usage_days_ago, months_ago %}
{% import 'archive.sql' as archive %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('BEGIN_ARCHIVE', 'Seal a month of a history that is past its retention, to archive it.',
                  callers = ['SHIM'],
                  takes = {'p_table_name': 'VARCHAR(1024)', 'p_month_start': 'DATE', 'p_at': t.time},
                  holds = dict(retention_holds, v_archives = 'INTEGER', v_bound = 'DATE', v_end = 'DATE', v_closed = 'DATE',
                               v_begun = 'INTEGER', v_noted = 'INTEGER'),
                  means = {'p_table_name': 'The history.', 'p_month_start': 'First day of a closed month.',
                           'p_at': 'The moment to count the retention back from; null now.'},
                  codes = {10: 'it was begun before',
                           1001: 'an argument is missing',
                           1003: 'the table is no history that is archived',
                           1004: 'the moment lies ahead, or before 1900',
                           3001: 'the month is archived: its file is not to be written again',
                           3002: 'the month is not past its retention, or it or the month behind it is not closed',
                           4002: 'histories are not archived: MDM_CONFIG ARCHIVE_HISTORY'}) %}
SELECT CASE
         WHEN :p_table_name IS NULL OR :p_month_start IS NULL THEN 1001
         WHEN {{ check.is_none_of(':p_table_name', archive.tables | map(attribute='name') | list) }} THEN 1003
         WHEN {{ is_no_moment(':p_at') }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ archive.lock_archive() }}
{{ archive.archives(':v_archives') }}
{{ count_back_from(':p_at') }}
{% call when(":p_table_name = 'USAGE_HISTORY'") %}
{{ usage_days_ago(':v_bound') }}
{% endcall %}
{% call when(":p_table_name <> 'USAGE_HISTORY'") %}
{{ months_ago('QUOTE_MONTHS', ':v_bound') }}
{% endcall %}
SELECT MAX(CASE WHEN m.MONTH_START = :p_month_start THEN m.MONTH_END END), MAX(m.MONTH_END)
  FROM MONTH_CLOSED m
  INTO :v_end, :v_closed;
SELECT COUNT(*), COUNT(g.ARCHIVED_AT)
  FROM ARCHIVE_LOG g
 WHERE g.TABLE_NAME = :p_table_name
   AND g.MONTH_START = :p_month_start
{{ latest() }}
  INTO :v_begun, :v_noted;
SET :RESULT_CODE = CASE
  WHEN :v_archives = 0     THEN 4002
  WHEN :v_noted > 0        THEN 3001
  WHEN :v_begun > 0        THEN 10
  WHEN :v_end IS NULL
    OR :v_end > :v_bound
    OR :v_closed <= :v_end THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO ARCHIVE_LOG (TABLE_NAME, MONTH_START, MONTH_END, BEGUN_AT)
VALUES (:p_table_name, :p_month_start, :v_end, LOCALTIMESTAMP(0));
{% endcall %}
{% endcall %}
