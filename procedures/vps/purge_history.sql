{#
  PURGE_HISTORY removes what is past its retention, in steps of a bounded size.

  One call removes at most p_most rows, of the oldest days first, and says of which tables; the
  caller repeats it until it answers 11. Days and months are whole, and a slot belongs to
  the one in which it begins.

  USAGE_DAYS    USAGE_HISTORY, USAGE_GAP, IMPORT_REJECT, and the sums of MONTH_USAGE, which
                pricing forms again where it needs them; never while REPOLL_DEADLINE_DAYS
                still asks for a reading
  QUOTE_MONTHS  QUOTE_HISTORY, USAGE_REVISION, MONTH_TOTAL, and IMPORT_LOG: while a slot has a
                bill, its file is known, and while a month has one, its totals
  ALERT_MONTHS  MDM_ALERT_HISTORY once cleared, REBOOT_RESERVATION once finished,
                COLLECTION_LOG but for the newest snapshot of a head-end, CYCLE_LOG but for
                the newest cycle, RULE_ERROR
  ADR_MONTHS    ADR_ACTION_HISTORY, ADR_EVENT_HISTORY
  CONTROL_MONTHS  CONTROL_HISTORY once finished
  ANSWER_DAYS   API_ANSWER

  With MDM_CONFIG ARCHIVE_HISTORY, USAGE_HISTORY, QUOTE_HISTORY and USAGE_REVISION lose only
  whole months whose archive was verified (ARCHIVE_LOG), whoever calls.

  CERTIFICATE_HISTORY, BOUNDARY_READING, MONTH_CLOSED, ARCHIVE_LOG and all registers stay: they grow with
  devices, not with time. A usage needs the reading of the slot before it and no older one,
  so no last reading has to be kept. Every delete runs along an index over time and removes
  only old rows, which no cycle writes. It may touch the first row that is not old, too: so
  reservations, whose state leads their index and changes, are removed by their keys instead.
#}
{% from 'frame.sql' import procedure, when, each, give, stage, delete_some, add_days, first_rows %}
{% from 'retention.sql' import retention_holds, is_no_moment, count_back_from, usage_days_ago, months_ago %}
{% from 'archive.sql' import archives, months_to_remove %}
{% from 'pruned.sql' import deleted_holds, first_day, delete_oldest %}
{% import 'type.sql' as t %}

{% set histories = {} %}
{% for table in tables_of('vps') %}
{% set _ = histories.update({table.name: table}) %}
{% endfor %}

{% macro record(table) %}
SET :v_left = :v_left - :v_removed;
{% call when(':v_removed > 0') %}
INSERT INTO PURGE_STEP (TABLE_NAME, REMOVED)
VALUES ('{{ table }}', :v_removed);
{% endcall %}
{% endmacro %}

{% macro remove(table, condition, order) %}
{% call when(':v_left > 0') %}
{{ delete_some(table, condition, order, ':v_left') }}
SET :v_removed = {{ t.row_count }};
{{ record(table) }}
{% endcall %}
{% endmacro %}

{# Of a history: all that is past its retention, or only the archived months of it. #}
{% macro remove_history(table, kept_from) %}
{% call when(':v_archives = 0 AND :v_left > 0') %}
{{ delete_oldest(histories[table], "DATE '1900-01-01'", kept_from, ':v_left', ':v_removed') }}
{{ record(table) }}
{% endcall %}
{% call when(':v_archives = 1') %}
SET :v_here = 0;
{% call each(months_to_remove(table, kept_from), ':v_start, :v_end') %}
{% call when(':v_left > :v_here') %}
SET :v_most = :v_left - :v_here;
{{ delete_oldest(histories[table], ':v_start', ':v_end', ':v_most', ':v_removed') }}
SET :v_here = :v_here + :v_removed;
{% call when(':v_removed < :v_most') %}
UPDATE ARCHIVE_LOG
   SET REMOVED_AT = LOCALTIMESTAMP(0)
 WHERE TABLE_NAME = '{{ table }}'
   AND MONTH_START = :v_start;
{% endcall %}
{% endcall %}
{% endcall %}
SET :v_removed = :v_here;
{{ record(table) }}
{% endcall %}
{% endmacro %}

{% call procedure('PURGE_HISTORY', 'Remove what is past its retention, one bounded step.',
                  callers = ['SHIM'],
                  takes = {'p_at': t.time, 'p_most': 'INTEGER'},
                  gives = {'TABLE_NAME': 'VARCHAR(63)', 'REMOVED': 'INTEGER'},
                  holds = dict(dict(deleted_holds, **retention_holds), **{'v_archives': 'INTEGER',
                           'v_start': 'DATE', 'v_end': 'DATE', 'v_most': 'INTEGER',
                           'v_usage': 'DATE', 'v_sums': 'DATE', 'v_quote': 'DATE', 'v_alert': 'DATE', 'v_adr': 'DATE',
                           'v_control': 'DATE', 'v_bills': 'DATE', 'v_bill': 'DATE', 'v_answer': 'DATE',
                           'v_cycle': t.time, 'v_heid': 'INTEGER', 'v_until': t.time,
                           'v_left': 'INTEGER', 'v_removed': 'INTEGER', 'v_here': 'INTEGER',
                           'v_id': 'VARCHAR(36)', 'v_pd': 'BIGINT'}),
                  means = {'p_at': 'The moment to count back from; null now.',
                           'p_most': 'Rows to remove at most; null 100000.',
                           'TABLE_NAME': 'Table that rows were removed from.',
                           'REMOVED': 'How many rows that were.'},
                  codes = {11: 'nothing is past its retention',
                           1004: 'the moment lies ahead, or the number of rows is not 1 to 10000000'}) %}
SELECT CASE
         WHEN {{ is_no_moment(':p_at') }}
           OR :p_most < 1
           OR :p_most > 10000000                            THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_left = COALESCE(:p_most, 100000);
{{ count_back_from(':p_at') }}
{{ archives(':v_archives') }}
{{ usage_days_ago(':v_usage') }}
SET :v_sums = {{ add_days(':v_usage', '-31') }};
{{ months_ago('QUOTE_MONTHS', ':v_quote') }}
SET :v_bills = :v_quote;
{% call when(':v_archives = 1') %}
{# Bills wait for their archive; a month of which one is left is kept in all that tells of it. #}
{{ first_day(histories['QUOTE_HISTORY'], "DATE '1900-01-01'", '', ':v_bill') }}
SELECT MAX(m.MONTH_START) FROM MONTH_CLOSED m WHERE m.MONTH_START <= :v_bill INTO :v_start;
SET :v_start = COALESCE(:v_start, :v_bill);
SET :v_bills = CASE WHEN :v_start < :v_quote THEN :v_start ELSE :v_quote END;
{% endcall %}
{{ months_ago('ALERT_MONTHS', ':v_alert') }}
{{ months_ago('ADR_MONTHS', ':v_adr') }}
{{ months_ago('CONTROL_MONTHS', ':v_control') }}
SELECT {{ add_days('CAST(:v_at AS DATE)', '-CAST(c."VALUE" AS DECIMAL(9))') }} FROM MDM_CONFIG c WHERE c.NAME = 'ANSWER_DAYS' INTO :v_answer;
SELECT MAX(c.CYCLE_TIME) FROM CYCLE_LOG c INTO :v_cycle;

{{ stage('PURGE_STEP') }}
{{ remove('USAGE_GAP', 'MEASURED_TIME <= :v_usage', 'MEASURED_TIME') }}
{{ remove_history('USAGE_HISTORY', ':v_usage') }}
{{ remove('IMPORT_REJECT', 'RECORDED_AT < :v_usage', 'RECORDED_AT') }}
{{ remove('MONTH_TOTAL', 'MONTH_START < :v_bills', 'MONTH_START') }}
{{ remove_history('USAGE_REVISION', ':v_quote') }}
{{ remove_history('QUOTE_HISTORY', ':v_quote') }}
{{ remove('ADR_ACTION_HISTORY', 'DIRECTED_TIME < :v_adr\n   AND END_AT < :v_adr', 'DIRECTED_TIME') }}
{{ remove('ADR_EVENT_HISTORY',
          'RECEIVED_TIME < :v_adr\n   AND END_AT < :v_adr\n   AND NOT EXISTS (SELECT 1 FROM ADR_ACTION_HISTORY a'
          ~ ' WHERE a.ADR_EVENT_ID = ADR_EVENT_HISTORY.ADR_EVENT_ID)', 'RECEIVED_TIME') }}
{{ remove('MDM_ALERT_HISTORY', 'GENERATED_TIME < :v_alert\n   AND CLEARED_AT < :v_alert', 'GENERATED_TIME') }}
{# An open one has no end, and stays. #}
{{ remove('CONTROL_HISTORY', 'FINISHED_AT < :v_control', 'FINISHED_AT') }}
{{ remove('API_ANSWER', 'ANSWERED_AT < :v_answer', 'ANSWERED_AT') }}
{# One that is done or has failed stays so: it needs no second look behind its lock. #}
SET :v_here = 0;
{% set finished %}
SELECT r.RESERVATION_ID, r.TABLE_KEY
  FROM REBOOT_RESERVATION r
 WHERE r.STATE IN ('DONE', 'FAILED')
   AND r.REQUESTED_AT < :v_alert
   AND r.FINISHED_AT < :v_alert
 ORDER BY r.STATE, r.REQUESTED_AT, r.RESERVATION_ID, r.TABLE_KEY
 {{ first_rows(':v_left') }}
{% endset %}
{% call each(finished, ':v_id, :v_pd') %}
DELETE FROM REBOOT_RESERVATION
 WHERE RESERVATION_ID = :v_id
   AND TABLE_KEY = :v_pd;
SET :v_here = :v_here + {{ t.row_count }};
{% endcall %}
SET :v_removed = :v_here;
{{ record('REBOOT_RESERVATION') }}
SET :v_here = 0;
{% set logs %}
SELECT s.HEID, CASE WHEN s.SNAPSHOT_TIME < :v_alert THEN s.SNAPSHOT_TIME ELSE CAST(:v_alert AS {{ t.time }}) END
  FROM LATEST_SNAPSHOT s
 ORDER BY s.HEID
{% endset %}
{% call each(logs, ':v_heid, :v_until') %}
{% call when(':v_left > :v_here') %}
SET :v_removed = :v_left - :v_here;
{{ delete_some('COLLECTION_LOG', 'HEID = :v_heid\n   AND SNAPSHOT_TIME < :v_until', 'HEID, SNAPSHOT_TIME', ':v_removed') }}
SET :v_here = :v_here + {{ t.row_count }};
{% endcall %}
{% endcall %}
SET :v_removed = :v_here;
{{ record('COLLECTION_LOG') }}
{{ remove('CYCLE_LOG', 'CYCLE_TIME < :v_alert\n   AND CYCLE_TIME < :v_cycle', 'CYCLE_TIME') }}
{{ remove('IMPORT_LOG', 'FINISHED_AT < :v_bills', 'FINISHED_AT') }}
{% for errors in t.rule_errors %}
{{ remove(errors, 'OCCURRED_AT < :v_alert', 'OCCURRED_AT') }}
{% endfor %}
{{ remove('MONTH_USAGE', 'MONTH_START < :v_sums', 'MONTH_START') }}
SELECT CASE WHEN EXISTS (SELECT 1 FROM PURGE_STEP p) THEN 0 ELSE 11 END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT p.TABLE_NAME, p.REMOVED
  FROM PURGE_STEP p
 ORDER BY p.TABLE_NAME
{% endcall %}
{% endcall %}
{% endcall %}
