{# DAY_PARAM holds which correction set each cluster uses on each day of a range. #}
{% from 'frame.sql' import table %}

{{ table('DAY_PARAM', 'The correction set of each cluster on each day of a range.',
   columns = {
     'CLUSTER_ID':        ('VARCHAR(32) NOT NULL', 'Cluster; empty for points without one.'),
     'DAY_ON':            ('DATE NOT NULL', 'Day of MEASURED_TIME.'),
     'PARAM_ID':          ('VARCHAR(32) NOT NULL', 'Set in force.'),
     'FROM_DATE':         ('DATE NOT NULL', 'First day of that set.'),
     'CORRECTION_FACTOR': ('DECIMAL(18,4) NOT NULL', 'Its correction factor.'),
     'TIME_OF_USE':       ('SMALLINT', '1 when it has time-of-use prices.'),
   },
   key = ['CLUSTER_ID', 'DAY_ON'], session = true) }}
