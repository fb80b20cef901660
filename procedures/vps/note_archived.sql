{#
  NOTE_ARCHIVED records that the archive of a month was verified, so that it may be removed.

  It counts and sums up the month once more: an archive that does not come to the same is
  refused, with both figures. It counts before it locks, for nothing changes a sealed month,
  and whoever asks for a seal must not wait for so long.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% import 'archive.sql' as archive %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set holds = dict(archive.series_holds, v_rows = 'BIGINT', v_points = 'INTEGER', v_counted = 'VARCHAR(32)', v_count = 'INTEGER', v_sums = 'VARCHAR(1024)',
                    v_known = 'INTEGER', v_same = 'INTEGER', v_archived = t.time) %}
{% for table in archive.tables %}
{% for column in archive.numbers(table).split() %}
{% set type = 'DECIMAL(38,4)' if archive.type_of(table, column).startswith('DECIMAL') else 'BIGINT' %}
{% set _ = holds.update({'v_' ~ table.name | lower ~ '_' ~ column | lower: type, 'v_more_' ~ table.name | lower ~ '_' ~ column | lower: type}) %}
{% endfor %}
{% endfor %}

{% macro look(lock = '') %}
SELECT COUNT(*), MAX(g.MONTH_START), MAX(g.MONTH_END), MAX(g.ARCHIVED_AT),
       COUNT(CASE WHEN g.SHA256 = :p_sha256 AND g.FILE_NAME = :p_file_name AND g.ROWS_KEPT = :p_rows
                   AND g.POINTS = :p_points AND g.SUMS = :p_sums THEN 1 END)
  FROM ARCHIVE_LOG g
 WHERE g.TABLE_NAME = :p_table_name
   AND g.MONTH_START = :p_month_start
{{ lock }}
  INTO :v_known, :v_start, :v_end, :v_archived, :v_same;
SET :RESULT_CODE = CASE
  WHEN :v_known = 0           THEN 3002
  WHEN :v_archived IS NULL    THEN 0
  WHEN :v_same = 1            THEN 10
  ELSE 3001
END;
{% endmacro %}

{% call procedure('NOTE_ARCHIVED', 'Record that the archive of a month was verified, if it is what the history holds.',
                  callers = ['SHIM'],
                  takes = {'p_table_name': 'VARCHAR(1024)', 'p_month_start': 'DATE', 'p_rows': 'BIGINT', 'p_points': 'INTEGER',
                           'p_sums': 'VARCHAR(1024)', 'p_file_name': 'VARCHAR(1024)', 'p_sha256': 'VARCHAR(1024)'},
                  holds = holds,
                  means = {'p_table_name': 'The history.', 'p_month_start': 'First day of the month.',
                           'p_rows': 'Rows in the file.', 'p_points': 'Metering points that they are of.',
                           'p_sums': 'Sum of every column of numbers outside the key, in their order: NAME=SUM;NAME=SUM.',
                           'p_file_name': 'Bare name of the file.',
                           'p_sha256': 'SHA-256 of the file, in hexadecimal digits.'},
                  codes = {10: 'it was recorded so before',
                           1001: 'an argument is missing',
                           1002: 'the file name or the checksum is badly formed',
                           1003: 'the table is no history that is archived',
                           3001: 'another file of the month was recorded',
                           3002: 'the archive of the month was not begun, or it is not what the history holds'}) %}
SELECT CASE
         WHEN :p_table_name IS NULL OR :p_month_start IS NULL OR :p_rows IS NULL OR :p_points IS NULL
           OR :p_sums IS NULL OR :p_file_name IS NULL OR :p_sha256 IS NULL THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }}
           OR NOT {{ check.is_sha256(':p_sha256') }} THEN 1002
         WHEN {{ check.is_none_of(':p_table_name', archive.tables | map(attribute='name') | list) }} THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ look() }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_rows = 0;
SET :v_points = 0;
SET :v_most = 1;
SET :v_point = '';
SET :v_counted = '';
{% for table in archive.tables %}
{% set columns = archive.numbers(table).split() %}
{% set name = table.name | lower %}
{% call when(":p_table_name = '" ~ table.name ~ "'") %}
{% for column in columns %}
SET :v_{{ name }}_{{ column | lower }} = 0;
{% endfor %}
{% call archive.each_series(table) %}
SELECT COUNT(*){% for column in columns %}, SUM(h.{{ column }}){% endfor %}

  FROM {{ table.name }} h
 WHERE {{ archive.of_series() }}
  INTO :v_count{% for column in columns %}, :v_more_{{ name }}_{{ column | lower }}{% endfor %};
{% call when(':v_count > 0') %}
SET :v_rows = :v_rows + :v_count;
SET :v_points = :v_points + CASE WHEN :v_point = :v_counted THEN 0 ELSE 1 END;
SET :v_counted = :v_point;
{% for column in columns %}
SET :v_{{ name }}_{{ column | lower }} = :v_{{ name }}_{{ column | lower }} + COALESCE(:v_more_{{ name }}_{{ column | lower }}, 0);
{% endfor %}
{% endcall %}
{% endcall %}
SET :v_sums = {% for column in columns %}'{{ column }}=' || TRIM(CAST(:v_{{ name }}_{{ column | lower }} AS CHAR(44))){{ " || ';' || " if not loop.last }}{% endfor %};
{% endcall %}
{% endfor %}
-- Two that archive the same month: the second one finds what the first one recorded.
UPDATE ARCHIVE_LOG
   SET BEGUN_AT = BEGUN_AT
 WHERE TABLE_NAME = :p_table_name
   AND MONTH_START = :p_month_start;
{{ look(latest()) }}
{% call when(':RESULT_CODE = 0 AND (:v_rows <> :p_rows OR :v_points <> :p_points OR :v_sums <> :p_sums)') %}
SET :RESULT_CODE = 3002;
SET :SQL_ERROR = LEFT('the history holds ' || TRIM(CAST(:v_rows AS CHAR(20))) || ' rows of '
    || TRIM(CAST(:v_points AS CHAR(11))) || ' points (' || :v_sums || '), the archive '
    || TRIM(CAST(:p_rows AS CHAR(20))) || ' of ' || TRIM(CAST(:p_points AS CHAR(11))) || ' (' || :p_sums || ')', 512);
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE ARCHIVE_LOG
   SET ROWS_KEPT   = :p_rows,
       POINTS      = :p_points,
       SUMS        = :p_sums,
       FILE_NAME   = :p_file_name,
       SHA256      = :p_sha256,
       ARCHIVED_AT = LOCALTIMESTAMP(0),
       ARCHIVED_BY = {{ t.caller }}
 WHERE TABLE_NAME = :p_table_name
   AND MONTH_START = :p_month_start;
{% endcall %}
{% endcall %}
