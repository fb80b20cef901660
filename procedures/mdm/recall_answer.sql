{#
  RECALL_ANSWER gives the answer that a request got when it came first.
#}
{% from 'frame.sql' import procedure, when, give %}
{% from 'answer.sql' import answer_takes, answer_codes, verdict %}
{% import 'type.sql' as t %}

{% call procedure('RECALL_ANSWER', 'Give the answer that a request got when it came first.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = answer_takes,
                  gives = {'STATUS': 'INTEGER', 'ANSWER': t.long_text},
                  holds = dict(v_hash = 'VARCHAR(64)'),
                  means = dict(STATUS = 'HTTP status of the answer.', ANSWER = 'Body of the answer, JSON.'),
                  codes = dict(answer_codes.items() | list + [
                           (11, 'it has not been answered yet, or so long ago that the answer was removed')])) %}
{{ verdict() }}

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(a.REQUEST_HASH)
  FROM API_ANSWER a
 WHERE a.CLIENT = :p_client
   AND a.IDEMPOTENCY_KEY = :p_idempotency_key
  INTO :v_hash;
SET :RESULT_CODE = CASE
  WHEN :v_hash IS NULL           THEN 11
  WHEN :v_hash <> :p_request_hash THEN 3001
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT a.STATUS, a.ANSWER
  FROM API_ANSWER a
 WHERE a.CLIENT = :p_client
   AND a.IDEMPOTENCY_KEY = :p_idempotency_key
{% endcall %}
{% endcall %}
{% endcall %}
