{# CERTIFICATE_LINE stages the lines of one file of certificates. #}
{% from 'lines.sql' import lines %}

{{ lines('CERTIFICATE_LINE', 'Lines of one file of certificates.',
   columns = {
     'CERT_SERIAL': (65, 'Serial number of the certificate.'),
     'ALA_ID':      'Authentication server that issued it, or empty.',
     'SUBJECT':     (1024, 'Subject, which names the device, as RFC 4514 writes it, a quote as backslash 22; at most 255 characters of UTF-8.'),
     'NOT_BEFORE':  'First moment of its validity, YYYY-MM-DD HH:MM:SS.',
     'NOT_AFTER':   'Last moment of its validity, YYYY-MM-DD HH:MM:SS.',
   }) }}
