{# REVOKE_CERTIFICATE records that a certificate is no longer trusted from now on. #}
{% from 'frame.sql' import procedure, run %}

{% call procedure('REVOKE_CERTIFICATE', 'Record that a certificate is revoked.',
                  callers = ['ALA'],
                  takes = dict(p_cert_serial   = 'VARCHAR(1024)',
                               p_revoke_reason = 'VARCHAR(1024)'),
                  means = dict(p_cert_serial = 'Serial number of the certificate.'),
                  codes = {10: 'the certificate is revoked already; the first reason stays',
                           1001: 'the serial number is missing',
                           1002: 'the serial number is badly formed, or the reason is longer than 64 characters',
                           2004: 'there is no such certificate'}) %}
{{ run('REVOKE_CERTIFICATE_AT', [':p_cert_serial', ':p_revoke_reason', 'NULL']) }}
{% endcall %}
