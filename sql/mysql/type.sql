{# The types and words that MySQL and MariaDB write in their own way. #}
{% set caller = 'LEFT(USER(), 64)' %}
{% set time = 'DATETIME' %}
{% set auto = 'BIGINT NOT NULL AUTO_INCREMENT' %}
{% set one_row = 'DUAL' %}
{% set row_count = 'ROW_COUNT()' %}
{% set line_number = 'INTEGER NOT NULL AUTO_INCREMENT' %}
