{# RULE_ERROR keeps what rules answered with 9000, though their work was taken back. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('RULE_ERROR', 'SQL errors that rules returned as 9000.',
   columns = {
     'ERROR_ID':    (t.auto, 'Number of the error.'),
     'OCCURRED_AT': (t.time ~ ' NOT NULL', 'When the engine refused the statement.'),
     'ROUTINE':     ('VARCHAR(63) NOT NULL', 'Procedure that failed.'),
     'CALLER':      ('VARCHAR(128)', 'Database account that had called.'),
     'MESSAGE':     ('VARCHAR(512)', 'SQLSTATE, error number and text, as returned in SQL_ERROR.'),
   },
   key = ['ERROR_ID'],
   index = [['OCCURRED_AT']]) }}
