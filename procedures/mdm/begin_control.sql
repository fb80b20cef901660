{#
  BEGIN_CONTROL notes what a meter is to be told, before the head-end is asked.

  The row is committed first: whatever breaks off afterwards, it stays OPEN until FINISH_CONTROL
  says what became of it. A point has one open control at a time. A capacity below what flows
  would switch the power off at once: it is refused unless that is wanted.
#}
{% from 'frame.sql' import procedure, when, give, insert_keyed, latest, by_index %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('BEGIN_CONTROL', 'Note what a meter is to be told, before the head-end is asked.',
                  callers = ['SHIM'],
                  takes = dict(p_kind            = 'VARCHAR(1024)',
                               p_ld_id           = 'VARCHAR(1024)',
                               p_value           = 'DECIMAL(18,4)',
                               p_start_at        = t.time,
                               p_end_at          = t.time,
                               p_adr_action_id   = 'BIGINT',
                               p_present_current = 'DECIMAL(18,4)',
                               p_force           = 'INTEGER',
                               p_requested_by    = 'VARCHAR(1024)',
                               p_request_id      = 'VARCHAR(1024)'),
                  gives = dict(CONTROL_ID = 'BIGINT'),
                  holds = dict(v_ld = 'BIGINT', v_ld_id = 'VARCHAR(32)', v_deleted = 'INTEGER', v_pd = 'BIGINT',
                               v_address = 'INTEGER', v_heid = 'INTEGER', v_open = 'INTEGER', v_control_id = 'BIGINT'),
                  means = dict(p_present_current = 'Current that flows, A; null nobody has measured it.',
                               p_force = '1 also a capacity below the present current; 0 or null not.'),
                  codes = {1001: 'the kind, the point or the value is missing, or what a reservation needs: start, end and action',
                           1002: 'an identifier is badly formed, or a text is too long',
                           1003: 'there is no such kind',
                           1004: 'the value, the range or the flag is out of range',
                           2002: 'no device has this LD_ID',
                           3002: 'the present current is above the capacity, or another control of the point is open'}) %}
SELECT CASE
         WHEN :p_kind IS NULL
           OR :p_ld_id IS NULL
           OR :p_value IS NULL
           OR (:p_kind = 'RESERVE'
               AND (:p_start_at IS NULL OR :p_end_at IS NULL OR :p_adr_action_id IS NULL)) THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR NOT {{ check.is_identifier(':p_request_id', 64) }}
           OR {{ check.is_longer(':p_requested_by', 128) }} THEN 1002
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
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
-- Two callers could both find no open control. Locked by its key alone: see SET_RELAY_STATE.
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_ld;
SELECT MAX(l.LD_ID), MAX(l.DELETED), MAX(l.PD_TABLE_KEY), MAX(l.LD_ADDRESS), MAX(o.HEID)
  FROM LOGICAL_DEVICE l
  JOIN CONTROLLER d
    ON d.TABLE_KEY = l.PD_TABLE_KEY
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE l.TABLE_KEY = :v_ld
  INTO :v_ld_id, :v_deleted, :v_pd, :v_address, :v_heid;
SELECT COUNT(*)
  FROM CONTROL_HISTORY c{{ by_index('CONTROL_HISTORY', ['STATE', 'LD_ID']) }}
 WHERE c.STATE = 'OPEN'
   AND c.LD_ID = :p_ld_id
{{ latest() }}
  INTO :v_open;
SET :RESULT_CODE = CASE
  WHEN :v_ld_id IS NULL
    OR :v_ld_id <> :p_ld_id
    OR :v_deleted = 1                                            THEN 2002
  WHEN :v_open > 0                                               THEN 3002
  WHEN :p_kind = 'CAPACITY'
   AND :p_present_current > :p_value
   AND COALESCE(:p_force, 0) = 0                                 THEN 3002
  ELSE 0
END;
SET :SQL_ERROR = TRIM(CASE
  WHEN :RESULT_CODE = 3002 AND :v_open > 0 THEN 'another control of the point is open'
  WHEN :RESULT_CODE = 3002                 THEN 'the present current is above the capacity'
END);
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('CONTROL_ID', ':v_control_id') %}
INSERT INTO CONTROL_HISTORY (
       KIND, LD_ID, PD_TABLE_KEY, LD_ADDRESS, HEID, "VALUE", START_AT, END_AT, ADR_ACTION_ID, REQUESTED_AT, REQUESTED_BY,
       REQUEST_ID)
VALUES (:p_kind, :p_ld_id, :v_pd, :v_address, :v_heid, :p_value, :p_start_at, :p_end_at, :p_adr_action_id,
       LOCALTIMESTAMP(0), :p_requested_by, :p_request_id)
{% endcall %}
{% call give() %}
SELECT :v_control_id AS CONTROL_ID
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
