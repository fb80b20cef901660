{#
  IMPORT_BILL takes in one bill file of the exchange directory.

  It only reads the file; IMPORT_BILL_ROWS, which a client that holds the file calls by
  itself, decides.
#}
{% from 'frame.sql' import procedure, when, run %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('IMPORT_BILL', 'Take in one bill file of the exchange directory.',
                  callers = ['BILLING', 'SHIM'],
                  takes = dict(p_file_name = 'VARCHAR(1024)', p_class = 'VARCHAR(1024)'),
                  codes = {10: 'this file was taken in before', 1001: 'an argument is missing',
                           1002: 'the file name is no bare name', 1003: 'the class is neither ONTIME nor PAST',
                           5002: 'the file is missing or empty', 5003: 'the file is cut short',
                           5004: 'the file is no bill file'}) %}
SELECT CASE
         WHEN :p_file_name IS NULL THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ run('READ_BILL_LINE', [':p_file_name']) }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ run('IMPORT_BILL_ROWS', [':p_file_name', ':p_class']) }}
{% endcall %}
{% endcall %}
