{#
  CORRECT_QUOTE sets the usage of one slot by hand: the settlement of a gap.

  The slot is priced again; later slots of the month keep their bills, as the billing
  system does. Re-polling and simulation leave a corrected slot alone.
#}
{% from 'frame.sql' import procedure, when, update_from, add_minutes %}
{% from 'price.sql' import price_slots, price_holds %}
{% from 'revision.sql' import same_slot %}
{% from 'archive.sql' import sealed_up_to, seal_holds %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('CORRECT_QUOTE', 'Set the usage of one slot by hand and price it again.',
                  callers = ['SHIM'],
                  takes = dict(p_ld_id         = 'VARCHAR(1024)',
                               p_sub_number    = 'INTEGER',
                               p_measured_time = t.time,
                               p_usage         = 'DECIMAL(18,4)'),
                  holds = dict(price_holds, v_end = t.time, **seal_holds),
                  means = dict(p_usage = 'Usage of the slot after the correction, in the unit of the item.'),
                  codes = {10: 'the slot was corrected so before', 1001: 'an argument is missing',
                           1002: 'the LD_ID is badly formed',
                           2002: 'there is no such slot', 3002: 'the month of the slot is archived'}) %}
SELECT CASE
         WHEN :p_ld_id IS NULL OR :p_sub_number IS NULL
           OR :p_measured_time IS NULL OR :p_usage IS NULL  THEN 1001
         WHEN NOT {{ check.is_identifier(':p_ld_id', 32) }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ sealed_up_to(':p_measured_time') }}
SELECT CASE
         WHEN COUNT(q.LD_ID) = 0                                    THEN 2002
         WHEN MAX(q.SOURCE) = 'C' AND MAX(q.USAGE_VALUE) = :p_usage THEN 10
         WHEN :p_measured_time <= :v_sealed                         THEN 3002
         ELSE 0
       END
  FROM QUOTE_HISTORY q
 WHERE q.LD_ID = :p_ld_id
   AND q.SUB_NUMBER = :p_sub_number
   AND q.MEASURED_TIME = :p_measured_time
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO USAGE_REVISION (
       LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, QUALITY, METHOD, QUOTE, SOURCE,
       REASON, RECORDED_AT, RECORDED_BY)
SELECT q.LD_ID, q.SUB_NUMBER, q.MEASURED_TIME, q.REVISION, q.USAGE_VALUE, q.QUALITY, q.METHOD, q.QUOTE, q.SOURCE,
       'corrected by hand', LOCALTIMESTAMP(0), {{ t.caller }}
  FROM QUOTE_HISTORY q
 WHERE q.LD_ID = :p_ld_id
   AND q.SUB_NUMBER = :p_sub_number
   AND q.MEASURED_TIME = :p_measured_time;
UPDATE QUOTE_HISTORY
   SET USAGE_VALUE = :p_usage,
       QUALITY     = 'C',
       SOURCE      = 'C',
       REVISION    = REVISION + 1,
       UPDATED_AT  = LOCALTIMESTAMP(0)
 WHERE LD_ID = :p_ld_id
   AND SUB_NUMBER = :p_sub_number
   AND MEASURED_TIME = :p_measured_time;
-- Also the sum that ends with it: whoever prices the slot meanwhile would take it over with the old usage.
UPDATE MONTH_USAGE
   SET USED  = 0,
       UP_TO = CAST(MONTH_START AS {{ t.time }})
 WHERE LD_ID = :p_ld_id
   AND SUB_NUMBER = :p_sub_number
   AND UP_TO >= :p_measured_time;
SET :v_end = {{ add_minutes(':p_measured_time', '1') }};
{{ price_slots(':p_measured_time', ':v_end', 'i.LD_ID = :p_ld_id\n   AND i.SUB_NUMBER = :p_sub_number', '1 = 1') }}
{{ update_from('QUOTE_HISTORY', 'PRICED_SLOT', same_slot(), {'QUOTE': 'n.QUOTE', 'CO2': 'n.CO2'}) }}
{% endcall %}
{% endcall %}
