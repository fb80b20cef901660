{# The types and words that MySQL and MariaDB write in their own way. #}
{% set caller = 'LEFT(USER(), 64)' %}
{% set time = 'DATETIME' %}
{% set auto = 'BIGINT NOT NULL AUTO_INCREMENT' %}
{# Text that no VARCHAR holds. #}
{% set long_text = 'MEDIUMTEXT' %}
{% set one_row = 'DUAL' %}
{% set row_count = 'ROW_COUNT()' %}
{% set line_number = 'INTEGER NOT NULL AUTO_INCREMENT' %}
{# The bare name of the account that is connected, whoever defined the rule. #}
{% set account = "SUBSTRING_INDEX(USER(), '@', 1)" %}
{# 32 random hexadecimal digits that nobody can guess. #}
{% set token = "LOWER(HEX(RANDOM_BYTES(16)))" %}
{# How many rows the last `give` gave. #}
{% set given_rows = 'FOUND_ROWS()' %}
{# The tables of failed rules that VPS-DB reaches: MDM-DB has one of its own where it is apart. #}
{% set rule_errors = ['RULE_ERROR', 'MDM_RULE_ERROR'] %}
{# Line ends as expressions: in a literal they would not survive the indentation of a rule. #}
{% set line_feed = "CHAR(10)" %}
{% set carriage_return = "CHAR(13)" %}
