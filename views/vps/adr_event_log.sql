{# ADR_EVENT_LOG shows the saving events received and what became of their actions. #}
{% from 'frame.sql' import view %}
{% import 'adr_log.sql' as log %}

{% call view('ADR_EVENT_LOG', 'Saving events received, with the number of their actions in each state.',
             callers = ['VPS', 'READER'], columns = log.event_columns) %}
{{ log.events() }}
{% endcall %}
