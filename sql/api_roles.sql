{# The callers of the HTTP-API: each of their keys has one of these roles, and may do what is its alone. #}
{% set api_roles = {
  'FACILITY': 'Facility management: registers, installs and removes devices.',
  'CUSTOMER': 'Customer care: relays, capacities, corrections, the end of a contract.',
  'NMS':      'Network monitoring: looks for devices and asks them how they are.',
  'VPS':      'Visualisation portal: usage, and the reservations of saving actions.',
} %}
