{#
  ROTATE_API_KEY gives a client a new key; the old one is good until it expires.

  The new key has the client, the role, the networks and the note of the old one. Of an old one
  that expires already the earlier moment stays.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import lock_places, same %}
{% import 'api_key.sql' as key %}
{% import 'check.sql' as check %}
{% import 'type.sql' as t %}

{% call procedure('ROTATE_API_KEY', 'Give a client a new key; the old one is good until it expires.',
                  takes = dict(p_key_id     = 'VARCHAR(1024)',
                               p_new_key_id = 'VARCHAR(1024)',
                               p_key_hash   = 'VARCHAR(1024)',
                               p_expires_at = t.time),
                  holds = dict(v_old = 'INTEGER', v_expired = 'INTEGER', v_known = 'INTEGER', v_same = 'INTEGER',
                               v_expires_at = t.time),
                  means = dict(p_key_id = 'The key that is replaced.',
                               p_new_key_id = 'Public part of the new key, 12 lower-case hexadecimal digits.',
                               p_key_hash = 'SHA-256 of the whole new key, 64 lower-case hexadecimal digits.',
                               p_expires_at = 'From when on the old one is refused; null now.'),
                  codes = {10: 'it was replaced by this key before',
                           1001: 'a key or the hash is missing',
                           1002: 'a key or the hash is badly formed',
                           2005: 'there is no such key',
                           3001: 'another key has the new KEY_ID',
                           3002: 'the old key has expired'}) %}
SELECT CASE
         WHEN :p_key_id IS NULL
           OR :p_new_key_id IS NULL
           OR :p_key_hash IS NULL THEN 1001
         WHEN NOT {{ key.is_key_id(':p_key_id') }}
           OR NOT {{ key.is_key_id(':p_new_key_id') }}
           OR NOT {{ check.is_sha256(':p_key_hash') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ lock_places() }}
{{ key.lock_key() }}
SELECT COUNT(k.KEY_ID), COALESCE(MAX(CASE WHEN {{ key.is_expired('k') }} THEN 1 ELSE 0 END), 0),
       COUNT(n.KEY_ID),
       COALESCE(MAX(CASE
                      WHEN n.KEY_HASH = :p_key_hash
                       AND n.CLIENT = k.CLIENT
                       AND n.ROLE_NAME = k.ROLE_NAME
                       AND {{ same('n.NETWORKS', 'k.NETWORKS') }}
                       AND n.KEY_ID <> k.KEY_ID
                       AND k.EXPIRES_AT IS NOT NULL THEN 1
                      ELSE 0
                    END), 0)
  FROM API_KEY k
  LEFT JOIN API_KEY n
    ON n.KEY_ID = :p_new_key_id
 WHERE k.KEY_ID = :p_key_id
  INTO :v_old, :v_expired, :v_known, :v_same;
SET :RESULT_CODE = CASE
  WHEN :v_old = 0     THEN 2005
  WHEN :v_same = 1    THEN 10
  WHEN :v_known = 1   THEN 3001
  WHEN :v_expired = 1 THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO API_KEY (KEY_ID, CLIENT, KEY_HASH, ROLE_NAME, NETWORKS, CREATED_AT, CREATED_BY, NOTE)
SELECT :p_new_key_id, k.CLIENT, :p_key_hash, k.ROLE_NAME, k.NETWORKS, LOCALTIMESTAMP(0), {{ t.caller }}, k.NOTE
  FROM API_KEY k
 WHERE k.KEY_ID = :p_key_id;
SET :v_expires_at = COALESCE(:p_expires_at, LOCALTIMESTAMP(0));
UPDATE API_KEY
   SET EXPIRES_AT = :v_expires_at
 WHERE KEY_ID = :p_key_id
   AND (EXPIRES_AT IS NULL OR EXPIRES_AT > :v_expires_at);
{% endcall %}
{% endcall %}
