{# CORRECTION_PARAM holds correction factors and prices by period. #}
{% from 'frame.sql' import table %}

{{ table('CORRECTION_PARAM', 'Correction factors and prices; the set GLOBAL is the default.',
   columns = {
     'PARAM_ID':            ('VARCHAR(32) NOT NULL', 'Name of the set; a VPS_CLUSTER names it.'),
     'FROM_DATE':           ('DATE NOT NULL', 'First day on which it holds.'),
     'TO_DATE':             ('DATE', 'First day on which it no longer holds; null open.'),
     'CORRECTION_FACTOR':   ('DECIMAL(18,4) DEFAULT 1 NOT NULL', 'Factor on the difference of two readings.'),
     'CO2_FACTOR':          ('DECIMAL(18,4)', 'Emission, kg per kWh.'),
     'BASE_CHARGE_PER_10A': ('DECIMAL(18,4)', 'Base charge of a month per 10 A of contract capacity, money.'),
     'TIER1_LIMIT':         ('DECIMAL(18,4)', 'Usage of the billing month up to which tier 1 holds, kWh.'),
     'TIER1_PRICE':         ('DECIMAL(18,4)', 'Price in tier 1, money per kWh.'),
     'TIER2_LIMIT':         ('DECIMAL(18,4)', 'Usage of the billing month up to which tier 2 holds, kWh.'),
     'TIER2_PRICE':         ('DECIMAL(18,4)', 'Price in tier 2, money per kWh.'),
     'TIER3_PRICE':         ('DECIMAL(18,4)', 'Price beyond tier 2, money per kWh.'),
   },
   key = ['PARAM_ID', 'FROM_DATE']) }}
