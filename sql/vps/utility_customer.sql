{# UTILITY_CUSTOMER holds the customers. #}
{% from 'frame.sql' import table %}

{{ table('UTILITY_CUSTOMER', 'Customers who own metering points.',
   columns = {
     'CUSTOMER_ID': ('VARCHAR(32) NOT NULL', 'Customer number, as billing knows it.'),
     'NAME':        ('VARCHAR(128)', 'Name of the customer.'),
     'DELETED':     ('SMALLINT DEFAULT 0 NOT NULL', '1 left.'),
   },
   key = ['CUSTOMER_ID']) }}
