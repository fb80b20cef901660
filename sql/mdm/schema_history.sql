{# SCHEMA_HISTORY holds one row for each time that a release was brought in, or taken back. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('SCHEMA_HISTORY', 'Each run that brought a release in or went back to one.',
   columns = {
     'RUN_ID':       (t.auto, 'Number of the run.'),
     'ACTION':       ('VARCHAR(16) NOT NULL', 'apply, rollback, baseline or script.'),
     '"RELEASE"':    ('VARCHAR(32) NOT NULL', 'Release whose views, procedures and rights it brought.'),
     'STRUCTURE':    ('VARCHAR(32) NOT NULL', 'Release whose tables there were behind it; a rollback leaves the newer ones.'),
     'FROM_RELEASE': ('VARCHAR(32)', 'Release that was there before; null: none.'),
     'STATE':        ('VARCHAR(16) NOT NULL', 'RUNNING, or broken off; DONE; GIVEN UP for another run.'),
     'STARTED_AT':   (t.time ~ ' NOT NULL', 'When it began.'),
     'FINISHED_AT':  (t.time, 'When it was done.'),
     'ACCOUNT':      ('VARCHAR(128) NOT NULL', 'Database account that ran it.'),
     'DIFFERENCES':  ('INTEGER', 'Differences that were found when it was done; null: nobody looked.'),
     'NOTE':         ('VARCHAR(512)', 'What a person said of it.'),
   },
   key = ['RUN_ID']) }}
