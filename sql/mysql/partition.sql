{#
  Partitions of a history, as MySQL and MariaDB have them.

  While a day is young each of its snapshots has a partition: what comes in goes to the end of a
  small tree, and what reads a snapshot reads nothing else. A day that is over by a day becomes
  one partition, so that years of them stay few. P202603010030 holds the slots that end at that
  moment, P20260301 those that begin on that day; the last one, P_LATER, is empty as long as
  EXTEND_HISTORY is called, and the first one holds whatever is older.

  Each change is one statement that is done or not. It waits at most 5 seconds for those who use
  the table, while others queue behind it: then the rule answers 3002.
#}
{% from 'frame.sql' import when, while %}

{% set partition_holds = {'v_bound': 'DATETIME', 'v_first': 'DATETIME', 'v_until': 'DATETIME', 'v_next': 'DATETIME',
                          'v_name': 'VARCHAR(64)', 'v_parts': 'LONGTEXT', 'v_day': 'DATE',
                          'v_count': 'INTEGER', 'v_patience': 'BIGINT', 'v_limit': 'BIGINT UNSIGNED'} %}

{# The partitions of a table but for the last one, each with its bound, which lies a second behind its last slot. #}
{% macro of_table(table) %}
(SELECT p.PARTITION_NAME, CAST(TRIM(BOTH '''' FROM p.PARTITION_DESCRIPTION) AS DATETIME) AS BOUND
          FROM information_schema.PARTITIONS p
         WHERE p.TABLE_SCHEMA = DATABASE()
           AND p.TABLE_NAME = '{{ table.name }}'
           AND p.PARTITION_DESCRIPTION <> 'MAXVALUE')
{%- endmacro %}

{#
  Some of them, in one look since others may change them meanwhile: their names in :v_parts, in their
  order, the bound of the last one in :v_bound, how many in :v_count.
#}
{% macro name_those(table, condition) %}
SET :v_limit = @@group_concat_max_len;
SET SESSION group_concat_max_len = 1000000;
SELECT GROUP_CONCAT(p.PARTITION_NAME ORDER BY p.BOUND SEPARATOR ', '), MAX(p.BOUND), COUNT(*)
  FROM {{ of_table(table) }} p
 WHERE {{ condition }}
  INTO :v_parts, :v_bound, :v_count;
SET SESSION group_concat_max_len = :v_limit;
{% endmacro %}

{% macro in_use(table) %}
SET :RESULT_CODE = 3002;
SET :SQL_ERROR = '{{ table.name }} is in use: call again';
{%- endmacro %}

{% macro day_of(bound) %}DATE({{ bound }} - INTERVAL 2 SECOND){% endmacro %}

{% macro alter(table, change) %}
SET :v_patience = @@lock_wait_timeout;
SET SESSION lock_wait_timeout = 5;
SET @kenshin_alter = CONCAT('ALTER TABLE {{ table.name }} ', {{ change }});
BEGIN
    -- Others use the table, or have just made, packed or dropped the same partitions.
    DECLARE CONTINUE HANDLER FOR 1205, 1493, 1507, 1508, 1517, 1735
    BEGIN
        {{ in_use(table) | indent(8) }}
    END;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        SET SESSION lock_wait_timeout = :v_patience;
        RESIGNAL;
    END;
    PREPARE kenshin_alter FROM @kenshin_alter;
    EXECUTE kenshin_alter;
    DEALLOCATE PREPARE kenshin_alter;
END;
SET @kenshin_alter = NULL;
SET SESSION lock_wait_timeout = :v_patience;
{% endmacro %}

{#
  Partitions up to 12 hours behind a snapshot, as soon as they end within 6. A history that
  somebody made one piece of stays so, and cycles go on: `kenshin db verify` names it.
#}
{% macro extend_partitions(table, snapshot, interval, count) %}
{% call when("EXISTS (SELECT 1
              FROM information_schema.PARTITIONS p
             WHERE p.TABLE_SCHEMA = DATABASE()
               AND p.TABLE_NAME = '" ~ table.name ~ "'
               AND p.PARTITION_NAME = 'P_LATER')") %}
SELECT MAX(p.BOUND)
  FROM {{ of_table(table) }} p
  INTO :v_bound;
SET :v_parts = '';
{% call when(':v_bound IS NULL') %}
-- All rows are still in one place: of an earlier release, or none.
SELECT MIN(h.{{ table.by_time }}) FROM {{ table.name }} h INTO :v_first;
-- A server has at most 8192 partitions of a table: what is older than any retention needs none.
SET :v_first = GREATEST(:v_first, {{ snapshot }} - INTERVAL 20 YEAR);
SET :v_bound = COALESCE(DATE(:v_first - INTERVAL 1 SECOND), {{ snapshot }} - INTERVAL ({{ interval }}) MINUTE) + INTERVAL 1 SECOND;
SET :v_parts = CONCAT('PARTITION P', DATE_FORMAT(:v_bound, '%Y%m%d%H%i'), ' VALUES LESS THAN (''', :v_bound, '''), ');
{% endcall %}
{% call when(':v_bound < ' ~ snapshot ~ ' + INTERVAL 6 HOUR') %}
SET :v_until = {{ snapshot }} + INTERVAL 12 HOUR;
{% call while(':v_bound <= :v_until') %}
SET :v_day = DATE(:v_bound);
-- A day begins with a partition of its own, also after the interval was changed.
SET :v_next = LEAST(:v_bound + INTERVAL ({{ interval }}) MINUTE, :v_day + INTERVAL 1 DAY + INTERVAL 1 SECOND);
SET :v_name = DATE_FORMAT(:v_next, '%Y%m%d%H%i');
{% call when("TIME(:v_bound) = '00:00:01' AND :v_day + INTERVAL 2 DAY <= DATE(" ~ snapshot ~ ")") %}
SET :v_next = :v_bound + INTERVAL 1 DAY;
SET :v_name = DATE_FORMAT(:v_day, '%Y%m%d');
{% endcall %}
SET :v_parts = CONCAT(:v_parts, 'PARTITION P', :v_name, ' VALUES LESS THAN (''', :v_next, '''), ');
SET :v_bound = :v_next;
SET {{ count }} = {{ count }} + 1;
{% endcall %}
{{ alter(table, "'REORGANIZE PARTITION P_LATER INTO (', :v_parts, 'PARTITION P_LATER VALUES LESS THAN (MAXVALUE))'") }}
{% endcall %}
{% endcall %}
{% endmacro %}

{# All partitions that end up to a day go; the last of them stays, empty, to hold whatever is older. #}
{% macro drop_partitions(table, last_day, count) %}
{% set until = 'p.BOUND <= CAST(' ~ last_day ~ ' AS DATETIME) + INTERVAL 1 SECOND' %}
{{ name_those(table, until) }}
SET {{ count }} = :v_count;
{% call when(count ~ ' = 1 AND NOT EXISTS (SELECT 1 FROM ' ~ table.name ~ ' h WHERE h.' ~ table.by_time ~ ' < :v_bound)') %}
SET {{ count }} = 0;
{% endcall %}
{% call when(count ~ ' > 0') %}
SET :v_name = SUBSTRING_INDEX(:v_parts, ', ', -1);
SET :v_parts = LEFT(:v_parts, CHAR_LENGTH(:v_parts) - CHAR_LENGTH(:v_name) - 2);
{{ alter(table, "'TRUNCATE PARTITION ', :v_name") }}
{% call when(':RESULT_CODE = 0 AND ' ~ count ~ ' > 1') %}
{{ alter(table, "'DROP PARTITION ', :v_parts") }}
{% endcall %}
{% endcall %}
{% endmacro %}

{#
  The oldest day that still has partitions of snapshots and is over by a day becomes one. Rows that
  came in snapshot by snapshot leave its pages half empty: only the second copy, which finds them in
  the order of the key, fills them. Between the two it has the name of its last snapshot, so that
  the next call goes on where this one could not.
#}
{% macro pack_partitions(table, snapshot, day) %}
SELECT MIN({{ day_of('p.BOUND') }})
  FROM {{ of_table(table) }} p
 WHERE CHAR_LENGTH(p.PARTITION_NAME) = 13
   AND {{ day_of('p.BOUND') }} + INTERVAL 2 DAY <= DATE({{ snapshot }})
  INTO {{ day }};
{% call when(day ~ ' IS NOT NULL') %}
{{ name_those(table, day_of('p.BOUND') ~ ' = ' ~ day) }}
{% call when(':v_count = 0') %}
{{ in_use(table) }}
{% endcall %}
SET :v_name = CONCAT('P', DATE_FORMAT(:v_bound - INTERVAL 1 SECOND, '%Y%m%d%H%i'));
{% call when(':RESULT_CODE = 0 AND :v_parts <> :v_name') %}
{{ alter(table, "'REORGANIZE PARTITION ', :v_parts, ' INTO (PARTITION ', :v_name, ' VALUES LESS THAN (''', :v_bound, '''))'") }}
{% endcall %}
{% call when(':RESULT_CODE = 0') %}
{{ alter(table, "'REORGANIZE PARTITION ', :v_name, ' INTO (PARTITION P', DATE_FORMAT(" ~ day ~ ", '%Y%m%d'), ' VALUES LESS THAN (''', :v_bound, '''))'") }}
{% endcall %}
{% endcall %}
{% endmacro %}
