{#
  TAKE_LOCK keeps others from what a name stands for until the caller lets go.

  How it lasts, and how long it waits on Firebird, is as with LOCK_DEVICE.
#}
{% from 'frame.sql' import procedure, when, take_lock %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('TAKE_LOCK', 'Keep others from what a name stands for until the caller lets go.',
                  callers = ['SHIM'],
                  takes = dict(p_name = 'VARCHAR(1024)', p_seconds = 'INTEGER'),
                  means = dict(p_name    = 'What it is about, in any words of at most 512 characters.',
                               p_seconds = 'Seconds to wait for it, 0 to 3600, null 0; not on Firebird.'),
                  codes = {1001: 'the name is missing',
                           1002: 'the name is too long',
                           1004: 'the seconds are out of range',
                           3002: 'another connection holds it'}) %}
SELECT CASE
         WHEN :p_name IS NULL THEN 1001
         WHEN {{ check.is_longer(':p_name', 512) }} THEN 1002
         WHEN {{ check.is_outside(':p_seconds', 0, 3600) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ take_lock("'NAME ' || :p_name", 'COALESCE(:p_seconds, 0)') }}
{% endcall %}
{% endcall %}
