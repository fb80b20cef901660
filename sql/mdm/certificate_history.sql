{# CERTIFICATE_HISTORY records the certificates issued to devices. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import table %}

{{ table('CERTIFICATE_HISTORY', 'X.509 certificates issued to concentrators and physical devices.',
   columns = {
     'CERT_SERIAL':   ('VARCHAR(64) NOT NULL', 'Serial number of the certificate.'),
     'ALA_ID':        ('INTEGER', 'Authentication server that issued it.'),
     'SUBJECT':       ('VARCHAR(255)', 'Subject, which names the device.'),
     'NOT_BEFORE':    (t.time, 'First moment of its validity.'),
     'NOT_AFTER':     (t.time, 'Last moment of its validity.'),
     'ISSUED_AT':     (t.time, 'When it was taken into this table.'),
     'REVOKED':       ('SMALLINT DEFAULT 0 NOT NULL', '1 revoked.'),
     'REVOKED_AT':    (t.time, 'When it was revoked.'),
     'REVOKE_REASON': ('VARCHAR(64)', 'Why it was revoked.'),
   },
   key = ['CERT_SERIAL'],
   index = [['SUBJECT']]) }}
