{#
  BEGIN_CONTROL notes what a meter is to be told, before the head-end is asked.

  The row is committed first: whatever breaks off afterwards, it stays OPEN until FINISH_CONTROL
  says what became of it. A meter has one open control at each address at a time. A capacity
  below what flows would switch the power off at once: it is refused unless that is wanted.
#}
{% from 'frame.sql' import procedure, when, give, insert_keyed, latest, by_index %}
{% from 'answer.sql' import is_key %}
{% from 'device.sql' import lock_logical %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('BEGIN_CONTROL', 'Note what a meter is to be told, before the head-end is asked.',
                  callers = ['SHIM'],
                  takes = dict(p_kind            = 'VARCHAR(1024)',
                               p_pd_table_key    = 'BIGINT',
                               p_ld_address      = 'INTEGER',
                               p_ld_id           = 'VARCHAR(1024)',
                               p_value           = 'DECIMAL(18,4)',
                               p_start_at        = t.time,
                               p_end_at          = t.time,
                               p_adr_action_id   = 'BIGINT',
                               p_present_current = 'DECIMAL(18,4)',
                               p_force           = 'INTEGER',
                               p_requested_by    = 'VARCHAR(1024)',
                               p_request_id      = 'VARCHAR(1024)',
                               p_idempotency_key = 'VARCHAR(1024)',
                               p_request_hash    = 'VARCHAR(1024)'),
                  gives = dict(CONTROL_ID = 'BIGINT'),
                  holds = dict(v_ld = 'BIGINT', v_ld_id = 'VARCHAR(32)', v_deleted = 'INTEGER', v_heid = 'INTEGER',
                               v_open = 'INTEGER', v_same = 'BIGINT', v_control_id = 'BIGINT'),
                  means = dict(p_pd_table_key = 'Device that was locked and looked up.',
                               p_ld_address = 'Address in it that the point has.',
                               p_present_current = 'Current that flows, A; null nobody has measured it.',
                               p_force = '1 also a capacity below the present current; 0 or null not.',
                               p_idempotency_key = 'Name that the client gave to the request; null none.'),
                  codes = {10: 'this request has begun it before',
                           1001: 'the kind, the device, the point or the value is missing, or what a reservation needs: start, end and action; or what a named request needs: who and its hash',
                           1002: 'an identifier, the key or the hash is badly formed, or a text is too long',
                           1003: 'there is no such kind',
                           1004: 'the value, the range or the flag is out of range',
                           3001: 'another control of the meter is open',
                           3002: 'the present current is above the capacity, or not known',
                           3004: 'the point is not there, at this device'}) %}
SELECT CASE
         WHEN :p_kind IS NULL
           OR :p_pd_table_key IS NULL
           OR :p_ld_address IS NULL
           OR :p_ld_id IS NULL
           OR :p_value IS NULL
           OR (:p_kind = 'RESERVE'
               AND (:p_start_at IS NULL OR :p_end_at IS NULL OR :p_adr_action_id IS NULL))
           OR (:p_idempotency_key IS NOT NULL
               AND (:p_requested_by IS NULL OR :p_request_hash IS NULL)) THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR NOT {{ check.is_identifier(':p_request_id', 64) }}
           OR NOT {{ check.is_identifier(':p_requested_by', 64) }}
           OR NOT {{ is_key(':p_idempotency_key') }}
           OR NOT {{ check.is_sha256(':p_request_hash') }} THEN 1002
         WHEN {{ check.is_none_of(':p_kind', ['RELAY', 'CAPACITY', 'RESERVE']) }} THEN 1003
         WHEN {{ check.is_negative(':p_value') }}
           OR (:p_kind = 'RELAY' AND :p_value NOT IN (0, 1))
           OR (:p_kind = 'RESERVE' AND :p_end_at <= :p_start_at)
           OR {{ check.is_none_of(':p_force', [0, 1]) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
-- Two callers could both find no open control.
{{ lock_logical(':p_pd_table_key', ':p_ld_address') }}
SELECT MAX(l.LD_ID), MAX(l.DELETED), MAX(o.HEID)
  FROM LOGICAL_DEVICE l
  JOIN CONTROLLER d
    ON d.TABLE_KEY = l.PD_TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE l.TABLE_KEY = :v_ld
  INTO :v_ld_id, :v_deleted, :v_heid;
-- The same request may come again when its commit was not answered.
SELECT COUNT(*),
       MAX(CASE
             WHEN c.REQUEST_ID = :p_request_id
              AND c.KIND = :p_kind
              AND c.LD_ID = :p_ld_id
              AND c."VALUE" = :p_value THEN c.CONTROL_ID
           END)
  FROM CONTROL_HISTORY c{{ by_index('CONTROL_HISTORY', ['STATE', 'PD_TABLE_KEY', 'LD_ADDRESS']) }}
 WHERE c.STATE = 'OPEN'
   AND c.PD_TABLE_KEY = :p_pd_table_key
   AND c.LD_ADDRESS = :p_ld_address
{{ latest() }}
  INTO :v_open, :v_same;
SET :RESULT_CODE = CASE
  WHEN :v_same IS NOT NULL THEN 10
  WHEN :v_open > 0         THEN 3001
  WHEN :v_ld_id IS NULL
    OR :v_ld_id <> :p_ld_id
    OR :v_deleted = 1      THEN 3004
  -- 0 is no limit at all.
  WHEN :p_kind = 'CAPACITY'
   AND :p_value > 0
   AND COALESCE(:p_force, 0) = 0
   AND (:p_present_current IS NULL OR :p_present_current > :p_value) THEN 3002
  ELSE 0
END;
SET :SQL_ERROR = TRIM(CASE
  WHEN :RESULT_CODE = 3002 AND :p_present_current IS NULL THEN 'the present current is not known'
  WHEN :RESULT_CODE = 3002                                THEN 'the present current is above the capacity'
END);
SET :v_control_id = :v_same;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('CONTROL_ID', ':v_control_id') %}
INSERT INTO CONTROL_HISTORY (
       KIND, LD_ID, PD_TABLE_KEY, LD_ADDRESS, HEID, "VALUE", START_AT, END_AT, ADR_ACTION_ID, REQUESTED_AT, REQUESTED_BY,
       REQUEST_ID, IDEMPOTENCY_KEY, REQUEST_HASH)
VALUES (:p_kind, :p_ld_id, :p_pd_table_key, :p_ld_address, :v_heid, :p_value, :p_start_at, :p_end_at, :p_adr_action_id,
       LOCALTIMESTAMP(0), :p_requested_by, :p_request_id, :p_idempotency_key, :p_request_hash)
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_control_id AS CONTROL_ID
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
