{#
  How MySQL keeps a procedure that others call while a release replaces it.

  MySQL cannot replace a procedure, and one that is dropped loses its grants and is missed by
  its callers. So the one of this name is made once and only calls another, the body, which a
  release drops and makes again. While the body is missing a caller gets `gone`, a statement.
  A body handles every error 1305 of its own, so one that comes out of the call is about it.
#}
{% from 'head.sql' import head %}

{% macro routine(name, purpose, gone, takes={}, gives={}) %}
{% set body, its_purpose = name ~ '_BODY', 'What ' ~ name ~ ' does, for ' ~ name ~ ' to call.' %}
{{ declare('body', body, its_purpose) }}
DROP PROCEDURE IF EXISTS {{ body }}
$$
CREATE {{ head(body, its_purpose, takes, gives) }}
{{ caller() | trim }}
$$
CREATE {{ head('IF NOT EXISTS ' ~ name, purpose, takes, gives) }}
BEGIN
    DECLARE EXIT HANDLER FOR 1305
{{ gone | trim | indent(8, first=true) }}

    CALL {{ body }}({{ (takes | list + gives | list) | join(', ') }});
END
$$
ALTER PROCEDURE {{ name }} COMMENT {{ purpose | quoted }}
$$
{% endmacro %}
