{#
  POINT_ITEM shows the same as DEVICE_ITEM to rules that walk the slots of all points.

  The engine goes from each point to its device, type and item, by their keys. Left to itself it
  may begin with the items, which are few, and hash them with each slot: twice the time.
#}
{% from 'frame.sql' import view, join_in_order, by_key %}
{% from 'device_item.sql' import item_columns, device_items %}

{% call view('POINT_ITEM', 'Every item of every logical device in service, from the point on.',
             columns = item_columns) %}
{{ device_items(join_in_order(), by_key(), from_points=true) | trim }}
{% endcall %}
