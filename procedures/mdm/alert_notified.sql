{#
  ALERT_NOTIFIED records that monitoring was told of an alert, in the state that NEXT_ALERT gave.

  Two who tell at once may do so in any order. An alert that one told as raised and the other
  as over already is told to have ended once more, for nobody knows what monitoring heard last.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ALERT_NOTIFIED', 'Record that monitoring was told of an alert.',
                  callers = ['SHIM'],
                  takes = dict(p_alert_id = 'BIGINT', p_state = 'VARCHAR(1024)', p_now = t.time),
                  holds = dict(v_known = 'INTEGER', v_notified = t.time, v_cleared = t.time, v_told = t.time,
                               v_now = t.time),
                  means = dict(p_state = 'RAISED, CLEARED or EVENT, as NEXT_ALERT gave it.',
                               p_now = 'When it was told; null now.'),
                  codes = {10: 'that was recorded before',
                           11: 'there is no such alert any more',
                           1001: 'the alert or the state is missing',
                           1003: 'the state is none of RAISED, CLEARED and EVENT',
                           3002: 'the alert has not ended'}) %}
SELECT CASE
         WHEN :p_alert_id IS NULL
           OR :p_state IS NULL                                                   THEN 1001
         WHEN {{ check.is_none_of(':p_state', ['RAISED', 'CLEARED', 'EVENT']) }} THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
UPDATE MDM_ALERT_HISTORY
   SET SEVERITY = SEVERITY
 WHERE ALERT_ID = :p_alert_id;
SELECT COUNT(*), MAX(a.NOTIFIED_AT), MAX(a.CLEARED_AT), MAX(a.CLEAR_NOTIFIED_AT)
  FROM MDM_ALERT_HISTORY a
 WHERE a.ALERT_ID = :p_alert_id
{{ latest() }}
  INTO :v_known, :v_notified, :v_cleared, :v_told;
SET :v_now = COALESCE(:p_now, LOCALTIMESTAMP(0));
SET :RESULT_CODE = CASE
  WHEN :v_known = 0                                                               THEN 11
  WHEN :p_state <> 'RAISED' AND :v_cleared IS NULL                                THEN 3002
  WHEN :p_state = 'RAISED' AND :v_notified IS NOT NULL AND :v_told IS NULL        THEN 10
  WHEN :p_state = 'CLEARED' AND :v_told IS NOT NULL                               THEN 10
  -- Another has told that it was raised: that it ended is still to be told.
  WHEN :p_state = 'EVENT' AND :v_notified IS NOT NULL                             THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE MDM_ALERT_HISTORY
   SET NOTIFIED_AT       = COALESCE(NOTIFIED_AT, :v_now),
       CLEAR_NOTIFIED_AT = CASE WHEN :p_state <> 'RAISED' THEN :v_now END
 WHERE ALERT_ID = :p_alert_id;
{% endcall %}
{% endcall %}
