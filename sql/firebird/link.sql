{#
  How one database file of an installation reads another one's tables.

  A statement in another file runs with the rights of whoever called the rule, so what is
  given there is given to those who prove that they know the link key: the rules themselves,
  which read it as the owner. No consumer can read it, and no right on a table is needed.
#}
{% from 'frame.sql' import table %}

{{ table('LINK_KEY', 'The key by which the database files of one installation know each other.',
   columns = {
     'NUMBER':   ('INTEGER NOT NULL', 'Always 1.'),
     'LINK_KEY': ('VARCHAR(64) NOT NULL', 'Random hexadecimal digits; the same in each file.'),
   },
   key = ['NUMBER']) }}
CREATE OR ALTER EXCEPTION LINK_REFUSED 'only a rule of this installation may read here'
$$
