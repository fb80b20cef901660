{# REBOOT_PROGRESS shows how far each request of the mass reboot has come. #}
{% from 'frame.sql' import view %}
{% import 'type.sql' as t %}

{% call view('REBOOT_PROGRESS', 'Devices of each mass reboot by what became of them.',
   callers = ['SHIM', 'READER'],
   columns = {
     'RESERVATION_ID': ('VARCHAR(36)', 'Identifier of the request.'),
     'REQUESTED_AT':   (t.time, 'When its first device was put into the queue.'),
     'WAITING':        ('BIGINT', 'Devices that wait.'),
     'RUNNING':        ('BIGINT', 'Devices that a worker has taken.'),
     'DONE':           ('BIGINT', 'Devices that were told to reboot.'),
     'FAILED':         ('BIGINT', 'Devices that were given up.'),
   }) %}
SELECT r.RESERVATION_ID,
       MIN(r.REQUESTED_AT),
       COUNT(CASE WHEN r.STATE = 'WAITING' THEN 1 END),
       COUNT(CASE WHEN r.STATE = 'RUNNING' THEN 1 END),
       COUNT(CASE WHEN r.STATE = 'DONE' THEN 1 END),
       COUNT(CASE WHEN r.STATE = 'FAILED' THEN 1 END)
  FROM REBOOT_RESERVATION r
 GROUP BY r.RESERVATION_ID
{% endcall %}
