{# DEVICE_ITEM shows every item of every logical device in service, polled or not, installed or not. #}
{% from 'frame.sql' import view %}
{% from 'device_item.sql' import item_columns, device_items %}

{% call view('DEVICE_ITEM', 'Every item of every logical device in service, and whether it is polled.',
             columns = item_columns) %}
{{ device_items() | trim }}
{% endcall %}
