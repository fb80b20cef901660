{#
  The day on which the billing month of a day begins.

  Set back by closing day - 1 days, a billing month is a calendar month: closing days go up
  to 28, so every month has one.
#}
{% from 'frame.sql' import add_days %}

{% macro billing_month(day, closing_day) %}
{% set shifted = add_days(day, '1 - ' ~ closing_day) %}
{{ add_days(shifted, closing_day ~ ' - EXTRACT(DAY FROM ' ~ shifted ~ ')') }}
{%- endmacro %}
