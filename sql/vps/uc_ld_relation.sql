{# UC_LD_RELATION holds which customer owned which point on which days. #}
{% from 'frame.sql' import table %}

{{ table('UC_LD_RELATION', 'Days on which a customer owns a metering point.',
   columns = {
     'CUSTOMER_ID': ('VARCHAR(32) NOT NULL', 'The customer.'),
     'LD_ID':       ('VARCHAR(32) NOT NULL', 'The metering point.'),
     'FROM_DATE':   ('DATE NOT NULL', 'First day that is his.'),
     'TO_DATE':     ('DATE', 'First day that is no longer his; null open.'),
     'DELETED':     ('SMALLINT DEFAULT 0 NOT NULL', '1 cancelled.'),
   },
   key = ['CUSTOMER_ID', 'LD_ID', 'FROM_DATE'],
   index = [['LD_ID']]) }}
