{#
  SIMULATE_BILL prices every slot of a range that nobody billed or corrected.

  For visualisation where no billing system is linked. A bill that it replaces by another
  is kept in USAGE_REVISION. How a slot is priced: sql/price.sql.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'price.sql' import price_slots, simulate_slots, price_holds %}
{% from 'archive.sql' import sealed_up_to, seal_holds %}
{% import 'type.sql' as t %}

{% call procedure('SIMULATE_BILL', 'Price every slot of a range that nobody billed or corrected.',
                  callers = ['SHIM'],
                  takes = dict(p_start = t.time, p_end = t.time),
                  holds = dict(price_holds, v_priced = 'INTEGER', **seal_holds),
                  means = dict(p_start = 'Start of the range of MEASURED_TIME.',
                               p_end = 'End of the range, excluded.'),
                  codes = {11: 'no slot of the range has a price that it does not have yet', 1001: 'an argument is missing',
                           1004: 'the range is empty', 3002: 'the range begins in a month that is archived'}) %}
SELECT CASE
         WHEN :p_start IS NULL OR :p_end IS NULL THEN 1001
         WHEN :p_end <= :p_start                 THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ sealed_up_to(':p_start') }}
{% call when(':p_start <= :v_sealed') %}
SET :RESULT_CODE = 3002;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ price_slots(':p_start', ':p_end', '', "q.SOURCE IN ('N', 'S')") }}
SELECT COUNT(*) FROM PRICED_SLOT n INTO :v_priced;
{{ simulate_slots('u.MEASURED_TIME >= :p_start\n   AND u.MEASURED_TIME < :p_end') }}
{% call when(':v_priced = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}
{% endcall %}
