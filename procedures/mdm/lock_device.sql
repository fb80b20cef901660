{#
  LOCK_DEVICE keeps others from a device until the caller lets go, and gives where it is.

  Whoever talks to a device, or changes what it is, holds its lock meanwhile. On MySQL and
  MariaDB the lock is the connection's, which lets go by RELEASE_ALL_LOCKS(). On Firebird it is
  the transaction's, which its holder takes back to let go; it waits as long as the lock timeout
  of that transaction. An identifier that came to another device while the rule waited is
  refused; on Firebird, where a rule sees what was when it was called, by LOCATE_DEVICE alone:
  call it behind the lock, with the TABLE_KEY that this one gave and the same identifiers.
#}
{% from 'frame.sql' import procedure, when, give, take_lock, drop_lock %}
{% import 'check.sql' as check %}
{% import 'locate.sql' as locate %}

{% set name = "'DEVICE ' || TRIM(CAST(:v_device AS CHAR(20)))" %}

{% call procedure('LOCK_DEVICE', 'Keep others from a device until the caller lets go, and give where it is.',
                  callers = ['SHIM'],
                  takes = dict({'p_seconds': 'INTEGER'}, **locate.locate_takes),
                  gives = locate.locate_gives,
                  holds = dict(locate.locate_holds, v_device = 'BIGINT', v_place = 'INTEGER'),
                  means = dict(locate.locate_means,
                               p_seconds = 'Seconds to wait for it, 0 to 3600, null 0; not on Firebird.'),
                  codes = dict(locate.locate_codes.items() | list + [
                           (1004, 'the seconds are out of range'),
                           (3002, 'another connection holds it, or what was given came to another device meanwhile')])) %}
{{ locate.verdict(check.is_outside(':p_seconds', 0, 3600)) }}

{% call when(':RESULT_CODE = 0') %}
{{ locate.find() }}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SET :v_device = :v_pd;
SET :v_place = COALESCE(:v_address, -1);
{{ take_lock(name, 'COALESCE(:p_seconds, 0)') }}
{% call when(':RESULT_CODE = 0') %}
{{ locate.find() }}
{% call when(':RESULT_CODE = 0 AND (:v_pd <> :v_device OR COALESCE(:v_address, -1) <> :v_place)') %}
SET :RESULT_CODE = 3002;
{% endcall %}
{% call when(':RESULT_CODE <> 0') %}
{{ drop_lock(name) }}
{% endcall %}
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
{{ locate.found() }}
{% endcall %}
{% endcall %}
{% endcall %}
