{#
  KEEP_ANSWER keeps the answer to a request, in the transaction of what the request changed.

  Whoever works on a request has taken a lock with its name: so nobody else works on it, and no
  second answer comes at the same moment. One that does all the same is refused by the engine.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'answer.sql' import answer_takes, answer_codes, verdict %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set wrong %}
         WHEN {{ check.is_outside(':p_status', 100, 599) }} THEN 1004
{% endset %}
{% call procedure('KEEP_ANSWER', 'Keep the answer to a request.',
                  callers = ['SHIM'],
                  takes = dict(answer_takes, p_status = 'INTEGER', p_answer = t.long_text),
                  holds = dict(v_known = 'INTEGER'),
                  means = dict(p_status = 'HTTP status of the answer.', p_answer = 'Body of the answer, JSON.'),
                  codes = dict(answer_codes.items() | list + [
                           (1004, 'the status is none of HTTP'),
                           (3001, 'there is an answer already')])) %}
{{ verdict('\n           OR :p_status IS NULL\n           OR :p_answer IS NULL', wrong) }}

{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(*)
  FROM API_ANSWER a
 WHERE a.CLIENT = :p_client
   AND a.IDEMPOTENCY_KEY = :p_idempotency_key
  INTO :v_known;
SET :RESULT_CODE = CASE WHEN :v_known > 0 THEN 3001 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO API_ANSWER (CLIENT, IDEMPOTENCY_KEY, REQUEST_HASH, STATUS, ANSWER, ANSWERED_AT)
VALUES (:p_client, :p_idempotency_key, :p_request_hash, :p_status, :p_answer, LOCALTIMESTAMP(0));
{% endcall %}
{% endcall %}
