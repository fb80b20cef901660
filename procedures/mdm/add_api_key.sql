{#
  ADD_API_KEY adds a key to the HTTP-API, which comes here hashed.

  A key is long and random, so one round of SHA-256 hides it: nobody can guess what to hash.
  Only the account that installs makes keys: whoever serves the HTTP-API must not make himself one.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import lock_places, same %}
{% from 'api_roles.sql' import api_roles %}
{% import 'api_key.sql' as key %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADD_API_KEY', 'Add a key to the HTTP-API.',
                  takes = dict(p_key_id     = 'VARCHAR(1024)',
                               p_client     = 'VARCHAR(1024)',
                               p_key_hash   = 'VARCHAR(1024)',
                               p_role       = 'VARCHAR(1024)',
                               p_networks   = 'VARCHAR(1024)',
                               p_expires_at = t.time,
                               p_note       = 'VARCHAR(1024)'),
                  holds = dict(v_known = 'INTEGER', v_same = 'INTEGER'),
                  means = dict(p_role = 'Role of its client: ' ~ api_roles | join(', ') ~ '.'),
                  codes = {10: 'this key is there already',
                           1001: 'the key, its client, its hash or its role is missing',
                           1002: 'the key, its hash, its client or its networks are badly formed, or the note is too long',
                           1003: 'there is no such role',
                           3001: 'there is a key with this KEY_ID that differs in what is given'}) %}
SELECT CASE
         WHEN :p_key_id IS NULL
           OR :p_client IS NULL
           OR :p_key_hash IS NULL
           OR :p_role IS NULL THEN 1001
         WHEN NOT {{ key.is_key_id(':p_key_id') }}
           OR NOT {{ check.is_identifier(':p_client', 64) }}
           OR NOT {{ check.is_sha256(':p_key_hash') }}
           OR NOT {{ key.is_networks(':p_networks') }}
           OR {{ check.is_longer(':p_note', 255) }} THEN 1002
         WHEN {{ check.is_none_of(':p_role', api_roles | list) }} THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ lock_places() }}
SELECT COUNT(*),
       COALESCE(SUM(CASE
                      WHEN k.CLIENT = :p_client
                       AND k.KEY_HASH = :p_key_hash
                       AND k.ROLE_NAME = :p_role
                       AND {{ same('k.NETWORKS', ':p_networks') }}
                       AND {{ same('k.EXPIRES_AT', ':p_expires_at') }}
                       AND {{ same('k.NOTE', ':p_note') }} THEN 1
                      ELSE 0
                    END), 0)
  FROM API_KEY k
 WHERE k.KEY_ID = :p_key_id
  INTO :v_known, :v_same;
SET :RESULT_CODE = CASE
  WHEN :v_known = 0 THEN 0
  WHEN :v_same = 1  THEN 10
  ELSE 3001
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO API_KEY (KEY_ID, CLIENT, KEY_HASH, ROLE_NAME, NETWORKS, CREATED_AT, CREATED_BY, EXPIRES_AT, NOTE)
VALUES (:p_key_id, :p_client, :p_key_hash, :p_role, :p_networks, LOCALTIMESTAMP(0), {{ t.caller }}, :p_expires_at, :p_note);
{% endcall %}
{% endcall %}
