{# ADR_ACTION_LOG shows every saving action with its event, its policy and whose point it was. #}
{% from 'frame.sql' import view %}
{% import 'adr_log.sql' as log %}

{% call view('ADR_ACTION_LOG', 'Saving actions, with their event, policy, point and customer.',
             callers = ['VPS', 'SHIM', 'READER'], columns = log.action_columns) %}
{{ log.actions() }}
{% endcall %}
