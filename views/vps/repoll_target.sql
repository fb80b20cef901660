{# REPOLL_TARGET shows the readings that a head-end should ask for again. #}
{% from 'frame.sql' import view, add_days %}
{% from 'billing_month.sql' import billing_month %}
{% import 'type.sql' as t %}
{% import 'pollable.sql' as p %}

{% call view('REPOLL_TARGET', 'Missing readings of pollable devices, within the re-poll deadline and not of a closed month.',
   columns = {
     'HEID':          ('INTEGER', 'Head-end that serves the device now.'),
     'PD_TABLE_KEY':  ('BIGINT', 'TABLE_KEY of the physical device.'),
     'LD_ADDRESS':    ('INTEGER', 'Address of the logical device in it.'),
     'SUB_NUMBER':    ('INTEGER', 'Item of its parameter group.'),
     'MEASURED_TIME': (t.time, 'Moment of the missing reading.'),
   }) %}
SELECT i.HEID,
       i.PD_TABLE_KEY,
       i.LD_ADDRESS,
       i.SUB_NUMBER,
       u.MEASURED_TIME
  FROM USAGE_GAP m
  JOIN USAGE_HISTORY u
    ON u.LD_ID = m.LD_ID
   AND u.SUB_NUMBER = m.SUB_NUMBER
   AND u.MEASURED_TIME = m.MEASURED_TIME
   AND u.STATUS = 1
   AND u.REPOLL_READING IS NULL
  -- Outer, to begin with the few gaps: Firebird would begin with all devices.
  LEFT JOIN DEVICE_ITEM i
    ON i.LD_ID = m.LD_ID
   AND i.SUB_NUMBER = m.SUB_NUMBER
   AND i.POLLED = 1
  JOIN LATEST_SNAPSHOT s
    ON s.HEID = COALESCE(i.HEID, 0)
  JOIN MDM_CONFIG d
    ON d.NAME = 'REPOLL_DEADLINE_DAYS'
  JOIN MDM_CONFIG e
    ON e.NAME = 'REPOLL_CLOSING'
  JOIN MDM_CONFIG c
    ON c.NAME = 'CLOSING_DAY'
 WHERE m.REPOLLED_AT IS NULL
   AND NOT EXISTS (SELECT 1 FROM MONTH_CLOSED k WHERE k.MONTH_END > m.MEASURED_TIME)
   AND {{ p.polled_at('i', 's.SNAPSHOT_TIME') | indent(3) }}
   AND m.MEASURED_TIME >= {{ add_days('s.SNAPSHOT_TIME', '-CAST(d."VALUE" AS DECIMAL(9))') }}
   AND (e."VALUE" = '0'
        OR m.MEASURED_TIME > {{ billing_month('CAST(s.SNAPSHOT_TIME AS DATE)', 'CAST(c."VALUE" AS DECIMAL(9))') }})
{% endcall %}
