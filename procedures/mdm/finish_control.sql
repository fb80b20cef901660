{#
  FINISH_CONTROL records what became of a control, once it is certain.

  In the same transaction as the rule that records the new state: so the two never part.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('FINISH_CONTROL', 'Record what became of a control.',
                  callers = ['SHIM'],
                  takes = dict(p_control_id  = 'BIGINT',
                               p_state       = 'VARCHAR(1024)',
                               p_found_value = 'DECIMAL(18,4)',
                               p_message     = 'VARCHAR(1024)'),
                  holds = dict(v_state = 'VARCHAR(8)'),
                  means = dict(p_state = 'DONE, or REFUSED: the meter is as it was.',
                               p_message = 'What the head-end answered.',
                               p_found_value = 'Value that the meter has behind it; null nobody has read it.'),
                  codes = {10: 'it was recorded so before',
                           1001: 'the control or the state is missing',
                           1002: 'the message is too long',
                           1003: 'there is no such state',
                           2008: 'there is no such control',
                           3002: 'it ended otherwise'}) %}
SELECT CASE
         WHEN :p_control_id IS NULL OR :p_state IS NULL THEN 1001
         WHEN {{ check.is_longer(':p_message', 512) }} THEN 1002
         WHEN {{ check.is_none_of(':p_state', ['DONE', 'REFUSED']) }} THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
-- Two callers that settle it at once must find the same.
UPDATE CONTROL_HISTORY
   SET MESSAGE = MESSAGE
 WHERE CONTROL_ID = :p_control_id;
SELECT MAX(c.STATE)
  FROM CONTROL_HISTORY c
 WHERE c.CONTROL_ID = :p_control_id
  INTO :v_state;
SET :RESULT_CODE = CASE
  WHEN :v_state IS NULL    THEN 2008
  WHEN :v_state = 'OPEN'   THEN 0
  WHEN :v_state = :p_state THEN 10
  ELSE 3002
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE CONTROL_HISTORY
   SET STATE       = :p_state,
       FINISHED_AT = LOCALTIMESTAMP(0),
       FOUND_VALUE = :p_found_value,
       MESSAGE     = :p_message
 WHERE CONTROL_ID = :p_control_id;
{% endcall %}
{% endcall %}
