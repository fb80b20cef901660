{# How SCHEMA_RELEASE and SCHEMA_HISTORY are asked and told, the same on every engine. #}
{% import 'type.sql' as t %}

{% macro is_recorded(key, checksum) %}
SELECT 1 FROM SCHEMA_RELEASE r WHERE r.OBJECT = {{ key | quoted }} AND r.CHECKSUM = {{ checksum | quoted }}
{%- endmacro %}

{% macro is_not_recorded(key) %}
SELECT 1 FROM {{ t.one_row }} WHERE NOT EXISTS (SELECT 1 FROM SCHEMA_RELEASE r WHERE r.OBJECT = {{ key | quoted }})
{%- endmacro %}

{% macro forget(key) %}
DELETE FROM SCHEMA_RELEASE WHERE OBJECT = {{ key | quoted }}
$$
{% endmacro %}

{# One line of SCHEMA_HISTORY for a script that was run to its end. #}
{% macro noted(release, structure, came_from) %}
INSERT INTO SCHEMA_HISTORY (ACTION, "RELEASE", STRUCTURE, FROM_RELEASE, STATE, STARTED_AT, FINISHED_AT, ACCOUNT)
VALUES ('script', {{ release | quoted }}, {{ structure | quoted }}, {{ came_from | quoted if came_from else 'NULL' }}, 'DONE', LOCALTIMESTAMP(0), LOCALTIMESTAMP(0), {{ t.caller }})
$$
{% endmacro %}
