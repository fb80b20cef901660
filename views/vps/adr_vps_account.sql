{# ADR_VPS_ACCOUNT shows the accounts of the portal with their points and terminals, and no secret. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('ADR_VPS_ACCOUNT', 'Accounts of the portal: a row for each point and terminal.',
   callers = ['VPS', 'READER'],
   columns = {
     'VPS_ACCOUNT_ID':    ('VARCHAR(254)', 'Mail address that logs in, in lower case.'),
     'CUSTOMER_ID':       ('VARCHAR(32)', 'Customer whose account it is.'),
     'NAME':              ('VARCHAR(128)', 'Name of the customer.'),
     'TEMPORARY':         ('SMALLINT', '1 the password is temporary and must be changed.'),
     'LOCKED_UNTIL':      (t.time, 'Until when logins are refused; null not locked.'),
     'EDIT_RIGHT':        ('SMALLINT', '1 may change policies, 0 may only look.'),
     'STATE':             ('SMALLINT', '1 in use, 0 suspended.'),
     'UPDATED_AT':        (t.time, 'When the account last changed.'),
     'LD_ID':             ('VARCHAR(32)', 'Metering point that is his, today or from a later day on; null none.'),
     'FROM_DATE':         ('DATE', 'First day that the point is his.'),
     'TO_DATE':           ('DATE', 'First day that it is no longer his; null open.'),
     'LD_NAME':           ('VARCHAR(128)', 'Name of the point for people.'),
     'CONTRACT_CAPACITY': ('DECIMAL(18,4)', 'Contract capacity in A; 0 none, null no device reads the point.'),
     'PD_ID':             ('VARCHAR(15)', 'Physical device that reads it.'),
     'PD_NAME':           ('VARCHAR(128)', 'Name of the device for people.'),
     'VPA_DEVICE_ID':     ('BIGINT', 'Terminal of the point, or of the device as a whole; null none.'),
     'VPA_MAC':           ('VARCHAR(12)', 'MAC address of the terminal.'),
     'VPA_STATE':         ('SMALLINT', 'Terminal: 1 in use, 0 suspended.'),
   }) %}
SELECT a.VPS_ACCOUNT_ID,
       a.CUSTOMER_ID,
       c.NAME,
       a.TEMPORARY,
       a.LOCKED_UNTIL,
       a.EDIT_RIGHT,
       a.STATE,
       a.UPDATED_AT,
       r.LD_ID,
       r.FROM_DATE,
       r.TO_DATE,
       l.LD_NAME,
       l.CONTRACT_CAPACITY,
       d.PD_ID,
       d.PD_NAME,
       v.VPA_DEVICE_ID,
       v.MAC AS VPA_MAC,
       v.STATE AS VPA_STATE
  FROM VPS_ACCOUNT a
  JOIN UTILITY_CUSTOMER c
    ON c.CUSTOMER_ID = a.CUSTOMER_ID
   AND c.DELETED = 0
  LEFT JOIN UC_LD_RELATION r
    ON r.CUSTOMER_ID = a.CUSTOMER_ID
   AND r.DELETED = 0
   AND (r.TO_DATE IS NULL OR r.TO_DATE > CURRENT_DATE)
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = r.LD_ID
   AND l.DELETED = 0
  LEFT JOIN CONTROLLER d
    ON d.TABLE_KEY = l.PD_TABLE_KEY
   AND d.DELETED = 0
  LEFT JOIN VPA_DEVICE v
    ON (v.LD_ID = r.LD_ID OR (v.PD_ID = d.PD_ID AND v.LD_ID IS NULL))
   AND v.DELETED = 0
 WHERE a.DELETED = 0
{% endcall %}
