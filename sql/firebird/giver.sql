{# The rows of a table or view, for a rule in another file of the installation: it proves that it knows the link key. #}
{{ declare('giver', 'GIVE_' ~ name, 'Rows of ' ~ name ~ ' for another database file of this installation.') }}
CREATE OR ALTER PROCEDURE GIVE_{{ name }} (
    p_proof VARCHAR(160)
)
RETURNS (
{% for column, (type, meaning) in columns.items() %}
    {{ column }} {{ type | bare_type }}{{ ',' if not loop.last }}
{% endfor %}
)
SQL SECURITY DEFINER
AS
BEGIN
    EXECUTE PROCEDURE CHECK_LINK(:p_proof, 'GIVE_{{ name }}');
    FOR
        SELECT {% for column in columns %}a.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

          FROM {{ name }} a
        INTO {% for column in columns %}:{{ column }}{{ ', ' if not loop.last }}{% endfor %}

    DO
        SUSPEND;
END
$$
