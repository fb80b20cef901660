{# CERTIFICATE_EXPIRY shows the devices in service that will be refused a key, now or soon. #}
{% from 'frame.sql' import view, add_days %}
{% import 'type.sql' as t %}

{% call view('CERTIFICATE_EXPIRY', 'Devices in service whose certificate is revoked, expired or ends within 60 days.',
   callers = ['SHIM', 'READER'],
   columns = {
     'CLASS':       ('VARCHAR(2)', 'PD a physical device, CO a concentrator.'),
     'MAC':         ('VARCHAR(12)', 'MAC address of the device.'),
     'CERT_SERIAL': ('VARCHAR(64)', 'Serial number of its certificate.'),
     'NOT_AFTER':   (t.time, 'Last moment of its validity.'),
     'STATE':       ('VARCHAR(8)', 'REVOKED, EXPIRED or EXPIRING.'),
   }) %}
{% for class, device in (('PD', 'CONTROLLER'), ('CO', 'CONCENTRATOR')) %}
{{ ' UNION ALL\n' if not loop.first }}SELECT '{{ class }}', d.MAC, c.CERT_SERIAL, c.NOT_AFTER,
       CASE
         WHEN c.REVOKED = 1                   THEN 'REVOKED'
         WHEN c.NOT_AFTER < LOCALTIMESTAMP(0) THEN 'EXPIRED'
         ELSE 'EXPIRING'
       END
  FROM {{ device }} d
  JOIN {{ device }}_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  JOIN CERTIFICATE_HISTORY c
    ON c.CERT_SERIAL = x.CERT_SERIAL
 WHERE d.DELETED = 0
   AND (c.REVOKED = 1 OR c.NOT_AFTER < {{ add_days('LOCALTIMESTAMP(0)', 60) }})
{% endfor %}
{% endcall %}
