{# USAGE_BALANCE compares the usage of each point with its registers. #}
{% from 'frame.sql' import view %}

{% call view('USAGE_BALANCE', 'The sum of usages of each point and item beside the difference of its registers.',
   callers = ['SHIM', 'READER'],
   columns = {
     'LD_ID':         ('VARCHAR(32)', 'Metering point.'),
     'SUB_NUMBER':    ('SMALLINT', 'Item of its parameter group.'),
     'SLOTS':         ('BIGINT', 'Slots of the point.'),
     'OPEN_SLOTS':    ('BIGINT', 'Slots without a usage, but for the very first.'),
     'USAGE_SUM':     ('DECIMAL(18,4)', 'Sum of all usages, on time or re-polled.'),
     'FIRST_READING': ('DECIMAL(18,4)', 'Earliest register reading.'),
     'LAST_READING':  ('DECIMAL(18,4)', 'Latest register reading.'),
   }) %}
SELECT s.LD_ID,
       s.SUB_NUMBER,
       s.SLOTS,
       s.OPEN_SLOTS,
       s.USAGE_SUM,
       COALESCE(f.READING, f.REPOLL_READING),
       COALESCE(l.READING, l.REPOLL_READING)
  FROM (SELECT u.LD_ID, u.SUB_NUMBER,
               COUNT(*) AS SLOTS,
               SUM(CASE WHEN u.USAGE_VALUE IS NULL AND u.REPOLL_USAGE IS NULL THEN 1 ELSE 0 END) - 1 AS OPEN_SLOTS,
               SUM(COALESCE(u.USAGE_VALUE, u.REPOLL_USAGE)) AS USAGE_SUM,
               MIN(CASE WHEN COALESCE(u.READING, u.REPOLL_READING) IS NOT NULL THEN u.MEASURED_TIME END) AS FIRST_TIME,
               MAX(CASE WHEN COALESCE(u.READING, u.REPOLL_READING) IS NOT NULL THEN u.MEASURED_TIME END) AS LAST_TIME
          FROM USAGE_HISTORY u
         GROUP BY u.LD_ID, u.SUB_NUMBER) s
  LEFT JOIN USAGE_HISTORY f
    ON f.LD_ID = s.LD_ID
   AND f.SUB_NUMBER = s.SUB_NUMBER
   AND f.MEASURED_TIME = s.FIRST_TIME
  LEFT JOIN USAGE_HISTORY l
    ON l.LD_ID = s.LD_ID
   AND l.SUB_NUMBER = s.SUB_NUMBER
   AND l.MEASURED_TIME = s.LAST_TIME
{% endcall %}
