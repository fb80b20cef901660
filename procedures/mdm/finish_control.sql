{#
  FINISH_CONTROL records what became of a control, once it is certain, and what its meter has.

  That goes to the row of the meter, by its key and address: the point may have another one by
  now, of which nothing is known.
#}
{% from 'frame.sql' import procedure, when, give, latest %}
{% from 'device.sql' import lock_logical %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('FINISH_CONTROL', 'Record what became of a control, and what its meter has.',
                  callers = ['SHIM'],
                  takes = dict(p_control_id  = 'BIGINT',
                               p_state       = 'VARCHAR(1024)',
                               p_found_value = 'DECIMAL(18,4)',
                               p_message     = 'VARCHAR(1024)'),
                  gives = dict(LD_ID = 'VARCHAR(32)'),
                  holds = dict(v_kind = 'VARCHAR(8)', v_pd = 'BIGINT', v_address = 'INTEGER', v_ld = 'BIGINT',
                               v_ld_id = 'VARCHAR(32)', v_state = 'VARCHAR(8)'),
                  means = dict(p_state = 'DONE, or REFUSED: the meter is as it was.',
                               p_message = 'What the head-end answered.',
                               p_found_value = 'Value that the meter has behind it; null nobody has read it.',
                               LD_ID = 'Metering point that the meter is at now; null none.'),
                  codes = {10: 'it was recorded so before',
                           1001: 'the control or the state is missing',
                           1002: 'the message is too long',
                           1003: 'there is no such state',
                           1004: 'no meter has such a value',
                           2008: 'there is no such control',
                           3002: 'it ended otherwise'}) %}
SELECT CASE
         WHEN :p_control_id IS NULL OR :p_state IS NULL THEN 1001
         WHEN {{ check.is_longer(':p_message', 512) }} THEN 1002
         WHEN {{ check.is_none_of(':p_state', ['DONE', 'REFUSED']) }} THEN 1003
         WHEN {{ check.is_negative(':p_found_value') }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(c.KIND), MAX(c.PD_TABLE_KEY), MAX(c.LD_ADDRESS)
  FROM CONTROL_HISTORY c
 WHERE c.CONTROL_ID = :p_control_id
  INTO :v_kind, :v_pd, :v_address;
-- Before the control, as BEGIN_CONTROL does.
{{ lock_logical(':v_pd', ':v_address') }}
-- Two callers that settle it at once must find the same.
UPDATE CONTROL_HISTORY
   SET MESSAGE = MESSAGE
 WHERE CONTROL_ID = :p_control_id;
SELECT MAX(l.LD_ID)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_ld
  INTO :v_ld_id;
SELECT MAX(c.STATE)
  FROM CONTROL_HISTORY c
 WHERE c.CONTROL_ID = :p_control_id
{{ latest() }}
  INTO :v_state;
SET :RESULT_CODE = CASE
  WHEN :v_state IS NULL    THEN 2008
  WHEN :v_kind = 'RELAY'
   AND :p_found_value NOT IN (0, 1) THEN 1004
  WHEN :v_state = 'OPEN'   THEN 0
  WHEN :v_state = :p_state THEN 10
  ELSE 3002
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE LOGICAL_DEVICE
   SET RELAY_STATE       = CASE WHEN :v_kind = 'RELAY'    THEN :p_found_value ELSE RELAY_STATE       END,
       CONTRACT_CAPACITY = CASE WHEN :v_kind = 'CAPACITY' THEN :p_found_value ELSE CONTRACT_CAPACITY END
 WHERE TABLE_KEY = :v_ld
   AND :v_kind IN ('RELAY', 'CAPACITY')
   AND :p_found_value IS NOT NULL;
UPDATE CONTROL_HISTORY
   SET STATE       = :p_state,
       FINISHED_AT = LOCALTIMESTAMP(0),
       FOUND_VALUE = :p_found_value,
       MESSAGE     = :p_message
 WHERE CONTROL_ID = :p_control_id;
{% endcall %}

{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_ld_id AS LD_ID
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
