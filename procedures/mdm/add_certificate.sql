{#
  ADD_CERTIFICATE takes in one file of certificates of the exchange directory.

  It only reads the file; ADD_CERTIFICATE_ROWS, which a client that holds the file calls by
  itself, decides.
#}
{% from 'frame.sql' import procedure, when, run %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADD_CERTIFICATE', 'Take in one file of certificates of the exchange directory.',
                  callers = ['ALA', 'SHIM'],
                  takes = dict(p_file_name = 'VARCHAR(1024)'),
                  means = dict(p_file_name = 'Bare name of the file in the exchange directory.'),
                  codes = {10: 'this file was taken in before', 1001: 'the file name is missing',
                           1002: 'the file name is no bare name',
                           5002: 'the file is missing or empty', 5003: 'the file is cut short',
                           5004: 'the file is no file of certificates'}) %}
SELECT CASE
         WHEN :p_file_name IS NULL                         THEN 1001
         WHEN NOT {{ check.is_file_name(':p_file_name') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ run('READ_CERTIFICATE_LINE', [':p_file_name']) }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ run('ADD_CERTIFICATE_ROWS', [':p_file_name']) }}
{% endcall %}
{% endcall %}
