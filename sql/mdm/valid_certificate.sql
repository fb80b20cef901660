{# VALID_CERTIFICATE holds the certificates of one file that passed every check of a line. #}
{% from 'frame.sql' import table %}
{% import 'type.sql' as t %}

{{ table('VALID_CERTIFICATE', 'Certificates of one file that passed every check of a line.',
   columns = {
     'CERT_SERIAL': ('VARCHAR(64) NOT NULL', 'Serial number of the certificate.'),
     'LINE_NO':     ('INTEGER NOT NULL', 'Line of the file.'),
     'ALA_ID':      ('INTEGER', 'Authentication server that issued it.'),
     'SUBJECT':     ('VARCHAR(255) NOT NULL', 'Subject, which names the device.'),
     'NOT_BEFORE':  (t.time ~ ' NOT NULL', 'First moment of its validity.'),
     'NOT_AFTER':   (t.time ~ ' NOT NULL', 'Last moment of its validity.'),
   },
   key = ['CERT_SERIAL', 'LINE_NO'], session = true) }}
