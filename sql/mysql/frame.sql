{#
  How MySQL and MariaDB write what a rule only names.

  A rule is all or nothing: when the engine refuses one statement, the frame
  takes back the whole rule, and nothing else of the caller's transaction.
  Statements end with a line of two dollar signs, so that one object may be sent
  by a driver statement by statement, or by the client under DELIMITER $$.
#}

{% import 'head.sql' as head %}
{% from 'routine.sql' import routine %}

{% set definer = head.definer %}

{#
  Rows of a table with `by_time` come and go by that moment: they stand in partitions of it, which
  EXTEND_HISTORY makes. Until then, and behind them, all are in P_LATER.
#}
{% macro table(name, purpose, columns, key, unique=[], unique_live=[], index=[], session=false, by_time='') %}
{% set live = [] %}
{% for fields in unique_live %}
{% set _ = live.append(fields + ['LIVE']) %}
{% endfor %}
{{ declare('session' if session else 'table', name, purpose, columns=columns, key=key, unique=unique, unique_live=unique_live, live=live, index=index, by_time=by_time) }}
{% if session %}
{% call routine('STAGE_' ~ name, 'Give this connection an empty ' ~ name ~ ' of its own.', gone_stage(name)) %}
BEGIN
    DROP TEMPORARY TABLE IF EXISTS {{ name }};
    CREATE TEMPORARY TABLE {{ name }} (
{{ columns_of(name, columns, key, unique, unique_live, index) | indent(8, first=true) }}
    ) ENGINE = InnoDB;
END
{% endcall %}
{% else %}
CREATE TABLE {{ name }} (
{{ columns_of(name, columns, key, unique, unique_live, index) | indent(4, first=true) }}
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
  COMMENT = {{ purpose | quoted }}
{% if by_time %}
  {{ partitions(by_time) }}
{% endif %}
$$
{% endif %}
{% endmacro %}

{% macro partitions(by_time) %}PARTITION BY RANGE COLUMNS ({{ by_time }}) (PARTITION P_LATER VALUES LESS THAN (MAXVALUE)){% endmacro %}


{# LIVE stands first: a column that a later release adds goes behind the last one. #}
{% macro columns_of(name, columns, key, unique, unique_live, index) %}
{% if unique_live %}
LIVE SMALLINT GENERATED ALWAYS AS (CASE WHEN DELETED = 0 THEN 1 END) VIRTUAL INVISIBLE
    COMMENT '1 while not deleted, else null: null never collides in a unique key.',
{% endif %}
{% for column, (type, meaning) in columns.items() %}
{{ column }} {{ type }} COMMENT {{ meaning | quoted }},
{% endfor %}
{% for fields in unique %}
UNIQUE KEY {{ index_name(name, fields) }} ({{ fields | join(', ') }}),
{% endfor %}
{% for fields in unique_live %}
UNIQUE KEY {{ index_name(name, fields, live=true) }} ({{ fields | join(', ') }}, LIVE),
{% endfor %}
{% for fields in index %}
KEY {{ index_name(name, fields) }} ({{ fields | join(', ') }}),
{% endfor %}
PRIMARY KEY ({{ key | join(', ') }})
{%- endmacro %}


{% macro view(name, purpose, columns, callers=[]) %}
{{ declare('view', name, purpose, columns=columns, callers=callers) }}
CREATE OR REPLACE DEFINER = {{ definer }} SQL SECURITY DEFINER VIEW {{ name }} (
    {{ columns | join(',\n    ') }}
) AS
{{ caller() | trim }}
$$
{% endmacro %}


{% macro procedure(name, purpose, takes={}, gives={}, holds={}, codes={}, callers=[], reads=false, means={}, staged='', alters=false) %}
{{ declare('procedure', name, purpose, takes=takes, gives=gives, codes=codes, callers=callers, means=means, staged=staged, alters=alters) }}
{% set names = ['RESULT_CODE', 'SQL_ERROR'] + takes | list + holds | list %}
{% set verdict = {'RESULT_CODE': 'INTEGER', 'SQL_ERROR': 'VARCHAR(512)'} %}
{% set rule = caller() | bind(names, '') | trim %}
{% call routine(name, purpose, gone_rule(name), takes, verdict) %}
BEGIN
{% for variable, type in holds.items() %}
    DECLARE {{ variable }} {{ type }};
{% endfor %}
    DECLARE k_owner BOOLEAN DEFAULT FALSE;
    DECLARE k_state CHAR(5);
    DECLARE k_error INTEGER;
    DECLARE k_text TEXT;
    DECLARE EXIT HANDLER FOR SQLEXCEPTION
    BEGIN
        -- A deadlock has already undone the transaction, savepoint included.
        DECLARE CONTINUE HANDLER FOR 1305 BEGIN END;
        GET DIAGNOSTICS CONDITION 1
            k_state = RETURNED_SQLSTATE, k_error = MYSQL_ERRNO, k_text = MESSAGE_TEXT;
        IF k_owner THEN
            ROLLBACK;
        ELSE
            ROLLBACK TO SAVEPOINT {{ name }};
        END IF;
        SET RESULT_CODE = 9000;
        -- 45000: a rule that this one ran has failed and said why. Its record went with this rollback.
        IF k_state <> '45000' THEN
            SET SQL_ERROR = LEFT(CONCAT(k_state, ' ', k_error, ' ', k_text), 512);
        END IF;
        -- A lost deadlock or lock wait is the caller's to repeat, not a fault to record.
        IF SQL_ERROR NOT LIKE '40001 %' AND SQL_ERROR NOT LIKE '_____ 1205 %' THEN
            INSERT INTO RULE_ERROR (OCCURRED_AT, ROUTINE, CALLER, MESSAGE)
            VALUES (LOCALTIMESTAMP, '{{ name }}', LEFT(USER(), 128), SQL_ERROR);
        END IF;
    END;

    -- A savepoint set outside a transaction is gone at once: then the rule owns one.
    BEGIN
        DECLARE CONTINUE HANDLER FOR 1305 SET k_owner = TRUE;
        SAVEPOINT {{ name }};
        ROLLBACK TO SAVEPOINT {{ name }};
    END;
{% if alters %}
    -- Altering a table commits, and nobody's transaction is ended without his knowing.
    IF k_owner THEN
        SET RESULT_CODE = 0;

{{ rule | indent(8, first=true) }}
    ELSE
        RELEASE SAVEPOINT {{ name }};
        SET RESULT_CODE = 3002;
        SET SQL_ERROR = '{{ name }} alters tables, which would commit your transaction: call it outside of one';
    END IF;
{% else %}
    IF k_owner THEN
{% if reads %}
        -- Several statements must see the same rows.
        SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
        START TRANSACTION WITH CONSISTENT SNAPSHOT;
{% else %}
        -- Reading other tables while it writes, a rule must not lock what it reads.
        SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
        START TRANSACTION;
{% endif %}
    END IF;
    SET RESULT_CODE = 0;

{{ rule | indent(4, first=true) }}

    IF k_owner THEN
        COMMIT;
    ELSE
        RELEASE SAVEPOINT {{ name }};  -- fails if a rule it ran lost the transaction
    END IF;
{% endif %}
END
{% endcall %}
{% endmacro %}


{# What a caller gets while a release replaces what it calls: 40001, do it all again. #}
{% macro gone_rule(name) %}
BEGIN
    SET RESULT_CODE = 9000;
    SET SQL_ERROR = '40001 1305 {{ name }} is being replaced by a new release: call again';
END;
{% endmacro %}

{# A staging procedure has no verdict: its caller gets what a lost deadlock looks like. #}
{% macro gone_stage(name) %}
SIGNAL SQLSTATE '40001'
   SET MYSQL_ERRNO  = 1213,
       MESSAGE_TEXT = 'STAGE_{{ name }} is being replaced by a new release: call again';
{% endmacro %}


{% macro when(condition) %}
IF ({{ condition }}) THEN
{{ caller() | trim | indent(4, first=true) }}
END IF;
{% endmacro %}


{# As long as the condition holds; the body must come to change it. #}
{% macro while(condition) %}
WHILE ({{ condition }}) DO
{{ caller() | trim | indent(4, first=true) }}
END WHILE;
{% endmacro %}


{% macro each(rows, into) %}
BEGIN
    DECLARE k_at_end BOOLEAN DEFAULT FALSE;
    DECLARE k_next CURSOR FOR
{{ rows | trim | indent(8, first=true) }};
    DECLARE CONTINUE HANDLER FOR NOT FOUND SET k_at_end = TRUE;

    OPEN k_next;
    FETCH k_next INTO {{ into }};
    WHILE NOT k_at_end DO
{{ caller() | trim | indent(8, first=true) }}
        SET k_at_end = FALSE;
        FETCH k_next INTO {{ into }};
    END WHILE;
    CLOSE k_next;
END;
{% endmacro %}


{# Run another rule; when the engine fails it, this one fails with it. #}
{% macro run(name, args=[]) %}
CALL {{ name }}({{ (args + [':RESULT_CODE', ':SQL_ERROR']) | join(', ') }});
IF (:RESULT_CODE = 9000) THEN
    SIGNAL SQLSTATE '45000';
END IF;
{% endmacro %}


{# The rows that a procedure gives to its caller; on Firebird they need its columns. #}
{% macro give() %}
{{ caller() | trim }};
{% endmacro %}


{# Give the session an empty table of its own. #}
{% macro stage(name) %}
CALL STAGE_{{ name }}();
{% endmacro %}


{# Copies of another database's rows: here a view already shows them. #}
{% macro fetch(name) %}
{% endmacro %}


{% macro insert_keyed(key, into) %}
{{ caller() | trim }};
SET {{ into }} = LAST_INSERT_ID();
{% endmacro %}


{% macro add_minutes(moment, minutes) %}({{ moment }} + INTERVAL ({{ minutes }}) MINUTE){% endmacro %}

{% macro add_days(day, days) %}({{ day }} + INTERVAL ({{ days }}) DAY){% endmacro %}

{% macro days_between(start, end) %}DATEDIFF({{ end }}, {{ start }}){% endmacro %}

{% macro minutes_between(start, end) %}TIMESTAMPDIFF(MINUTE, {{ start }}, {{ end }}){% endmacro %}

{# The whole text matches; the pattern keeps to what all engines read alike. A $ would allow a line end. #}
{% macro matches(text, pattern) %}({{ text }} REGEXP '^({{ pattern }})\z'){% endmacro %}

{# The text begins with another, whose % and _ are no wildcards; by an index, if the column has one. #}
{% macro begins(text, start) %}({{ text }} LIKE REPLACE(REPLACE(REPLACE({{ start }}, '!', '!!'), '%', '!%'), '_', '!_') || '%' ESCAPE '!'){% endmacro %}

{% macro crc32(text) %}CRC32({{ text }}){% endmacro %}

{# Ends a SELECT, behind its ORDER BY: only so many rows, a number or a :variable. #}
{% macro first_rows(count) %}LIMIT {{ count }}{% endmacro %}

{#
  Ends a SELECT, before its INTO, over rows that the rule has locked or whose parent it has: what
  is committed now. A caller's REPEATABLE READ transaction would see them as they were before.
#}
{% macro latest() %}  LOCK IN SHARE MODE{% endmacro %}

{# Behind the table of such a SELECT: a small one would else be read, and locked, as a whole. #}
{% macro by_index(table, fields) %} FORCE INDEX ({{ index_name(table, fields) }}){% endmacro %}

{# Behind a table that is joined in order: its rows are looked up by the key, however few they are, which keeps the order. #}
{% macro by_key() %} FORCE INDEX ("PRIMARY"){% endmacro %}

{# Joins a table behind those before it, whatever the statistics say. #}
{% macro join_in_order() %}STRAIGHT_JOIN{% endmacro %}

{# Delete only so many rows, a :variable, of those that match. #}
{% macro delete_some(table, condition, order, count) %}
DELETE FROM {{ table }}
 WHERE {{ condition }}
 ORDER BY {{ order }}
 LIMIT {{ count }};
{% endmacro %}

{#
  Take the lock that has this name at this place; 3002 when another connection has had it for
  so many seconds. It lasts until the connection ends, or lets go by RELEASE_ALL_LOCKS().
#}
{% macro lock_name(name) %}{{ sha256("DATABASE() || '/' || " ~ name) }}{% endmacro %}

{% macro take_lock(name, seconds) %}
BEGIN
    -- Two connections that wait for each other: the one that would close the circle gives way.
    DECLARE CONTINUE HANDLER FOR 3058 SET :RESULT_CODE = 3002;
    SET :RESULT_CODE = CASE WHEN GET_LOCK({{ lock_name(name) }}, {{ seconds }}) = 1 THEN 0 ELSE 3002 END;
END;
{% endmacro %}

{# Let go of a lock that this rule took, and after all refuses. #}
{% macro drop_lock(name) %}
DO RELEASE_LOCK({{ lock_name(name) }});
{% endmacro %}

{# SHA-256 as 64 hexadecimal digits. #}
{% macro sha256(text) %}SHA2({{ text }}, 256){% endmacro %}

{# Bytes that are given as hexadecimal digits, in base64 with its padding. #}
{% macro base64_of_hex(digits) %}TO_BASE64(UNHEX({{ digits }})){% endmacro %}

{# Text that was read byte by byte, as the bytes' hexadecimal digits and as the UTF-8 that they are. #}
{% macro hex_of(text, bytes) %}HEX(CONVERT({{ text }} USING latin1)){% endmacro %}
{% macro utf8_of(text, bytes) %}CONVERT(CAST(CONVERT({{ text }} USING latin1) AS BINARY) USING utf8mb4){% endmacro %}

{# The number that a byte of a text is, the first being 1; 0 behind its end. #}
{% macro byte_of(text, place) %}ASCII(SUBSTRING({{ text }} FROM {{ place }} FOR 1)){% endmacro %}

{% macro list_of(value, order) %}GROUP_CONCAT({{ value }} ORDER BY {{ order }} SEPARATOR ','){% endmacro %}


{#
  The clause that reads a file's fields into a staging table, on the server or from a client.

  Bytes are read as latin1, in which every byte is a character: a rule then refuses the
  one bad line by its number, where a wrong encoding would refuse the whole file.
#}
{% macro load_clause(name, columns, newline) %}
IGNORE INTO TABLE {{ name }} CHARACTER SET latin1
    FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"' ESCAPED BY ''
    LINES TERMINATED BY {{ newline }} ({{ columns | join(', ') }})
{%- endmacro %}


{# A line of a file, and what stands in it of a number and a moment: null is an empty field. #}
{% macro line_of(fields) %}CONCAT_WS(',', {{ fields | join(', ') }}){% endmacro %}

{% macro number(value) %}COALESCE({{ value }}, ''){% endmacro %}

{% macro moment(value) %}COALESCE({{ value }}, ''){% endmacro %}


{#
  The rows of a file, one text column, between its header and its trailer. The number of
  rows stands in :v_rows: a rule counts them in the same transaction.
#}
{% macro file_lines(header, rows) %}
SELECT '{{ header }}' AS TEXT FROM DUAL
UNION ALL
{{ rows | trim }}
UNION ALL
SELECT CONCAT('#END,', :v_rows) FROM DUAL
{%- endmacro %}


{# Give the lines of a file, each with its line end, to a client that writes them. #}
{% macro give_lines(header) %}
SELECT CONCAT(f.TEXT, CHAR(10)) AS TEXT
  FROM (
{{ file_lines(header, caller()) | indent(4, first=true) }}
  ) f;
{% endmacro %}


{#
  Write the lines of a file to the exchange directory. The variables of its rows become
  parameters of a prepared statement: MySQL takes a computed file name only so.
#}
{% macro write_lines(file, header) %}
{% set lines = file_lines(header, caller()) %}
SET @kenshin_write = CONCAT('{{ lines | parameters | replace("'", "''") }}
  INTO OUTFILE ''', @@secure_file_priv, {{ file }}, ''' CHARACTER SET utf8mb4
  FIELDS ESCAPED BY '''' LINES TERMINATED BY ''', CHAR(10), '''');
{% for variable in lines | variables %}
SET @kenshin_{{ loop.index }} = :{{ variable }};
{% endfor %}
PREPARE kenshin_write FROM @kenshin_write;
{% set execute %}EXECUTE kenshin_write USING {% for variable in lines | variables %}@kenshin_{{ loop.index }}{{ ', ' if not loop.last }}{% endfor %};{% endset %}
BEGIN
    DECLARE CONTINUE HANDLER FOR 1086
    BEGIN
        SET :RESULT_CODE = 5001;
        SET :SQL_ERROR = CONCAT('the exchange directory holds ', {{ file }}, ' already');
    END;
    BEGIN
        -- The file cannot be made. If another call has just made it, the second try says so.
        DECLARE CONTINUE HANDLER FOR 1 {{ execute }}
        {{ execute }}
    END;
END;
DEALLOCATE PREPARE kenshin_write;
{% endmacro %}

{% set writer_holds = {'v_rows': 'INTEGER'} %}


{#
  Set columns of the rows of a table, u, that match rows of a smaller one, n. Where n holds most
  of the rows of u that a condition selects, these are walked `within` it: the server sets a row
  where it stands, as long as no value reads a column that is set.
#}
{% macro update_from(table, source, on, sets, within='') %}
{% if within %}
UPDATE {{ table }} u
STRAIGHT_JOIN {{ source }} n
{% else %}
UPDATE {{ source }} n
  JOIN {{ table }} u
{% endif %}
    ON {{ on }}
   SET {% for column, value in sets.items() %}u.{{ column }} = {{ value }}{{ ',\n       ' if not loop.last }}{% endfor %}
{% if within %}

 WHERE {{ within }}
{%- endif %};
{% endmacro %}
