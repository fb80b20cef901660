{#
  The price of slots, for the rules that price many and the one that prices a single slot.

  A slot is the interval before its MEASURED_TIME; it belongs to the day and the billing
  month in which it begins. The correction set is the one in force at MEASURED_TIME. Tiers
  count what the point used before in that month: a slot costs C(before + usage) - C(before),
  where C(x) is what x kWh from the month's begin cost. Where the set has time-of-use
  prices, they replace the tiers. The base charge is spread evenly over the intervals of
  the month.
#}
{% from 'frame.sql' import run, stage, update_from, when, add_minutes, add_days, days_between, join_in_order, by_key %}
{% from 'revision.sql' import supersede, same_slot %}
{% from 'billing_month.sql' import billing_month %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{# What the variables are that price_slots needs; the rule merges them into its own. #}
{% set price_holds = {'v_interval': 'INTEGER', 'v_closing_day': 'INTEGER', 'v_last': t.time,
                       'v_recent': t.time, 'v_month': 'DATE', 'v_snapshot': t.time, 'v_begin': t.time,
                       'v_up_to': t.time, 'v_in_month': 'DATE', 'v_days': 'INTEGER', 'v_open': 'INTEGER', 'v_known': 'INTEGER'} %}

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

{# Days of the billing month that begins on a day. #}
{% macro days_of(month) %}
{{ days_between(month, billing_month(add_days(month, '32'), ':v_closing_day')) }}
{%- endmacro %}

{# Price slots, rows of a query with what the point used before them, unless their bill is right already. #}
{% macro price(condition) %}
INSERT INTO PRICED_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, QUOTE, CO2, SUPERSEDES, REVISION, USED)
SELECT p.LD_ID, p.SUB_NUMBER, p.MEASURED_TIME, p.NEW_QUOTE, p.NEW_CO2,
       CASE WHEN p.QUOTE <> p.NEW_QUOTE THEN 1 ELSE 0 END,
       CASE WHEN p.QUOTE <> p.NEW_QUOTE THEN p.REVISION + 1 ELSE p.REVISION END,
       p.USED_BEFORE + p.USAGE_VALUE
  FROM (SELECT s.LD_ID, s.SUB_NUMBER, s.MEASURED_TIME, s.QUOTE, s.CO2, s.SOURCE, s.REVISION, s.USED_BEFORE, s.USAGE_VALUE,
               ROUND(CASE
                       WHEN s.TIME_OF_USE = 1 THEN s.USAGE_VALUE * COALESCE(u.PRICE, 0)
                       ELSE {{ tier_cost('(s.USED_BEFORE + s.USAGE_VALUE)') | indent(28) }}
                          - {{ tier_cost('s.USED_BEFORE') | indent(28) }}
                     END, 4)
               + ROUND(s.BASE_CHARGE_PER_10A * s.CONTRACT_CAPACITY * 1.0000
                       / (10 * s.DAYS * 1440 / :v_interval), 4) AS NEW_QUOTE,
               ROUND(s.USAGE_VALUE * s.CO2_FACTOR, 4) AS NEW_CO2
          FROM (SELECT q.LD_ID, q.SUB_NUMBER, q.MEASURED_TIME, q.QUOTE, q.CO2, q.SOURCE, q.REVISION, q.USAGE_VALUE,
                       q.SLOT_START, q.USED_BEFORE, q.CONTRACT_CAPACITY, q.DAYS,
                       c.PARAM_ID, c.FROM_DATE,
                       c.TIER1_LIMIT, COALESCE(c.TIER1_PRICE, 0) AS TIER1_PRICE,
                       c.TIER2_LIMIT, COALESCE(c.TIER2_PRICE, 0) AS TIER2_PRICE,
                       COALESCE(c.TIER3_PRICE, 0) AS TIER3_PRICE,
                       COALESCE(c.BASE_CHARGE_PER_10A, 0) AS BASE_CHARGE_PER_10A, c.CO2_FACTOR,
                       d.TIME_OF_USE,
                       CASE
                         WHEN h.DAY_OFF IS NOT NULL
                           OR MOD({{ days_between("DATE '2000-01-02'", 'CAST(q.SLOT_START AS DATE)') }}, 7) = 0 THEN 'HOLIDAY'
                         WHEN MOD({{ days_between("DATE '2000-01-02'", 'CAST(q.SLOT_START AS DATE)') }}, 7) = 6 THEN 'SATURDAY'
                         ELSE 'WEEKDAY'
                       END AS DAY_TYPE
                  FROM (
{{ caller() | trim | indent(24, first=true) }}
                       ) q
                  {{ join_in_order() }} DAY_PARAM d{{ by_key() }}
                    ON d.CLUSTER_ID = q.CLUSTER_ID
                   AND d.DAY_ON = CAST(q.MEASURED_TIME AS DATE)
                  {{ join_in_order() }} CORRECTION_PARAM c{{ by_key() }}
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

{# The sum of a slot's month, when it ends with the snapshot before or already holds the slot. #}
{% macro known_sum() %}MONTH_USAGE m
    ON m.LD_ID = w.LD_ID
   AND m.SUB_NUMBER = w.SUB_NUMBER
   AND m.MONTH_START = :v_in_month
   AND m.UP_TO IN (:v_snapshot, :v_up_to){% endmacro %}

{# What a point used in the month before its first slot: what MONTH_USAGE knows, and the slots of the history since. #}
{% macro month_bases(end, since, known) %}
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
   AND w.MEASURED_TIME >= {{ since }}
   AND w.MEASURED_TIME < {{ end }}
 WHERE {{ known }}
 GROUP BY f.LD_ID, f.SUB_NUMBER, f.MONTH_START, f.FIRST_TIME, m.USED;
{% endmacro %}

{# Price the slots of one snapshot whose sums are known, as they are walked. #}
{% macro price_snapshot(start, end, condition) %}
SELECT CASE WHEN MIN(q.MEASURED_TIME) = MAX(q.MEASURED_TIME) THEN MIN(q.MEASURED_TIME) END,
       COUNT(CASE WHEN q.USAGE_VALUE IS NOT NULL AND {{ condition }} THEN 1 END)
  FROM QUOTE_HISTORY q
 WHERE q.MEASURED_TIME >= {{ start }}
   AND q.MEASURED_TIME < {{ end }}
  INTO :v_snapshot, :v_open;
{% call when(':v_snapshot IS NOT NULL') %}
SET :v_begin = {{ add_minutes(':v_snapshot', '-:v_interval') }};
SET :v_in_month = CAST(:v_begin AS DATE);
SET :v_in_month = {{ billing_month(':v_in_month', ':v_closing_day') }};
SET :v_days = {{ days_of(':v_in_month') }};
-- No other slot of the range, thus of the sum, is measured until then.
SET :v_up_to = {{ add_minutes(':v_snapshot', ':v_interval') }};
SET :v_up_to = CASE WHEN :v_up_to < {{ end }} THEN :v_up_to ELSE {{ end }} END;
SELECT CASE
         WHEN EXISTS (SELECT 1
                        FROM MONTH_USAGE m
                       WHERE m.MONTH_START = :v_in_month
                         AND m.UP_TO IN (:v_snapshot, :v_up_to)) THEN 1
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :v_known;
{% endcall %}
{% call when(':v_known = 1') %}
{% call price(condition) %}
SELECT w.LD_ID, w.SUB_NUMBER, w.MEASURED_TIME, w.USAGE_VALUE, w.QUOTE, w.CO2, w.SOURCE, w.REVISION,
       :v_begin AS SLOT_START, :v_days AS DAYS,
       m.USED - CASE WHEN m.UP_TO > :v_snapshot THEN w.USAGE_VALUE ELSE 0 END AS USED_BEFORE,
       i.CLUSTER_ID, i.CONTRACT_CAPACITY
  FROM QUOTE_HISTORY w
  {{ join_in_order() }} {{ known_sum() }}
  {{ join_in_order() }} POINT_ITEM i
    ON i.LD_ID = w.LD_ID
   AND i.SUB_NUMBER = w.SUB_NUMBER
 WHERE i.PRICED = 1
   AND w.MEASURED_TIME = :v_snapshot
{% endcall %}
SELECT :v_open - COUNT(*) FROM PRICED_SLOT n INTO :v_open;
{% endcall %}
{% endmacro %}

{# Price the other slots: first they are gathered, then their sums are formed. #}
{% macro price_gathered(start, end, point, condition) %}
{{ stage('PRICING_SLOT') }}
INSERT INTO PRICING_SLOT (LD_ID, SUB_NUMBER, MEASURED_TIME, SLOT_START, MONTH_START,
       USAGE_VALUE, QUOTE, CO2, SOURCE, REVISION, CLUSTER_ID, CONTRACT_CAPACITY)
SELECT w.LD_ID, w.SUB_NUMBER, w.MEASURED_TIME,
       {{ add_minutes('w.MEASURED_TIME', '-:v_interval') }},
       {{ billing_month('CAST(' ~ add_minutes('w.MEASURED_TIME', '-:v_interval') ~ ' AS DATE)', ':v_closing_day') }},
       w.USAGE_VALUE, w.QUOTE, w.CO2, w.SOURCE, w.REVISION, i.CLUSTER_ID, i.CONTRACT_CAPACITY
{% if point %}
  FROM DEVICE_ITEM i
  JOIN QUOTE_HISTORY w
    ON w.LD_ID = i.LD_ID
   AND w.SUB_NUMBER = i.SUB_NUMBER
{% else %}
  FROM QUOTE_HISTORY w
  LEFT JOIN {{ known_sum() }}
  {{ join_in_order() }} POINT_ITEM i
    ON i.LD_ID = w.LD_ID
   AND i.SUB_NUMBER = w.SUB_NUMBER
{% endif %}
 WHERE i.PRICED = 1
   AND w.MEASURED_TIME >= {{ start }}
   AND w.MEASURED_TIME < {{ end }}
{% if point %}
   AND {{ point }};
{% else %}
   AND m.LD_ID IS NULL
   -- Its sum may have been set back since it was priced.
   AND NOT EXISTS (SELECT 1
                     FROM PRICED_SLOT n
                    WHERE {{ same_slot('n', 'w') | indent(19) }});
{% endif %}

-- Nearly every sum ends with the snapshot before: of those no more of the history is read.
{{ stage('MONTH_BASE') }}
SET :v_recent = {{ add_minutes(start, '-:v_interval') }};
SELECT MIN(q.MONTH_START) FROM PRICING_SLOT q INTO :v_month;
{{ month_bases(end, ':v_recent', 'm.UP_TO >= :v_recent') }}
{{ month_bases(end, ':v_month', '(m.UP_TO < :v_recent OR m.UP_TO IS NULL)') }}
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

{% call price(condition) %}
SELECT z.LD_ID, z.SUB_NUMBER, z.MEASURED_TIME, z.USAGE_VALUE, z.QUOTE, z.CO2, z.SOURCE, z.REVISION,
       z.SLOT_START, {{ days_of('z.MONTH_START') }} AS DAYS, b.USED_BEFORE + z.USED_HERE AS USED_BEFORE,
       z.CLUSTER_ID, z.CONTRACT_CAPACITY
  FROM (SELECT y.LD_ID, y.SUB_NUMBER, y.MEASURED_TIME, y.USAGE_VALUE, y.QUOTE, y.CO2, y.SOURCE, y.REVISION,
               y.SLOT_START, y.MONTH_START, y.CLUSTER_ID, y.CONTRACT_CAPACITY,
               COALESCE(SUM(y.USAGE_VALUE)
                            OVER (PARTITION BY y.LD_ID, y.SUB_NUMBER, y.MONTH_START
                                      ORDER BY y.MEASURED_TIME
                                  ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS USED_HERE
          FROM PRICING_SLOT y) z
  JOIN MONTH_BASE b
    ON b.LD_ID = z.LD_ID
   AND b.SUB_NUMBER = z.SUB_NUMBER
   AND b.MONTH_START = z.MONTH_START
{% endcall %}
{% endmacro %}

{#
  Fill PRICED_SLOT for the slots of [start, end) that the condition on q selects and whose bill
  changes. Of all points the slots are walked, which find their points; of some, the points.

  Nearly always the range holds one snapshot of all points, and MONTH_USAGE ends where it begins.
#}
{% macro price_slots(start, end, point, condition) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
{{ setting('CLOSING_DAY', ':v_closing_day') }}
SET :v_last = {{ add_minutes(end, '-1') }};
{{ run('FIND_DAY_PARAM', [start, ':v_last']) }}
{{ run('FIND_SLOT_PRICE') }}

{{ stage('PRICED_SLOT') }}
{% if point %}
{{ price_gathered(start, end, point, condition) }}
{% else %}
{{ price_snapshot(start, end, condition) }}
{% call when(':v_open > 0') %}
{{ price_gathered(start, end, point, condition) }}
{% endcall %}
{% call when(':v_snapshot IS NOT NULL') %}
-- The next snapshot finds the sums with this one.
{{ update_from('MONTH_USAGE', 'PRICED_SLOT',
               'u.LD_ID = n.LD_ID\n   AND u.SUB_NUMBER = n.SUB_NUMBER\n   AND n.MEASURED_TIME = :v_snapshot',
               {'UP_TO': ':v_up_to', 'USED': 'n.USED'}, 'u.MONTH_START = :v_in_month\n   AND u.UP_TO = :v_snapshot') }}
{% endcall %}
{% endif %}
{% endmacro %}

{#
  Let the new bills of PRICED_SLOT take effect; what they replace is kept. `within` says which
  rows of the history are walked, where most of them have a new bill. What was billed or
  corrected in the meantime stays.
#}
{% macro simulate_slots(within='') %}
{{ supersede('PRICED_SLOT', 'simulated again', 'n.SUPERSEDES = 1') }}
{{ update_from('QUOTE_HISTORY', 'PRICED_SLOT', same_slot() ~ "\n   AND u.SOURCE IN ('N', 'S')",
               {'REVISION': 'n.REVISION', 'QUOTE': 'n.QUOTE', 'CO2': 'n.CO2',
                'SOURCE': "'S'", 'UPDATED_AT': 'LOCALTIMESTAMP(0)'}, within) }}
{% endmacro %}
