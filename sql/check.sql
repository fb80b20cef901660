{#
  What an argument or a field must look like: text that every engine reads alike.

  In a pattern a plus, a minus and an underscore between brackets stand behind a backslash:
  Firebird wants it so, the others allow it.

  What these say of a bare argument, `:p_…`, is a demand: it comes into the declaration of the
  rule, and from there into the schema of whoever calls it. What only some values must be is
  asked with `matches` or written out.
#}
{% from 'frame.sql' import matches, hex_of, byte_of %}

{# The whole text matches a pattern, or the rule refuses it. #}
{% macro is_formed(text, pattern) %}{{ form(text, pattern) }}{{ matches(text, pattern) }}{% endmacro %}

{# A text that is longer than its column. #}
{% macro is_longer(text, length) %}{{ at_most(text, length) }}CHAR_LENGTH({{ text }}) > {{ length }}{% endmacro %}

{# An argument that is none of its values. #}
{% macro is_none_of(value, values) %}{{ one_of(value, values) }}{{ value }} NOT IN ({% for one in values %}{{ one | quoted if one is string else one }}{{ ', ' if not loop.last }}{% endfor %}){% endmacro %}

{# A number out of its range, whose ends belong to it. #}
{% macro is_outside(value, low, high) %}{{ in_range(value, low, high) }}{{ value }} NOT BETWEEN {{ low }} AND {{ high }}{% endmacro %}
{% macro is_negative(value) %}{{ in_range(value, 0, none) }}{{ value }} < 0{% endmacro %}

{# A bare file name of the exchange directory: no path can be written with these characters. #}
{% macro is_file_name(text) %}({{ is_formed(text, '[A-Za-z0-9.\\_\\-]{1,128}') }} AND {{ text }} NOT IN ('.', '..')){% endmacro %}

{# An identifier needs no quotes in a file, whatever it stands in. #}
{% macro is_identifier(text, length) %}{{ is_formed(text, '[A-Za-z0-9.:/@#\\+\\_\\-]{1,' ~ length ~ '}') }}{% endmacro %}

{# A MAC address as it is stored: twelve upper-case hexadecimal digits without separators. #}
{% macro plain_mac(text) %}UPPER(REPLACE(REPLACE({{ text }}, ':', ''), '-', '')){% endmacro %}

{# As people write it: in pairs of digits, with or without separators. #}
{% set mac = '[0-9A-Fa-f]{2}([:\\-]?[0-9A-Fa-f]{2}){5}' %}
{% macro is_mac(text) %}{{ is_formed(text, mac) }}{% endmacro %}

{# The SHA-256 of something, in hexadecimal digits. #}
{% macro is_sha256(text) %}{{ is_formed(text, '[0-9a-f]{64}') }}{% endmacro %}

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
{% macro is_ipv4(text) %}{{ is_formed(text, octet ~ '[.]' ~ octet ~ '[.]' ~ octet ~ '[.]' ~ octet) }}{% endmacro %}

{# A mail address, as far as a rule must know: one part before the at sign, a domain behind it. #}
{% macro is_mail(text) %}(CHAR_LENGTH({{ text }}) <= 254{{ at_most(text, 254) }} AND {{ is_formed(text, '[A-Za-z0-9.!#$&=?{}~\'\'\\+\\_\\-]{1,64}@[A-Za-z0-9\\-]{1,63}([.][A-Za-z0-9\\-]{1,63})+') }}){% endmacro %}

{#
  An argon2id PHC string. Anything else may be a clear password, which is never stored. Of
  memory from 19 MiB, the first of OWASP's least figures, to 1 GiB, in KiB, and up to 16
  passes and lanes: whoever checks a password refuses a hash that costs more.
#}
{% set memory = '19(4(5[6-9]|[6-9][0-9])|[5-9][0-9]{2})|[2-9][0-9]{4}|[1-9][0-9]{5}'
    ~ '|10([0-3][0-9]{4}|4([0-7][0-9]{3}|8([0-4][0-9]{2}|5([0-6][0-9]|7[0-6]))))' %}
{% set few = '([1-9]|1[0-6])' %}
{% macro is_password_hash(text) %}{{ is_formed(text, '[$]argon2id[$]v=19[$]m=(' ~ memory ~ '),t=' ~ few ~ ',p=' ~ few ~ '[$][A-Za-z0-9/\\+]{11,86}[$][A-Za-z0-9/\\+]{22,86}') }}{% endmacro %}

{#
  A wrapped secret: the version 1, the length of the key id, 1 to 16, the key id, a nonce of
  12 bytes, a secret of 1 at least and a tag of 16. A bare key is none.
#}
{% macro is_wrapped(bytes) %}
({{ byte_of(bytes, 1) }} = 1 AND {{ byte_of(bytes, 2) }} BETWEEN 1 AND 16
            AND OCTET_LENGTH({{ bytes }}) BETWEEN {{ byte_of(bytes, 2) }} + 31 AND 512)
{%- endmacro %}

{# Text of a file, read byte by byte, that is UTF-8 as RFC 3629 has it, without control characters. #}
{% set utf8 = '[2-6][0-9A-F]|7[0-9A-E]'
    ~ '|(C[2-9A-F]|D[0-9A-F]|E0[AB][0-9A-F]|E[1-9ABCEF]T|ED[89][0-9A-F]|F0[9AB][0-9A-F]T|F[123]TT|F48[0-9A-F]T)T' %}
{% macro is_utf8(text, bytes) %}{{ matches(hex_of(text, bytes), '(' ~ utf8 | replace('T', '[89AB][0-9A-F]') ~ ')*') }}{% endmacro %}
