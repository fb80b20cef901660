{# API_LOCK holds, on Firebird, the locks that requests have: rows that nobody commits. #}
{% from 'frame.sql' import table %}

{{ table('API_LOCK', 'Locks of requests on Firebird, each for as long as its transaction lasts; elsewhere empty.',
   columns = {
     'NAME': ('VARCHAR(64) NOT NULL', 'SHA-256 of the name of the lock.'),
   },
   key = ['NAME']) }}
