{#
  ARCHIVE_DUE tells which months of the histories are to be archived before they may be removed.

  DUE are those past their retention, the oldest first. What is past it too, but WAITS, cannot
  be archived yet: the month, or the one behind it, is not closed (CLOSE_MONTH). Of what no
  closing would help, for the month behind it is not over yet, nothing is told.
#}
{% from 'frame.sql' import procedure, when, each, give, stage, add_days %}
{% from 'billing_month.sql' import billing_month %}
{% from 'pruned.sql' import pruned_holds, behind, any_of, first_day %}
{% from 'retention.sql' import retention_holds, is_no_moment, count_back_from, usage_days_ago, months_ago %}
{% import 'archive.sql' as archive %}
{% import 'type.sql' as t %}

{% call procedure('ARCHIVE_DUE', 'Tell which months of the histories are to be archived before they may be removed.',
                  callers = ['SHIM'], reads = true,
                  takes = {'p_at': t.time},
                  gives = {'TABLE_NAME': 'VARCHAR(63)', 'MONTH_START': 'DATE', 'MONTH_END': 'DATE', 'STATE': 'VARCHAR(8)'},
                  holds = dict(dict(retention_holds, **pruned_holds), v_archives = 'INTEGER', v_usage = 'DATE', v_quote = 'DATE', v_closed = 'DATE',
                               v_open = 'DATE', v_over = 'DATE', v_start = 'DATE', v_end = 'DATE', v_found = 'INTEGER'),
                  means = {'p_at': 'The moment to count back from; null now.',
                           'STATE': 'DUE, or WAITS until it and the month behind it are closed.',
                           'MONTH_START': 'First day of the billing month; of one that is not closed, the day in which its first slot begins.',
                           'MONTH_END': 'First day of the month behind it; of one that is not closed, where the retention begins.'},
                  codes = {11: 'nothing past its retention waits for the archive',
                           1004: 'the moment lies ahead, or before 1900',
                           4002: 'histories are not archived: MDM_CONFIG ARCHIVE_HISTORY'}) %}
{{ archive.archives(':v_archives') }}
SELECT CASE
         WHEN {{ is_no_moment(':p_at') }} THEN 1004
         WHEN :v_archives = 0 THEN 4002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ count_back_from(':p_at') }}
{{ usage_days_ago(':v_usage') }}
{{ months_ago('QUOTE_MONTHS', ':v_quote') }}
-- The month behind one that ends until then is over.
SET :v_over = {{ billing_month(add_days(':v_month', '-1'), ':v_closing_day') | trim }};
SELECT MAX(m.MONTH_END) FROM MONTH_CLOSED m INTO :v_closed;
SET :v_open = COALESCE(:v_closed, DATE '1900-01-01');
{{ stage('DUE_MONTH') }}
{% for table in archive.tables %}
{% set bound = ':v_usage' if table.name == 'USAGE_HISTORY' else ':v_quote' %}
{% set closed %}
SELECT m.MONTH_START, m.MONTH_END
  FROM MONTH_CLOSED m
 WHERE m.MONTH_END <= {{ bound }}
   AND (m.MONTH_END < :v_closed OR m.MONTH_END <= :v_over)
   AND NOT EXISTS (SELECT 1
                     FROM ARCHIVE_LOG g
                    WHERE g.TABLE_NAME = '{{ table.name }}'
                      AND g.MONTH_START = m.MONTH_START
                      AND g.ARCHIVED_AT IS NOT NULL)
 ORDER BY m.MONTH_START
{% endset %}
{% call each(closed, ':v_start, :v_end') %}
SELECT CASE WHEN EXISTS (SELECT 1
                           FROM {{ table.name }} h{{ any_of(table) }}
                          WHERE {{ behind('h.MEASURED_TIME', ':v_start') }}
                            AND h.MEASURED_TIME <= :v_end)
            THEN 1 ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :v_found;
{% call when(':v_found = 1') %}
INSERT INTO DUE_MONTH (TABLE_NAME, MONTH_START, MONTH_END, STATE)
VALUES ('{{ table.name }}', :v_start, :v_end, TRIM(CASE WHEN :v_end < :v_closed THEN 'DUE' ELSE 'WAITS' END));
{% endcall %}
{% endcall %}
{{ first_day(table, ':v_open', '', ':v_start') }}
{% call when(':v_start < ' ~ bound ~ ' AND :v_start < :v_over') %}
INSERT INTO DUE_MONTH (TABLE_NAME, MONTH_START, MONTH_END, STATE)
VALUES ('{{ table.name }}', :v_start, {{ bound }}, 'WAITS');
{% endcall %}
{% endfor %}
{% call give() %}
SELECT d.TABLE_NAME, d.MONTH_START, d.MONTH_END, d.STATE
  FROM DUE_MONTH d
 ORDER BY d.MONTH_START, d.TABLE_NAME
{% endcall %}
SELECT COUNT(*) FROM DUE_MONTH d INTO :v_found;
SET :RESULT_CODE = CASE WHEN :v_found > 0 THEN 0 ELSE 11 END;
{% endcall %}
{% endcall %}
