{#
  FINISH_ADR_ACTION records whether the head-end took a planned action into the meter.

  A reservation stays: it cannot be cancelled. A failed one may be tried again with success,
  unless the point has another action at that time by now.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('FINISH_ADR_ACTION', 'Record whether the head-end reserved an action at the meter.',
                  callers = ['VPS', 'SHIM'],
                  takes = dict(p_adr_action_id = 'BIGINT', p_state = 'VARCHAR(1024)', p_message = 'VARCHAR(1024)'),
                  holds = dict(v_state = 'VARCHAR(8)', v_others = 'INTEGER'),
                  means = dict(p_state = 'RESERVED or FAILED.'),
                  codes = {10: 'this is recorded already', 1001: 'the action or the state is missing',
                           1002: 'the message is longer than 512 characters',
                           1003: 'the state is neither RESERVED nor FAILED',
                           2008: 'there is no such action', 3002: 'the action is reserved, which cannot be cancelled, or the point has another at that time'}) %}
SELECT CASE
         WHEN :p_adr_action_id IS NULL OR :p_state IS NULL THEN 1001
         WHEN {{ check.is_longer(':p_message', 512) }}                THEN 1002
         WHEN {{ check.is_none_of(':p_state', ['RESERVED', 'FAILED']) }}       THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
-- Locked first: nothing is planned meanwhile, and two answers to one action come one behind the other.
UPDATE ADR_LOCK
   SET PLANNED_AT = PLANNED_AT
 WHERE LOCK_ID = 1
   AND :p_state = 'RESERVED';
UPDATE ADR_ACTION_HISTORY
   SET STATE = STATE
 WHERE ADR_ACTION_ID = :p_adr_action_id;
SELECT MAX(a.STATE)
  FROM ADR_ACTION_HISTORY a
 WHERE a.ADR_ACTION_ID = :p_adr_action_id
  INTO :v_state;
SELECT COUNT(*)
  FROM ADR_ACTION_HISTORY a
  JOIN ADR_ACTION_HISTORY o
    ON o.LD_ID = a.LD_ID
   AND o.ADR_ACTION_ID <> a.ADR_ACTION_ID
   AND o.START_AT < a.END_AT
   AND o.END_AT > a.START_AT
   AND o.STATE IN ('PLANNED', 'RESERVED')
 WHERE a.ADR_ACTION_ID = :p_adr_action_id
   AND a.STATE = 'FAILED'
  INTO :v_others;
SET :RESULT_CODE = CASE
  WHEN :v_state IS NULL                            THEN 2008
  WHEN :v_state = :p_state                         THEN 10
  WHEN :v_state = 'RESERVED' OR :v_others > 0      THEN 3002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE ADR_ACTION_HISTORY
   SET STATE   = :p_state,
       MESSAGE = :p_message
 WHERE ADR_ACTION_ID = :p_adr_action_id;
{% endcall %}
{% endcall %}
