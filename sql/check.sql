{#
  What an argument or a field must look like: text that every engine reads alike.

  In a pattern a plus, a minus and an underscore between brackets stand behind a backslash:
  Firebird wants it so, the others allow it.
#}
{% from 'frame.sql' import matches %}

{# A bare file name of the exchange directory: no path can be written with these characters. #}
{% macro is_file_name(text) %}({{ matches(text, '[A-Za-z0-9.\\_\\-]{1,128}') }} AND {{ text }} NOT IN ('.', '..')){% endmacro %}

{# An identifier needs no quotes in a file, whatever it stands in. #}
{% macro is_identifier(text, length) %}{{ matches(text, '[A-Za-z0-9.:/@#\\+\\_\\-]{1,' ~ length ~ '}') }}{% endmacro %}

{# A MAC address as it is stored: twelve upper-case hexadecimal digits without separators. #}
{% macro plain_mac(text) %}UPPER(REPLACE(REPLACE({{ text }}, ':', ''), '-', '')){% endmacro %}

{% macro is_mac(text) %}{{ matches(plain_mac(text), '[0-9A-F]{12}') }}{% endmacro %}

{# A whole number as a column takes it: no sign, no leading zeros. #}
{% macro is_integer(text) %}{{ matches(text, '0|[1-9][0-9]{0,17}') }}{% endmacro %}

{# A decimal of at most 11 digits before the point and 4 behind it: no meter shows more. #}
{% macro is_number(text) %}{{ matches(text, '[\\+\\-]?[0-9]{1,11}([.][0-9]{1,4})?') }}{% endmacro %}

{# YYYY-MM-DD HH:MM:SS, of a day that the calendar has. #}
{% macro is_time(text) %}
CASE
  WHEN NOT {{ matches(text, '(19|20|21)[0-9]{2}\\-(0[1-9]|1[0-2])\\-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]') }} THEN 0
  WHEN SUBSTRING({{ text }} FROM 9 FOR 2) <= '28' THEN 1
  WHEN SUBSTRING({{ text }} FROM 6 FOR 2) IN ('04', '06', '09', '11') AND SUBSTRING({{ text }} FROM 9 FOR 2) = '31' THEN 0
  WHEN SUBSTRING({{ text }} FROM 6 FOR 2) <> '02' THEN 1
  WHEN SUBSTRING({{ text }} FROM 9 FOR 2) <> '29' THEN 0
  WHEN SUBSTRING({{ text }} FROM 1 FOR 4) IN ('1900', '2100') THEN 0
  WHEN MOD(CAST(SUBSTRING({{ text }} FROM 3 FOR 2) AS DECIMAL(2)), 4) = 0 THEN 1
  ELSE 0
END
{%- endmacro %}

{% set octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])' %}
{% macro is_ipv4(text) %}{{ matches(text, octet ~ '[.]' ~ octet ~ '[.]' ~ octet ~ '[.]' ~ octet) }}{% endmacro %}
