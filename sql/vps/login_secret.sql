{# LOGIN_SECRET holds what the decoys of LOGIN_BEGIN are made from, random since its first use. #}
{% from 'frame.sql' import table %}

{{ table('LOGIN_SECRET', 'The secret that decoys for unknown accounts are made from.',
   columns = {
     'SECRET_ID': ('SMALLINT NOT NULL', 'Always 1.'),
     'SECRET':    ('VARCHAR(64)', 'Random hexadecimal digits; null until a first login begins.'),
   },
   key = ['SECRET_ID']) }}
