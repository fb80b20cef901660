{#
  DHCP_CHANGE holds the MACs of which the DHCP server may have another idea than the register.

  A row is there before either is changed, and goes in the transaction that changes the register,
  once the server was told. Whatever breaks off in between leaves it: then the server is told what
  the register has.
#}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('DHCP_CHANGE', 'MACs that the DHCP server is being told about.',
   columns = {
     'CHANGE_ID':    (t.auto, 'Number of the change.'),
     'MAC':          ('VARCHAR(12) NOT NULL', 'MAC address, 12 upper-case hexadecimal digits.'),
     'REQUESTED_AT': (t.time ~ ' NOT NULL', 'When it was asked for.'),
     'REQUESTED_BY': ('VARCHAR(64)', 'Client, or program, that asked for it.'),
   },
   key = ['CHANGE_ID']) }}
