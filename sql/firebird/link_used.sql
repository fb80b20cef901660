{% from 'frame.sql' import table %}

{{ table('LINK_USED', 'Proofs that rules of another file gave here in the last minutes: none is good twice.',
   columns = {
     'NONCE': ('VARCHAR(57) NOT NULL', 'The moment of the proof in UTC, and random digits.'),
   },
   key = ['NONCE']) }}
