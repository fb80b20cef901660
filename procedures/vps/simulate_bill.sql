{#
  SIMULATE_BILL prices every slot of a range that nobody billed or corrected.

  For visualisation where no billing system is linked. A bill that it replaces by another
  is kept in USAGE_REVISION. How a slot is priced: sql/price.sql.
#}
{% from 'frame.sql' import procedure, when, update_from %}
{% from 'price.sql' import price_slots, price_holds %}
{% from 'revision.sql' import supersede, same_slot %}
{% import 'type.sql' as t %}

{% call procedure('SIMULATE_BILL', 'Price every slot of a range that nobody billed or corrected.',
                  callers = ['SHIM'],
                  takes = dict(p_start = t.time, p_end = t.time),
                  holds = dict(price_holds, v_priced = 'INTEGER'),
                  codes = {11: 'no slot of the range has a price', 1001: 'an argument is missing',
                           1004: 'the range is empty'}) %}
SELECT CASE
         WHEN :p_start IS NULL OR :p_end IS NULL THEN 1001
         WHEN :p_end <= :p_start                 THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ price_slots(':p_start', ':p_end', '1 = 1', "q.SOURCE IN ('N', 'S')") }}
SELECT COUNT(*) FROM PRICED_SLOT n INTO :v_priced;
{{ supersede('PRICED_SLOT', 'simulated again', 'n.SUPERSEDES = 1') }}
{{ update_from('QUOTE_HISTORY', 'PRICED_SLOT', same_slot(),
               {'REVISION': 'u.REVISION + n.SUPERSEDES', 'QUOTE': 'n.QUOTE', 'CO2': 'n.CO2',
                'SOURCE': "'S'", 'UPDATED_AT': 'LOCALTIMESTAMP(0)'}) }}
{% call when(':v_priced = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}
{% endcall %}
