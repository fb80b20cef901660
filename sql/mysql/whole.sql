{#
  Behind the name of a table of which its join finds nearly every row: MySQL reads it once and finds
  them by a hash, in half the time of a look-up by key for each. A hint in a comment would not do:
  MariaDB's client, by which a DBA may install on MySQL too, sends no comments.
#}
{% macro read_whole() %} IGNORE INDEX (PRIMARY){% endmacro %}
