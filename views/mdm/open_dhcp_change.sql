{# OPEN_DHCP_CHANGE shows the MACs of which the DHCP server may have another idea than the register. #}
{% from 'frame.sql' import view %}
{% from 'dhcp.sql' import wanted %}
{% import 'type.sql' as t %}

{% call view('OPEN_DHCP_CHANGE', 'MACs that the DHCP server is being told about.',
   callers = ['SHIM', 'READER'],
   columns = {
     'CHANGE_ID':    ('BIGINT', 'Number of the change.'),
     'MAC':          ('VARCHAR(12)', 'MAC address, 12 upper-case hexadecimal digits.'),
     'REQUESTED_AT': (t.time, 'When it was asked for.'),
     'REQUESTED_BY': ('VARCHAR(64)', 'Client, or program, that asked for it.'),
     'WANTED':       ('INTEGER', '1 the server must know it; 0 it must not.'),
   }) %}
SELECT c.CHANGE_ID,
       c.MAC,
       c.REQUESTED_AT,
       c.REQUESTED_BY,
       {{ wanted('c.MAC') | indent(7) }}
  FROM DHCP_CHANGE c
{% endcall %}
