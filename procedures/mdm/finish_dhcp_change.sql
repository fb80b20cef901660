{#
  FINISH_DHCP_CHANGE ends a change, and gives what the DHCP server must have of its MAC.

  The caller tells the server in the same transaction, which he takes back when he cannot. So the
  change is open again unless the server was told what is committed with this.
#}
{% from 'frame.sql' import procedure, when, give, latest %}
{% from 'dhcp.sql' import wanted %}
{% import 'type.sql' as t %}

{% call procedure('FINISH_DHCP_CHANGE', 'End a change, and give what the DHCP server must have of its MAC.',
                  callers = ['SHIM'],
                  takes = dict(p_change_id = 'BIGINT'),
                  gives = dict(MAC = 'VARCHAR(12)', WANTED = 'INTEGER'),
                  holds = dict(v_mac = 'VARCHAR(12)'),
                  means = dict(p_change_id = 'Number of the change.',
                               MAC = 'MAC address, 12 upper-case hexadecimal digits.',
                               WANTED = '1 the server must know it; 0 it must not.'),
                  codes = {1001: 'the change is missing',
                           2008: 'no such change is open'}) %}
SELECT CASE
         WHEN :p_change_id IS NULL THEN 1001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
-- Of two that end it at once the second one must not find it.
UPDATE DHCP_CHANGE
   SET MAC = MAC
 WHERE CHANGE_ID = :p_change_id;
SELECT MAX(c.MAC)
  FROM DHCP_CHANGE c
 WHERE c.CHANGE_ID = :p_change_id
{{ latest() }}
  INTO :v_mac;
SET :RESULT_CODE = CASE WHEN :v_mac IS NULL THEN 2008 ELSE 0 END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
DELETE FROM DHCP_CHANGE
 WHERE CHANGE_ID = :p_change_id;
{% call give() %}
SELECT :v_mac AS MAC,
       {{ wanted(':v_mac') | indent(7) }} AS WANTED
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
