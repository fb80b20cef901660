{#
  The price of slots, for the rules that price many and the one that prices a single slot.

  A slot is the interval before its MEASURED_TIME; it belongs to the day and the billing
  month in which it begins. The correction set is the one in force at MEASURED_TIME. Tiers
  count what the point used before in that month: a slot costs C(before + usage) - C(before),
  where C(x) is what x kWh from the month's begin cost. Where the set has time-of-use
  prices, they replace the tiers. The base charge is spread evenly over the intervals of
  the month.
#}
{% from 'frame.sql' import run, stage, update_from, add_minutes, add_days, days_between %}
{% from 'revision.sql' import supersede, same_slot %}
{% from 'billing_month.sql' import billing_month %}
{% import 'type.sql' as t %}

{# What the variables are that price_slots needs; the rule merges them into its own. #}
{% set price_holds = {'v_interval': 'INTEGER', 'v_closing_day': 'INTEGER', 'v_last': t.time} %}

{# Cost of x kWh from the begin of the month, by the tiers of the set s. #}
{% macro tier_cost(x) %}
CASE
  WHEN s.TIER1_LIMIT IS NULL OR {{ x }} <= s.TIER1_LIMIT
  THEN {{ x }} * s.TIER1_PRICE
  WHEN s.TIER2_LIMIT IS NULL OR {{ x }} <= s.TIER2_LIMIT
  THEN s.TIER1_LIMIT * s.TIER1_PRICE + ({{ x }} - s.TIER1_LIMIT) * s.TIER2_PRICE
  ELSE s.TIER1_LIMIT * s.TIER1_PRICE + (s.TIER2_LIMIT - s.TIER1_LIMIT) * s.TIER2_PRICE
       + ({{ x }} - s.TIER2_LIMIT) * s.TIER3_PRICE
END
{%- endmacro %}

{# Fill PRICED_SLOT for the slots of [start, end) that the condition on q selects and whose bill changes. #}
{% macro price_slots(start, end, point, condition) %}
SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = 'INTERVAL_MINUTES' INTO :v_interval;
SELECT CAST(c."VALUE" AS DECIMAL(9)) FROM MDM_CONFIG c WHERE c.NAME = 'CLOSING_DAY' INTO :v_closing_day;
SET :v_last = {{ add_minutes(end, '-1') }};
{{ run('FIND_DAY_PARAM', [start, ':v_last']) }}
{{ run('FIND_SLOT_PRICE') }}

{{ stage('PRICING_SLOT') }}
INSERT INTO PRICING_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, SLOT_START, MONTH_START,
       USAGE_VALUE, QUOTE, CO2, SOURCE, CLUSTER_ID, CONTRACT_CAPACITY)
SELECT w.LD_ID, w.SUB_NUMBER, w.MEASURED_TIME,
       {{ add_minutes('w.MEASURED_TIME', '-:v_interval') }},
       {{ billing_month('CAST(' ~ add_minutes('w.MEASURED_TIME', '-:v_interval') ~ ' AS DATE)', ':v_closing_day') }},
       w.USAGE_VALUE, w.QUOTE, w.CO2, w.SOURCE, i.CLUSTER_ID, i.CONTRACT_CAPACITY
  FROM DEVICE_ITEM i
  JOIN QUOTE_HISTORY w
    ON w.LD_ID = i.LD_ID
   AND w.SUB_NUMBER = i.SUB_NUMBER
   AND w.MEASURED_TIME >= {{ start }}
   AND w.MEASURED_TIME < {{ end }}
 WHERE i.PRICED = 1
   AND {{ point }};

-- What each point used in the month before its first slot here.
{{ stage('MONTH_BASE') }}
INSERT INTO MONTH_BASE (LD_ID, SUB_NUMBER, MONTH_START, FIRST_TIME, USED_BEFORE)
SELECT f.LD_ID, f.SUB_NUMBER, f.MONTH_START, f.FIRST_TIME,
       COALESCE(m.USED, 0) + COALESCE(SUM(w.USAGE_VALUE), 0)
  FROM (SELECT q.LD_ID, q.SUB_NUMBER, q.MONTH_START, MIN(q.MEASURED_TIME) AS FIRST_TIME
          FROM PRICING_SLOT q
         GROUP BY q.LD_ID, q.SUB_NUMBER, q.MONTH_START) f
  LEFT JOIN MONTH_USAGE m
    ON m.LD_ID = f.LD_ID
   AND m.SUB_NUMBER = f.SUB_NUMBER
   AND m.MONTH_START = f.MONTH_START
   AND m.UP_TO <= f.FIRST_TIME
  LEFT JOIN QUOTE_HISTORY w
    ON w.LD_ID = f.LD_ID
   AND w.SUB_NUMBER = f.SUB_NUMBER
   AND w.MEASURED_TIME > f.MONTH_START
   AND w.MEASURED_TIME >= COALESCE(m.UP_TO, CAST(f.MONTH_START AS {{ t.time }}))
   AND w.MEASURED_TIME < f.FIRST_TIME
 GROUP BY f.LD_ID, f.SUB_NUMBER, f.MONTH_START, f.FIRST_TIME, m.USED;
{{ update_from('MONTH_USAGE', 'MONTH_BASE',
               'u.LD_ID = n.LD_ID\n   AND u.SUB_NUMBER = n.SUB_NUMBER\n   AND u.MONTH_START = n.MONTH_START\n   AND u.UP_TO < n.FIRST_TIME',
               {'UP_TO': 'n.FIRST_TIME', 'USED': 'n.USED_BEFORE'}) }}
INSERT INTO MONTH_USAGE (LD_ID, SUB_NUMBER, MONTH_START, UP_TO, USED)
SELECT n.LD_ID, n.SUB_NUMBER, n.MONTH_START, n.FIRST_TIME, n.USED_BEFORE
  FROM MONTH_BASE n
 WHERE NOT EXISTS (SELECT 1
                     FROM MONTH_USAGE m
                    WHERE m.LD_ID = n.LD_ID
                      AND m.SUB_NUMBER = n.SUB_NUMBER
                      AND m.MONTH_START = n.MONTH_START);

{{ stage('PRICED_SLOT') }}
INSERT INTO PRICED_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, QUOTE, CO2, SUPERSEDES)
SELECT p.LD_ID, p.SUB_NUMBER, p.MEASURED_TIME, p.NEW_QUOTE, p.NEW_CO2,
       CASE WHEN p.QUOTE <> p.NEW_QUOTE THEN 1 ELSE 0 END
  FROM (SELECT s.LD_ID, s.SUB_NUMBER, s.MEASURED_TIME, s.QUOTE, s.CO2, s.SOURCE,
               ROUND(CASE
                       WHEN s.TIME_OF_USE = 1 THEN s.USAGE_VALUE * COALESCE(u.PRICE, 0)
                       ELSE {{ tier_cost('(s.USED_BEFORE + s.USAGE_VALUE)') | indent(28) }}
                          - {{ tier_cost('s.USED_BEFORE') | indent(28) }}
                     END, 4)
               + ROUND(s.BASE_CHARGE_PER_10A * s.CONTRACT_CAPACITY * 1.0000
                       / (10 * s.DAYS * 1440 / :v_interval), 4) AS NEW_QUOTE,
               ROUND(s.USAGE_VALUE * s.CO2_FACTOR, 4) AS NEW_CO2
          FROM (SELECT q.LD_ID, q.SUB_NUMBER, q.MEASURED_TIME, q.QUOTE, q.CO2, q.SOURCE, q.USAGE_VALUE, q.SLOT_START,
                       b.USED_BEFORE + q.USED_HERE AS USED_BEFORE, q.CONTRACT_CAPACITY,
                       {{ days_between('q.MONTH_START', billing_month(add_days('q.MONTH_START', '32'), ':v_closing_day')) | indent(23) }} AS DAYS,
                       c.PARAM_ID, c.FROM_DATE,
                       c.TIER1_LIMIT, COALESCE(c.TIER1_PRICE, 0) AS TIER1_PRICE,
                       c.TIER2_LIMIT, COALESCE(c.TIER2_PRICE, 0) AS TIER2_PRICE,
                       COALESCE(c.TIER3_PRICE, 0) AS TIER3_PRICE,
                       COALESCE(c.BASE_CHARGE_PER_10A, 0) AS BASE_CHARGE_PER_10A, c.CO2_FACTOR,
                       CASE WHEN EXISTS (SELECT 1 FROM TOU_PRICE x
                                          WHERE x.PARAM_ID = c.PARAM_ID AND x.FROM_DATE = c.FROM_DATE)
                            THEN 1 ELSE 0
                       END AS TIME_OF_USE,
                       CASE
                         WHEN h.DAY_OFF IS NOT NULL
                           OR MOD({{ days_between("DATE '2000-01-02'", 'CAST(q.SLOT_START AS DATE)') }}, 7) = 0 THEN 'HOLIDAY'
                         WHEN MOD({{ days_between("DATE '2000-01-02'", 'CAST(q.SLOT_START AS DATE)') }}, 7) = 6 THEN 'SATURDAY'
                         ELSE 'WEEKDAY'
                       END AS DAY_TYPE
                  FROM (SELECT z.LD_ID, z.SUB_NUMBER, z.MEASURED_TIME, z.QUOTE, z.CO2, z.USAGE_VALUE, z.SOURCE, z.CLUSTER_ID,
                               z.CONTRACT_CAPACITY, z.SLOT_START, z.MONTH_START,
                               COALESCE(SUM(z.USAGE_VALUE)
                                            OVER (PARTITION BY z.LD_ID, z.SUB_NUMBER, z.MONTH_START
                                                      ORDER BY z.MEASURED_TIME
                                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS USED_HERE
                          FROM PRICING_SLOT z) q
                  JOIN MONTH_BASE b
                    ON b.LD_ID = q.LD_ID
                   AND b.SUB_NUMBER = q.SUB_NUMBER
                   AND b.MONTH_START = q.MONTH_START
                  JOIN DAY_PARAM d
                    ON d.CLUSTER_ID = q.CLUSTER_ID
                   AND d.DAY_ON = CAST(q.MEASURED_TIME AS DATE)
                  JOIN CORRECTION_PARAM c
                    ON c.PARAM_ID = d.PARAM_ID
                   AND c.FROM_DATE = d.FROM_DATE
                  LEFT JOIN HOLIDAY h
                    ON h.DAY_OFF = CAST(q.SLOT_START AS DATE)
                 WHERE q.USAGE_VALUE IS NOT NULL
                   AND {{ condition }}) s
          LEFT JOIN SLOT_PRICE u
            ON u.PARAM_ID = s.PARAM_ID
           AND u.FROM_DATE = s.FROM_DATE
           AND u.DAY_TYPE = s.DAY_TYPE
           AND u.MINUTE_OF_DAY = EXTRACT(HOUR FROM s.SLOT_START) * 60 + EXTRACT(MINUTE FROM s.SLOT_START)) p
 WHERE p.SOURCE <> 'S'
    OR p.QUOTE <> p.NEW_QUOTE
    OR COALESCE(p.CO2, -1) <> COALESCE(p.NEW_CO2, -1);
{% endmacro %}

{# Let the new bills of PRICED_SLOT take effect; what they replace is kept. #}
{% macro simulate_slots() %}
{{ supersede('PRICED_SLOT', 'simulated again', 'n.SUPERSEDES = 1') }}
{{ update_from('QUOTE_HISTORY', 'PRICED_SLOT', same_slot(),
               {'REVISION': 'u.REVISION + n.SUPERSEDES', 'QUOTE': 'n.QUOTE', 'CO2': 'n.CO2',
                'SOURCE': "'S'", 'UPDATED_AT': 'LOCALTIMESTAMP(0)'}) }}
{% endmacro %}
