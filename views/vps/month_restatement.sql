{# MONTH_RESTATEMENT shows the totals of closed months beside what their slots add up to now. #}
{% from 'frame.sql' import view %}

{% call view('MONTH_RESTATEMENT', 'Totals of closed months beside what their slots add up to now.',
   callers = ['SHIM', 'READER'],
   columns = {
     'LD_ID':         ('VARCHAR(32)', 'Metering point.'),
     'SUB_NUMBER':    ('SMALLINT', 'Item of the point.'),
     'MONTH_START':   ('DATE', 'First day of the month.'),
     'MONTH_END':     ('DATE', 'First day of the month behind it.'),
     'CLOSED_USAGE':  ('DECIMAL(18,4)', 'Usage at the closing.'),
     'PRESENT_USAGE': ('DECIMAL(18,4)', 'Usage now.'),
     'CLOSED_QUOTE':  ('DECIMAL(18,4)', 'Estimated bills at the closing, money.'),
     'PRESENT_QUOTE': ('DECIMAL(18,4)', 'Estimated bills now, money.'),
   }) %}
SELECT m.LD_ID,
       m.SUB_NUMBER,
       m.MONTH_START,
       k.MONTH_END,
       m.USAGE_SUM,
       SUM(q.USAGE_VALUE),
       m.QUOTE_SUM,
       SUM(q.QUOTE)
  FROM MONTH_CLOSED k
  JOIN MONTH_TOTAL m
    ON m.MONTH_START = k.MONTH_START
  LEFT JOIN QUOTE_HISTORY q
    ON q.LD_ID = m.LD_ID
   AND q.SUB_NUMBER = m.SUB_NUMBER
   AND q.MEASURED_TIME > k.MONTH_START
   AND q.MEASURED_TIME <= k.MONTH_END
 GROUP BY m.LD_ID, m.SUB_NUMBER, m.MONTH_START, k.MONTH_END, m.USAGE_SUM, m.QUOTE_SUM
{% endcall %}
