{#
  FIND_API_KEY gives what a key that was presented is to be compared with.
#}
{% from 'frame.sql' import procedure, when, give %}
{% import 'api_key.sql' as key %}
{% import 'type.sql' as t %}

{% call procedure('FIND_API_KEY', 'Give what a key that was presented is to be compared with.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = dict(p_key_id = 'VARCHAR(1024)'),
                  gives = dict(CLIENT = 'VARCHAR(64)', KEY_HASH = 'VARCHAR(64)', ROLE_NAME = 'VARCHAR(16)',
                               NETWORKS = 'VARCHAR(512)'),
                  holds = dict(v_good = 'INTEGER'),
                  codes = {1001: 'the key is missing',
                           1002: 'the key is badly formed',
                           2005: 'there is no such key, or it has expired'}) %}
SELECT CASE
         WHEN :p_key_id IS NULL THEN 1001
         WHEN NOT {{ key.is_key_id(':p_key_id') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT COALESCE(SUM(CASE WHEN {{ key.is_expired('k') }} THEN 0 ELSE 1 END), 0)
  FROM API_KEY k
 WHERE k.KEY_ID = :p_key_id
  INTO :v_good;
SET :RESULT_CODE = CASE WHEN :v_good = 1 THEN 0 ELSE 2005 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT k.CLIENT, k.KEY_HASH, k.ROLE_NAME, k.NETWORKS
  FROM API_KEY k
 WHERE k.KEY_ID = :p_key_id
{% endcall %}
{% endcall %}
{% endcall %}
