{#
  Up to when slots are closed: the end of the last closed month.

  A slot belongs to the month in which it begins, so the one that ends with the month is closed
  too; its reading is still asked for, for the slot behind it.
#}
{% import 'type.sql' as t %}

{# Until this transaction ends no month is closed, and no slot of one that could be is filled. #}
{% macro lock_closing() %}
UPDATE MDM_CONFIG
   SET ALLOWED = ALLOWED
 WHERE NAME = 'CLOSING_DAY';
{% endmacro %}

{% macro closed_up_to(into) %}
SELECT COALESCE(CAST(MAX(m.MONTH_END) AS {{ t.time }}), TIMESTAMP '1900-01-01 00:00:00')
  FROM MONTH_CLOSED m
  INTO {{ into }};
{% endmacro %}
