{#
  PRICE_CYCLE simulates the bills that a cycle makes new, where no billing system is linked.

  New are the slots of its snapshots, and at the points that it repaired every slot from the
  first one repaired: a repaired slot moves the later ones of the month up the tiers.
#}
{% from 'frame.sql' import procedure, when, run, add_minutes %}
{% from 'price.sql' import price_slots, simulate_slots, price_holds %}
{% from 'setting.sql' import setting %}
{% import 'type.sql' as t %}

{% call procedure('PRICE_CYCLE', 'Simulate the bills that a cycle makes new, unless a billing system is linked.',
                  callers = ['SHIM'],
                  takes = dict(p_first_snapshot = t.time, p_cycle_time = t.time),
                  holds = dict(price_holds, v_linked = 'VARCHAR(255)', v_repaired = t.time, v_end = t.time),
                  means = dict(p_first_snapshot = 'First snapshot that the cycle prices.'),
                  codes = {11: 'a billing system is linked, or nothing has a price', 1001: 'an argument is missing',
                           1004: 'the range is empty'}) %}
{{ setting('INTERVAL_MINUTES', ':v_interval') }}
SELECT c."VALUE" FROM MDM_CONFIG c WHERE c.NAME = 'BILLING_LINKED' INTO :v_linked;
SELECT MIN(g.MEASURED_TIME) FROM USAGE_GAP g WHERE g.REPOLLED_AT = :p_cycle_time INTO :v_repaired;
SELECT CASE
         WHEN :p_first_snapshot IS NULL OR :p_cycle_time IS NULL THEN 1001
         WHEN :p_cycle_time < :p_first_snapshot                  THEN 1004
         WHEN :v_linked = '1'                                    THEN 11
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
SET :v_end = {{ add_minutes(':p_cycle_time', ':v_interval') }};
{{ run('SIMULATE_BILL', [':p_first_snapshot', ':v_end']) }}
{% call when(':v_repaired < :p_first_snapshot') %}
{{ price_slots(':v_repaired', ':p_first_snapshot',
               'EXISTS (SELECT 1 FROM USAGE_GAP g WHERE g.LD_ID = i.LD_ID AND g.SUB_NUMBER = i.SUB_NUMBER'
               ~ ' AND g.REPOLLED_AT = :p_cycle_time)', "q.SOURCE IN ('N', 'S')") }}
{{ simulate_slots() }}
{% endcall %}
{% endcall %}
{% endcall %}
