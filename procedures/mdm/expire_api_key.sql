{#
  EXPIRE_API_KEY ends a key, at once or at a moment. It only ever ends earlier.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'api_key.sql' as key %}
{% import 'type.sql' as t %}

{% call procedure('EXPIRE_API_KEY', 'End a key to the HTTP-API.',
                  takes = dict(p_key_id     = 'VARCHAR(1024)',
                               p_expires_at = t.time),
                  holds = dict(v_known = 'INTEGER', v_now = t.time, v_expires_at = t.time),
                  means = dict(p_expires_at = 'From when on it is refused; null now.'),
                  codes = {10: 'it ends at this moment already, or earlier',
                           1001: 'the key is missing',
                           1002: 'the key is badly formed',
                           2005: 'there is no such key'}) %}
SELECT CASE
         WHEN :p_key_id IS NULL THEN 1001
         WHEN NOT {{ key.is_key_id(':p_key_id') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_expires_at = COALESCE(:p_expires_at, LOCALTIMESTAMP(0));
{{ key.lock_key() }}
SELECT COUNT(*), MAX(k.EXPIRES_AT)
  FROM API_KEY k
 WHERE k.KEY_ID = :p_key_id
  INTO :v_known, :v_now;
SET :RESULT_CODE = CASE
  WHEN :v_known = 0            THEN 2005
  WHEN :v_now <= :v_expires_at THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE API_KEY
   SET EXPIRES_AT = :v_expires_at
 WHERE KEY_ID = :p_key_id;
{% endcall %}
{% endcall %}
