{#
  What a saving policy may be, for the rule that adds one and the rule that edits one.

  A policy begins at START_TIME of every day that its dates and its DAY_MASK have, null
  being midnight, and ends at END_TIME, null being the next midnight. An END_TIME before
  START_TIME is that of the next day: the night belongs to the day on which it begins.
#}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import when, days_between, latest, by_index %}

{% set policy_takes = {
     'p_ld_id': 'VARCHAR(1024)', 'p_sub_number': 'INTEGER', 'p_policy_name': 'VARCHAR(1024)',
     'p_active': 'INTEGER', 'p_min_level': 'INTEGER', 'p_min_incentive': 'DECIMAL(18,4)',
     'p_day_mask': 'INTEGER', 'p_start_time': 'TIME', 'p_end_time': 'TIME', 'p_from_date': 'DATE',
     'p_to_date': 'DATE', 'p_target_capacity': 'DECIMAL(18,4)'} %}

{# The policy as it is to be, and what its point is; the rule merges them into its own. #}
{% set policy_holds = {
     'v_ld_id': 'VARCHAR(32)', 'v_sub_number': 'INTEGER', 'v_policy_name': 'VARCHAR(64)',
     'v_active': 'INTEGER', 'v_min_level': 'INTEGER', 'v_min_incentive': 'DECIMAL(18,4)',
     'v_day_mask': 'INTEGER', 'v_start_time': 'TIME', 'v_end_time': 'TIME', 'v_from_date': 'DATE',
     'v_to_date': 'DATE', 'v_target_capacity': 'DECIMAL(18,4)', 'v_policy_id': 'BIGINT',
     'v_begins': 'TIME', 'v_from_day': 'INTEGER', 'v_to_day': 'INTEGER', 'v_ld': 'BIGINT',
     'v_type_id': 'INTEGER', 'v_capacity': 'DECIMAL(18,4)', 'v_overlaps': 'INTEGER'} %}

{# A text argument that its column cannot hold. #}
{% macro is_malformed() %}NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR {{ check.is_longer(':p_policy_name', 64) }}{% endmacro %}

{# Days are counted from a Monday. #}
{% macro day_number(day) %}{{ days_between("DATE '2000-01-03'", day) }}{% endmacro %}

{# The days of the week with their weights in DAY_MASK. #}
{% set week %}
SELECT 0 AS DAY_NUMBER, 1 AS WEIGHT FROM {{ t.one_row }}
{% for n in range(1, 7) %}
 UNION ALL
SELECT {{ n }}, {{ 2 ** n }} FROM {{ t.one_row }}
{% endfor %}
{% endset %}

{% macro has_day(mask, weight) %}MOD(FLOOR({{ mask }} / {{ weight }}), 2) = 1{% endmacro %}

{# The dates from one day number to another, excluded, have this day of the week; null is open. #}
{% macro reach(first, end, day) %}
({{ first }} IS NULL
     OR {{ end }} IS NULL
     OR {{ end }} - {{ first }} > MOD(7 + {{ day }} - MOD({{ first }}, 7), 7))
{%- endmacro %}

{# What follows from the dates and times of the policy as it is to be. #}
{% macro find_window() %}
SET :v_begins = COALESCE(:v_start_time, TIME '00:00:00');
SET :v_from_day = {{ day_number(':v_from_date') }};
SET :v_to_day = {{ day_number(':v_to_date') }};
{% endmacro %}

{# A value is out of its range, or the policy would never apply. #}
{% macro is_out_of_range() %}
:v_active NOT IN (0, 1)
           OR :v_min_level NOT BETWEEN 0 AND 32767
           OR :v_min_incentive < 0
           OR :v_day_mask NOT BETWEEN 1 AND 127
           OR :v_start_time NOT BETWEEN TIME '00:00:00' AND TIME '23:59:59'
           OR :v_end_time NOT BETWEEN TIME '00:00:00' AND TIME '23:59:59'
           OR :v_end_time = :v_begins
           OR :v_target_capacity <= 0
           OR NOT EXISTS (SELECT 1
                            FROM ({{ week | trim | indent(34) }}) n
                           WHERE {{ has_day(':v_day_mask', 'n.WEIGHT') }}
                             AND {{ reach(':v_from_day', ':v_to_day', 'n.DAY_NUMBER') | indent(28) }})
{%- endmacro %}

{# The row of the point is locked before its policies are looked at: two callers could both find room. #}
{% macro lock_point(key) %}
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE TABLE_KEY = {{ key }};
{% endmacro %}

{# Read the locked point, and count the active policies of the item with which this one would overlap. #}
{% macro find_point() %}
SELECT MAX(l.TYPE_ID), MAX(l.CONTRACT_CAPACITY)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_ld
   AND l.LD_ID = :v_ld_id
   AND l.DELETED = 0
{{ latest() }}
  INTO :v_type_id, :v_capacity;
-- Policies of a point that is gone would be read without its lock, and need not be.
{% call when(':v_type_id IS NOT NULL') %}
-- The other one's day is the same, or the one before or behind it where a window passes midnight.
WITH WEEKDAYS (DAY_NUMBER, WEIGHT) AS (
    {{ week | trim | indent(4) }}
), SHIFTS (SHIFT) AS (
    SELECT -1 FROM {{ t.one_row }}
     UNION ALL
    SELECT 0 FROM {{ t.one_row }}
     UNION ALL
    SELECT 1 FROM {{ t.one_row }}
), OTHERS (DAY_MASK, START_TIME, END_TIME, SHIFT, FROM_DAY, TO_DAY) AS (
    SELECT o.DAY_MASK, COALESCE(o.START_TIME, TIME '00:00:00'), o.END_TIME, k.SHIFT,
           CASE WHEN o.FROM_DATE IS NULL
                  OR {{ day_number('o.FROM_DATE') }} - k.SHIFT <= :v_from_day THEN :v_from_day
                ELSE {{ day_number('o.FROM_DATE') }} - k.SHIFT
           END,
           CASE WHEN o.TO_DATE IS NULL
                  OR {{ day_number('o.TO_DATE') }} - k.SHIFT >= :v_to_day THEN :v_to_day
                ELSE {{ day_number('o.TO_DATE') }} - k.SHIFT
           END
      FROM ADR_POLICY o{{ by_index('ADR_POLICY', ['LD_ID']) }}
     CROSS JOIN SHIFTS k
     WHERE o.LD_ID = :v_ld_id
       AND o.SUB_NUMBER = :v_sub_number
       AND o.ACTIVE = 1
       AND o.DELETED = 0
       AND o.POLICY_ID <> COALESCE(:v_policy_id, 0)
    {{ latest() }}
)
SELECT COUNT(*)
  FROM OTHERS w
  JOIN WEEKDAYS n
    ON {{ has_day(':v_day_mask', 'n.WEIGHT') }}
   AND {{ reach('w.FROM_DAY', 'w.TO_DAY', 'n.DAY_NUMBER') }}
  JOIN WEEKDAYS m
    ON m.DAY_NUMBER = MOD(n.DAY_NUMBER + w.SHIFT + 7, 7)
   AND {{ has_day('w.DAY_MASK', 'm.WEIGHT') }}
 WHERE (w.SHIFT = 0
        AND (w.END_TIME IS NULL OR w.END_TIME < w.START_TIME OR w.END_TIME > :v_begins)
        AND (:v_end_time IS NULL OR :v_end_time < :v_begins OR :v_end_time > w.START_TIME))
    OR (w.SHIFT = 1 AND w.START_TIME < :v_end_time AND :v_end_time < :v_begins)
    OR (w.SHIFT = -1 AND :v_begins < w.END_TIME AND w.END_TIME < w.START_TIME)
  INTO :v_overlaps;
{% endcall %}
{% endmacro %}

{# The point has this item. #}
{% macro has_item() %}
EXISTS (SELECT 1
          FROM LOGICAL_DEVICE_TYPE y
          JOIN PARAM_GROUP g
            ON g.GROUP_ID = y.GROUP_ID
         WHERE y.TYPE_ID = :v_type_id
           AND g.SUB_NUMBER = :v_sub_number)
{%- endmacro %}
