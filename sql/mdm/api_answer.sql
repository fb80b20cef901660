{# API_ANSWER holds the answers to changing requests, so that a repeat gets the first one. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('API_ANSWER', 'First answers of the HTTP-API to requests with an idempotency key.',
   columns = {
     'CLIENT':          ('VARCHAR(64) NOT NULL', 'Client of the request.'),
     'IDEMPOTENCY_KEY': ('VARCHAR(128) NOT NULL', 'Name that the client gave to the request.'),
     'REQUEST_HASH':    ('VARCHAR(64) NOT NULL', 'SHA-256 of the request, so that another one with this name is told apart.'),
     'STATUS':          ('SMALLINT NOT NULL', 'HTTP status of the answer.'),
     'ANSWER':          (t.long_text ~ ' NOT NULL', 'Body of the answer, JSON.'),
     'ANSWERED_AT':     (t.time ~ ' NOT NULL', 'When it was kept.'),
   },
   key = ['CLIENT', 'IDEMPOTENCY_KEY'],
   index = [['ANSWERED_AT']]) }}
