{#
  HEAD_END_ITEM shows the same as DEVICE_ITEM to rules that ask for all of one head-end.

  The engine begins with the head-end and walks its devices by their keys. Left to itself it begins
  with the points of all head-ends, or with the items, as its statistics happen to be. The few
  types and items are looked up by their keys: hashed or buffered, they would give the devices in
  any order, and whoever stores them would write all over his table.
#}
{% from 'frame.sql' import view, join_in_order, by_key %}
{% from 'device_item.sql' import item_columns, device_items %}

{% call view('HEAD_END_ITEM', 'Every item that a head-end serves, from the head-end on.',
             columns = item_columns) %}
{{ device_items(join_in_order(), by_key()) | trim }}
{% endcall %}
