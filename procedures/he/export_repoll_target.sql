{#
  EXPORT_REPOLL_TARGET gives a head-end the readings to ask for again, the oldest first.
#}
{% from 'frame.sql' import procedure, when, give, fetch %}
{% import 'type.sql' as t %}

{% call procedure('EXPORT_REPOLL_TARGET', 'Give a head-end the readings to ask for again, the oldest first.',
                  callers = ['HE'],
                  takes = dict(p_heid = 'INTEGER'),
                  gives = dict(PD_TABLE_KEY = 'BIGINT', LD_ADDRESS = 'INTEGER', SUB_NUMBER = 'INTEGER',
                               MEASURED_TIME = t.time),
                  codes = {11: 'nothing is missing', 1001: 'the head-end is missing',
                           1003: 'there is no such head-end'}) %}
SELECT CASE
         WHEN :p_heid IS NULL                                          THEN 1001
         WHEN NOT EXISTS (SELECT 1 FROM HECONF h WHERE h.HEID = :p_heid) THEN 1003
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{{ fetch('REPOLL_TARGET') }}
SELECT CASE WHEN EXISTS (SELECT 1 FROM REPOLL_TARGET m WHERE m.HEID = :p_heid) THEN 0 ELSE 11 END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{% call give() %}
SELECT m.PD_TABLE_KEY, m.LD_ADDRESS, m.SUB_NUMBER, m.MEASURED_TIME
  FROM REPOLL_TARGET m
 WHERE m.HEID = :p_heid
 ORDER BY m.MEASURED_TIME, m.PD_TABLE_KEY, m.LD_ADDRESS, m.SUB_NUMBER
{% endcall %}
{% endcall %}
{% endcall %}
