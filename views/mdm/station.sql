{# STATION shows which station this is, and the zone of its times. #}
{% from 'frame.sql' import view %}

{% call view('STATION', 'Which station this is, and the zone of its times.',
   callers = ['SHIM', 'READER'],
   columns = {
     'STATION_ID':   ('VARCHAR(255)', 'Identifier of the station.'),
     'STATION_ZONE': ('VARCHAR(255)', 'Time zone whose standard time all times are.'),
   }) %}
SELECT MAX(CASE WHEN c.NAME = 'STATION_ID' THEN c."VALUE" END),
       MAX(CASE WHEN c.NAME = 'STATION_ZONE' THEN c."VALUE" END)
  FROM MDM_CONFIG c
 WHERE c.NAME IN ('STATION_ID', 'STATION_ZONE')
{% endcall %}
