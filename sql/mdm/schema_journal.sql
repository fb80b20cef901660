{# SCHEMA_JOURNAL holds the steps of each run, so that one that broke off can go on. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('SCHEMA_JOURNAL', 'The steps of each run of SCHEMA_HISTORY.',
   columns = {
     'RUN_ID':      ('BIGINT NOT NULL', 'The run.'),
     'STEP':        ('INTEGER NOT NULL', 'Number of the step in it, in the order of doing.'),
     'PLACE':       ('VARCHAR(8) NOT NULL', 'Database: mdm, vps, he.'),
     'KIND':        ('VARCHAR(16) NOT NULL', 'What it does: create table, add column, replace, drop and so on.'),
     'OBJECT':      ('VARCHAR(127) NOT NULL', 'What it does it to.'),
     'STATE':       ('VARCHAR(16) NOT NULL', 'PLANNED, BEGUN, DONE, or ABANDONED by a person.'),
     'STARTED_AT':  (t.time, 'When it was last begun.'),
     'FINISHED_AT': (t.time, 'When it was done or abandoned.'),
     'ACCOUNT':     ('VARCHAR(128)', 'Database account that did or abandoned it.'),
     'BECAUSE':     ('VARCHAR(512)', 'Why it was abandoned.'),
   },
   key = ['RUN_ID', 'STEP']) }}
