{#
  The file of one account: what its points used, what that cost and emitted.

  A slot belongs to the day in which it begins: the one that ends at midnight of the first day
  of a customer is of the one before him. Items are numbered as in PARAM_GROUP; a point that no
  device reads any more keeps its history. Its name is shown while the point is still his.
#}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}
{% from 'frame.sql' import line_of, number, moment %}
{% from 'export.sql' import export, text %}

{# Outer, to begin with the few points and items: an engine may have an index on time alone as well. #}
{% macro slots() %}
FROM VPS_ACCOUNT a
  JOIN UC_LD_RELATION r
    ON r.CUSTOMER_ID = a.CUSTOMER_ID
   AND r.DELETED = 0
 CROSS JOIN (SELECT DISTINCT g.SUB_NUMBER FROM PARAM_GROUP g) i
  LEFT JOIN QUOTE_HISTORY q
    ON q.LD_ID = r.LD_ID
   AND q.SUB_NUMBER = i.SUB_NUMBER
   AND q.MEASURED_TIME >= :p_start
   AND q.MEASURED_TIME < :p_end
{%- endmacro %}

{% macro his() %}
a.VPS_ACCOUNT_ID = :v_account
   AND COALESCE(q.MEASURED_TIME, CAST(r.FROM_DATE AS {{ t.time }})) > r.FROM_DATE
   AND (r.TO_DATE IS NULL OR q.MEASURED_TIME <= r.TO_DATE)
{%- endmacro %}

{% set count_slots %}
SET :v_account = LOWER(:p_vps_account_id);
SELECT COUNT(*)
  {{ slots() }}
 WHERE {{ his() }}
  INTO :v_rows;
{% endset %}
{% set lines %}
SELECT {{ line_of(['q.LD_ID', text('l.LD_NAME'), number('q.SUB_NUMBER'), moment('q.MEASURED_TIME'),
                   number('q.USAGE_VALUE'), number('q.QUOTE'), number('q.CO2')]) }}
  {{ slots() }}
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = r.LD_ID
   AND l.DELETED = 0
   AND (r.TO_DATE IS NULL OR r.TO_DATE > CURRENT_DATE)
 WHERE {{ his() }}
{% endset %}

{% macro export_vps_log(to_file) %}
{{ export(to_file, 'VPS_LOG', "what an account's points used, cost and emitted",
          callers = ['VPS'],
          takes   = {'p_vps_account_id': 'VARCHAR(1024)', 'p_start': t.time, 'p_end': t.time,
                     'p_file_name': 'VARCHAR(1024)'},
          header  = 'LD_ID,LD_NAME,SUB_NUMBER,MEASURED_TIME,USAGE_VALUE,QUOTE,CO2',
          verdict = [(1001, ':p_vps_account_id IS NULL OR :p_start IS NULL OR :p_end IS NULL'),
                     (1002, 'NOT ' ~ check.is_mail(':p_vps_account_id')),
                     (1004, ':p_end <= :p_start'),
                     (2005, 'NOT EXISTS (SELECT 1
                    FROM VPS_ACCOUNT a
                   WHERE a.VPS_ACCOUNT_ID = LOWER(:p_vps_account_id)
                     AND a.STATE = 1
                     AND a.DELETED = 0)')],
          parts   = {'1 = 1': (count_slots, lines)},
          codes   = {11: 'the account has no slots in the range' ~ ('; no file was written' if to_file else ''),
                     1002: 'the mail address is badly formed', 1004: 'the range is empty',
                     2005: 'there is no such account, or it is suspended'},
          holds   = {'v_account': 'VARCHAR(254)'},
          means   = {'p_vps_account_id': 'Mail address of the account, in upper or lower case.',
                     'p_start': 'Start of the range of MEASURED_TIME.',
                     'p_end': 'End of the range, excluded.'}) }}
{% endmacro %}
