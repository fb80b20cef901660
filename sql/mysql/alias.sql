{% from 'frame.sql' import definer %}
{# Another schema's table or view under a name of this one. #}
CREATE OR REPLACE DEFINER = {{ definer }} SQL SECURITY DEFINER VIEW {{ alias }} AS
SELECT {% for column in columns %}a.{{ column }}{{ ',\n       ' if not loop.last }}{% endfor %}

  FROM {{ place }}.{{ name }} a
$$
