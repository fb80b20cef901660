{# ADR_POLICY_LIST shows the saving policies with their points, and whose these are today. #}
{% from 'frame.sql' import view %}

{% call view('ADR_POLICY_LIST', 'Saving policies with their points and the customers of today, one row for each account.',
   callers = ['VPS', 'READER'],
   columns = {
     'POLICY_ID':         ('BIGINT', 'Number of the policy.'),
     'LD_ID':             ('VARCHAR(32)', 'Metering point.'),
     'SUB_NUMBER':        ('SMALLINT', 'Item of the point.'),
     'POLICY_NAME':       ('VARCHAR(64)', 'Name for people.'),
     'ACTIVE':            ('SMALLINT', '1 applies, 0 does not.'),
     'MIN_LEVEL':         ('SMALLINT', 'Event level from which it applies.'),
     'MIN_INCENTIVE':     ('DECIMAL(18,4)', 'Incentive from which it applies, money.'),
     'DAY_MASK':          ('SMALLINT', 'Days of the week on which it begins, added up: 1 Monday, 2 Tuesday to 64 Sunday.'),
     'START_TIME':        ('TIME', 'Time of day from which it applies; null midnight.'),
     'END_TIME':          ('TIME', 'Time of day until which it applies, excluded; before START_TIME of the next day.'),
     'FROM_DATE':         ('DATE', 'First day on which it applies; null at once.'),
     'TO_DATE':           ('DATE', 'First day on which it no longer applies; null open.'),
     'TARGET_CAPACITY':   ('DECIMAL(18,4)', 'Capacity to set for the event, A.'),
     'LD_NAME':           ('VARCHAR(128)', 'Name of the point; null where no meter is installed.'),
     'CONTRACT_CAPACITY': ('DECIMAL(18,4)', 'Contract capacity of the point in A.'),
     'CUSTOMER_ID':       ('VARCHAR(32)', 'Customer whose point it is today; null nobody.'),
     'CUSTOMER_NAME':     ('VARCHAR(128)', 'Name of the customer.'),
     'VPS_ACCOUNT_ID':    ('VARCHAR(254)', 'Mail address of an account of the customer; null none.'),
   }) %}
SELECT p.POLICY_ID,
       p.LD_ID,
       p.SUB_NUMBER,
       p.POLICY_NAME,
       p.ACTIVE,
       p.MIN_LEVEL,
       p.MIN_INCENTIVE,
       p.DAY_MASK,
       p.START_TIME,
       p.END_TIME,
       p.FROM_DATE,
       p.TO_DATE,
       p.TARGET_CAPACITY,
       l.LD_NAME,
       l.CONTRACT_CAPACITY,
       c.CUSTOMER_ID,
       c.NAME,
       a.VPS_ACCOUNT_ID
  FROM ADR_POLICY p
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = p.LD_ID
   AND l.DELETED = 0
  LEFT JOIN UC_LD_RELATION r
    ON r.LD_ID = p.LD_ID
   AND r.DELETED = 0
   AND r.FROM_DATE <= CURRENT_DATE
   AND (r.TO_DATE IS NULL OR r.TO_DATE > CURRENT_DATE)
  LEFT JOIN UTILITY_CUSTOMER c
    ON c.CUSTOMER_ID = r.CUSTOMER_ID
   AND c.DELETED = 0
  LEFT JOIN VPS_ACCOUNT a
    ON a.CUSTOMER_ID = c.CUSTOMER_ID
   AND a.DELETED = 0
 WHERE p.DELETED = 0
{% endcall %}
