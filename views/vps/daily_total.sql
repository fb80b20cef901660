{# DAILY_TOTAL shows usage, bills and carbon dioxide of each day and item. #}
{% from 'frame.sql' import view %}

{% call view('DAILY_TOTAL', 'Usage, bills and carbon dioxide of all points, by day and unit.',
   callers = ['SHIM', 'READER'],
   columns = {
     'DAY_ON':    ('DATE', 'Day of MEASURED_TIME.'),
     'UNIT':      ('VARCHAR(16)', 'Unit of the items summed up.'),
     'USAGE_SUM': ('DECIMAL(18,4)', 'Final usage.'),
     'QUOTE_SUM': ('DECIMAL(18,4)', 'Estimated bills, money.'),
     'CO2_SUM':   ('DECIMAL(18,4)', 'Carbon dioxide, kg.'),
   }) %}
SELECT CAST(q.MEASURED_TIME AS DATE),
       g.UNIT,
       SUM(q.USAGE_VALUE),
       SUM(q.QUOTE),
       SUM(q.CO2)
  FROM QUOTE_HISTORY q
  JOIN LOGICAL_DEVICE l
    ON l.LD_ID = q.LD_ID
   AND l.DELETED = 0
  JOIN LOGICAL_DEVICE_TYPE y
    ON y.TYPE_ID = l.TYPE_ID
  JOIN PARAM_GROUP g
    ON g.GROUP_ID = y.GROUP_ID
   AND g.SUB_NUMBER = q.SUB_NUMBER
   AND g.KIND = 'CUMULATIVE'
 GROUP BY CAST(q.MEASURED_TIME AS DATE), g.UNIT
{% endcall %}
