{# LATEST_SNAPSHOT shows how far each head-end has come: the station's own clock for re-polling. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('LATEST_SNAPSHOT', 'The newest snapshot taken in, or marked missing, of each head-end.',
   columns = {
     'HEID':          ('INTEGER', 'Head-end.'),
     'SNAPSHOT_TIME': (t.time, 'Its newest snapshot.'),
   }) %}
SELECT c.HEID,
       MAX(c.SNAPSHOT_TIME)
  FROM COLLECTION_LOG c
 WHERE c.CLASS = 'ONTIME'
 GROUP BY c.HEID
{% endcall %}
