{# INSTALLED_RELEASE shows which release callers meet: whoever starts asks whether it is his. #}
{% from 'frame.sql' import view %}

{% call view('INSTALLED_RELEASE', 'The release that was brought in last.',
   callers = ['SHIM', 'READER'],
   columns = {
     '"RELEASE"': ('VARCHAR(32)', 'Release of the views, procedures and rights.'),
     'STRUCTURE': ('VARCHAR(32)', 'Release of the tables; newer after a rollback.'),
     'STATE':     ('VARCHAR(16)', 'RUNNING, or broken off; DONE; GIVEN UP for another run.'),
   }) %}
SELECT h."RELEASE", h.STRUCTURE, h.STATE
  FROM SCHEMA_HISTORY h
 WHERE h.RUN_ID = (SELECT MAX(l.RUN_ID) FROM SCHEMA_HISTORY l)
{% endcall %}
