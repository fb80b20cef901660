{#
  IMPORT_COLLECTION_LOG takes in one collection log of the exchange directory.

  It only reads the file; IMPORT_COLLECTION_LOG_ROWS, which a client that holds the file
  calls by itself, decides.
#}
{% from 'frame.sql' import procedure, when, run %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('IMPORT_COLLECTION_LOG', 'Take in one collection log of the exchange directory.',
                  callers = ['SHIM'],
                  takes = dict(p_heid          = 'INTEGER',
                               p_snapshot_time = t.time,
                               p_class         = 'VARCHAR(1024)',
                               p_file_name     = 'VARCHAR(1024)'),
                  codes = {10: 'this log was taken in before',
                           1001: 'an argument is missing', 1002: 'the file name is no bare name',
                           1003: 'the class is neither ONTIME nor PAST, or there is no such head-end',
                           1004: 'the snapshot time is not on the grid of intervals',
                           3001: 'another log of this name was taken in before',
                           3002: 'this snapshot is closed: take the log in as PAST',
                           5002: 'the file is missing or empty', 5003: 'the file is cut short',
                           5004: 'the file is no collection log, or not this one'}) %}
SELECT CASE
         WHEN :p_file_name IS NULL THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ run('READ_COLLECTION_LOG_LINE', [':p_file_name']) }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ run('IMPORT_COLLECTION_LOG_ROWS', [':p_heid', ':p_snapshot_time', ':p_class', ':p_file_name']) }}
{% endcall %}
{% endcall %}
