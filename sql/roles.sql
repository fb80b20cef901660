{# The consumers of the SQL-API: each has a role, and an account of its own that holds it. #}
{% set roles = {
  'HE':      'Head-ends: what to poll, and what to poll again.',
  'BILLING': 'Billing: usage out, estimated bills in.',
  'VPS':     'Visualisation portal: accounts, terminals, saving events and policies.',
  'VPA':     'Visualisation application: adds saving policies, and deactivates them.',
  'PROV':    'Provisioning server: what DHCP and configuration have done.',
  'ALA':     'Authentication server: certificates and keys.',
  'SHIM':    'The command line and the HTTP-API, for facility management, customer care and monitoring.',
  'READER':  'Operators who look, and change nothing.',
} %}
