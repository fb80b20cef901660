{# DEVICE_CERTIFICATE shows whether the devices in service have a certificate that gets them keys. #}
{% from 'frame.sql' import view %}
{% from 'certificate.sql' import state_of %}
{% import 'type.sql' as t %}

{% call view('DEVICE_CERTIFICATE', 'Devices in service, and the state of the certificate to which each is bound.',
   callers = ['SHIM', 'READER'],
   columns = {
     'CLASS':       ('VARCHAR(2)', 'PD a physical device, CO a concentrator.'),
     'MAC':         ('VARCHAR(12)', 'MAC address of the device; null in pattern D.'),
     'SERIAL':      ('VARCHAR(64)', 'Serial number of its maker.'),
     'CERT_SERIAL': ('VARCHAR(64)', 'Serial number of its certificate; null none.'),
     'NOT_AFTER':   (t.time, 'Last moment of its validity.'),
     'REVOKED_AT':  (t.time, 'When it was revoked; null it was not.'),
     'STATE':       ('VARCHAR(8)',
                     'VALID; EXPIRING, within 60 days; EXPIRED; PENDING, not valid yet; REVOKED; UNKNOWN, there is none; NONE, bound to none.'),
   }) %}
{% for class, device in (('PD', 'CONTROLLER'), ('CO', 'CONCENTRATOR')) %}
{{ ' UNION ALL\n' if not loop.first }}SELECT '{{ class }}', d.MAC, d.SERIAL, x.CERT_SERIAL, c.NOT_AFTER, c.REVOKED_AT,
       CASE
         WHEN x.CERT_SERIAL IS NULL THEN 'NONE'
         ELSE {{ state_of('c') | indent(14) }}
       END
  FROM {{ device }} d
  JOIN {{ device }}_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
  LEFT JOIN CERTIFICATE_HISTORY c
    ON c.CERT_SERIAL = x.CERT_SERIAL
 WHERE d.DELETED = 0{{ '\n   AND d.TYPE_ID <> 0' if class == 'CO' }}
{% endfor %}
{% endcall %}
