{#
  SEARCH_DEVICE gives the devices that match all of the filters, a page at a time.

  A filter that is null asks nothing. A text may end in a * and is then the beginning of
  what is looked for; every other character stands for itself. Of a device, those logical
  devices are given that match; one without any has a row of its own, unless something is
  asked of them. A page is cut by devices; the next one starts behind the TABLE_KEY of its
  last row. The most selective filter leads, by its index; where none is selective, the
  devices are looked through in the order of their keys. Dummies of head-ends are left out.
#}
{% from 'frame.sql' import procedure, when, give, first_rows, matches, begins %}
{% import 'check.sql' as check %}
{% import 'type.sql' as t %}

{# A text to look for, and whether it may end in a star. #}
{% macro is_sought(text, class, length) %}{{ check.is_formed(text, '[' ~ class ~ ']{1,' ~ length ~ '}[\\*]?') }}{% endmacro %}

{# A MAC as people write it, or the beginning of one. #}
{% set sought_mac = check.mac ~ '|[0-9A-Fa-f]([:\\-]?[0-9A-Fa-f]){0,10}[:\\-]?[\\*]' %}

{% set identifiers = {'serial': 64, 'pd_id': 15, 'co_id': 15, 'ld_id': 32, 'cluster_id': 32} %}
{% set texts = ['mac', 'ip_address'] + identifiers | list %}
{% set columns = {'mac': 'd.MAC', 'serial': 'd.SERIAL', 'pd_id': 'd.PD_ID', 'co_id': 'd.CO_ID',
                  'ip_address': 'x.IP_ADDRESS', 'ld_id': 'l.LD_ID', 'cluster_id': 'l.CLUSTER_ID'} %}

{# No identifier has a character behind the tilde: it ends the range of a beginning. #}
{% macro sought(name) %}{{ columns[name] }} BETWEEN :v_{{ name }} AND :v_{{ name }}_end{% endmacro %}

{% macro filter(name) %}(:p_{{ name }} IS NULL OR {{ sought(name) }}){% endmacro %}

{% macro equal(name, column) %}(:p_{{ name }} IS NULL OR {{ column }} = :p_{{ name }}){% endmacro %}

{% macro named(column) %}{{ begins(column, ':p_name') }}{% endmacro %}

{# What is asked of a logical device l; d names its device. #}
{% macro point_matches() %}
l.PD_TABLE_KEY = d.TABLE_KEY
   AND (:v_deleted <> 0 OR l.DELETED = 0)
   AND {{ filter('ld_id') }}
   AND {{ filter('cluster_id') }}
   AND {{ equal('relay_state', 'l.RELAY_STATE') }}
   AND (:p_capacity_from IS NULL OR l.CONTRACT_CAPACITY >= :p_capacity_from)
   AND (:p_capacity_to IS NULL OR l.CONTRACT_CAPACITY <= :p_capacity_to)
   AND (:p_service IS NULL OR EXISTS (SELECT 1
                                        FROM LOGICAL_DEVICE_TYPE s
                                       WHERE s.TYPE_ID = l.TYPE_ID
                                         AND s.SERVICE = :p_service))
   AND (:p_name IS NULL OR {{ named('d.PD_NAME') }} OR {{ named('l.LD_NAME') }})
{%- endmacro %}

{# What is asked of a device d, with its key as given, its transaction row x and concentrator o. #}
{% macro device_matches(key) %}
{{ key }} > :v_after
           AND {{ key }} <= :v_last
           AND (:v_deleted = 2 OR d.DELETED = :v_deleted)
{% for name in ('mac', 'serial', 'pd_id', 'co_id', 'ip_address') %}
           AND {{ filter(name) }}
{% endfor %}
           AND {{ equal('heid', 'o.HEID') }}
           AND {{ equal('type_id', 'd.TYPE_ID') }}
           AND {{ equal('poll_config', 'd.POLL_CONFIG') }}
           AND {{ equal('prov_stat', 'x.PROV_STAT') }}
           AND {{ equal('activation', 'x.ACTIVATION') }}
{%- endmacro %}

{% set of_device %}
d.TABLE_KEY, o.HEID, d.CO_ID, d.PD_ID, d.SERIAL, d.MAC, d.TYPE_ID, d.PD_NAME, d.POLL_CONFIG, d.DELETED,
               x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PROV_STAT, x.ACTIVATION, x.POLL_START_AT, x.POLL_STOP_AT,
               x.KEY_UPDATED_AT
{%- endset %}

{% set with_others %}
LEFT JOIN CONTROLLER_TRANSACTION x
            ON x.TABLE_KEY = d.TABLE_KEY
          LEFT JOIN CONCENTRATOR o
            ON o.CO_ID = d.CO_ID
{%- endset %}

{# Outer joins keep every engine from starting elsewhere. #}
{% set of_transaction %}
CONTROLLER_TRANSACTION x
          LEFT JOIN CONTROLLER d
            ON d.TABLE_KEY = x.TABLE_KEY
          LEFT JOIN CONCENTRATOR o
            ON o.CO_ID = d.CO_ID
{%- endset %}

{# Devices with a logical device, or a name, that is found by its index. #}
{% macro of_keys(keys) %}
({{ keys | trim | indent(11) }}) c
          LEFT JOIN CONTROLLER d
            ON d.TABLE_KEY = c.TABLE_KEY
          {{ with_others }}
{%- endmacro %}

{% macro of_points(found) %}
{{ of_keys('SELECT DISTINCT l.PD_TABLE_KEY AS TABLE_KEY FROM LOGICAL_DEVICE l WHERE ' ~ found) }}
{%- endmacro %}

{% set of_names %}
SELECT n.TABLE_KEY FROM CONTROLLER n WHERE {{ named('n.PD_NAME') }}
 UNION DISTINCT
SELECT l.PD_TABLE_KEY FROM LOGICAL_DEVICE l WHERE {{ named('l.LD_NAME') }}
{% endset %}

{% set of_relays %}
SELECT l.PD_TABLE_KEY AS TABLE_KEY
  FROM LOGICAL_DEVICE l
 WHERE l.RELAY_STATE = :p_relay_state
 GROUP BY l.RELAY_STATE, l.PD_TABLE_KEY
{% endset %}

{% set of_controller = 'CONTROLLER d\n          ' ~ with_others %}

{#
  Ways to the devices, the most selective first: where the rows come from, what finds them
  there, their key, what they are ordered by before it, and the rows to count first, each with
  its index: a way with many of them is none. A key with a sum is read from no index, where
  Firebird would read the whole of it.
#}
{% macro points(column, found) %}FROM LOGICAL_DEVICE l WHERE {{ found }} ORDER BY {{ column }}{% endmacro %}
{% macro devices(column, found) %}FROM CONTROLLER d WHERE {{ found }} ORDER BY {{ column }}{% endmacro %}
{% set ways = {
  'mac':         (of_controller, sought('mac'), 'd.TABLE_KEY + 0', '', [devices('d.MAC', sought('mac'))]),
  'serial':      (of_controller, sought('serial'), 'd.TABLE_KEY + 0', '', [devices('d.SERIAL', sought('serial'))]),
  'pd_id':       (of_controller, sought('pd_id'), 'd.TABLE_KEY + 0', '', [devices('d.PD_ID', sought('pd_id'))]),
  'ld_id':       (of_points(sought('ld_id')), '', 'c.TABLE_KEY + 0', '', [points('l.LD_ID', sought('ld_id'))]),
  'ip_address':  (of_transaction, sought('ip_address'), 'x.TABLE_KEY + 0', '',
                  ['FROM CONTROLLER_TRANSACTION x WHERE ' ~ sought('ip_address') ~ ' ORDER BY x.IP_ADDRESS']),
  'name':        (of_keys(of_names), '', 'c.TABLE_KEY + 0', '',
                  [devices('d.PD_NAME', named('d.PD_NAME')), points('l.LD_NAME', named('l.LD_NAME'))]),
  'co_id':       (of_controller, sought('co_id'), 'd.TABLE_KEY + 0', '',
                  [devices('d.CO_ID, d.DELETED, d.TABLE_KEY', sought('co_id'))]),
  'relay_state': (of_keys(of_relays), '', 'c.TABLE_KEY + 0', '',
                  [points('l.RELAY_STATE, l.PD_TABLE_KEY', 'l.RELAY_STATE = :p_relay_state')]),
  'cluster_id':  (of_points(sought('cluster_id')), '', 'c.TABLE_KEY + 0', '', [points('l.CLUSTER_ID', sought('cluster_id'))]),
  'prov_stat':   (of_transaction, 'x.PROV_STAT = :p_prov_stat', 'x.TABLE_KEY', 'x.PROV_STAT, ', []),
  'type_id':     (of_controller, 'd.TYPE_ID = :p_type_id', 'd.TABLE_KEY', 'd.TYPE_ID, ', []),
  'none':        (of_controller, '', 'd.TABLE_KEY', '', []),
} %}

{% call procedure('SEARCH_DEVICE', 'Give the devices that match filters, a page at a time.',
                  callers = ['SHIM'],
                  reads = true,
                  takes = dict(p_class         = 'VARCHAR(1024)',
                               p_table_key     = 'BIGINT',
                               p_heid          = 'INTEGER',
                               p_co_id         = 'VARCHAR(1024)',
                               p_pd_id         = 'VARCHAR(1024)',
                               p_serial        = 'VARCHAR(1024)',
                               p_mac           = 'VARCHAR(1024)',
                               p_ld_id         = 'VARCHAR(1024)',
                               p_type_id       = 'INTEGER',
                               p_cluster_id    = 'VARCHAR(1024)',
                               p_service       = 'VARCHAR(1024)',
                               p_ip_address    = 'VARCHAR(1024)',
                               p_prov_stat     = 'VARCHAR(1024)',
                               p_poll_config   = 'INTEGER',
                               p_activation    = 'INTEGER',
                               p_relay_state   = 'INTEGER',
                               p_deleted       = 'INTEGER',
                               p_capacity_from = 'DECIMAL(18,4)',
                               p_capacity_to   = 'DECIMAL(18,4)',
                               p_name          = 'VARCHAR(1024)',
                               p_after         = 'BIGINT',
                               p_limit         = 'INTEGER'),
                  gives = {'TABLE_KEY': 'BIGINT', 'HEID': 'INTEGER', 'CO_ID': 'VARCHAR(15)', 'PD_ID': 'VARCHAR(15)',
                           'SERIAL': 'VARCHAR(64)', 'MAC': 'VARCHAR(12)', 'TYPE_ID': 'INTEGER',
                           'PD_NAME': 'VARCHAR(128)', 'POLL_CONFIG': 'INTEGER', 'DELETED': 'INTEGER',
                           'IP_ADDRESS': 'VARCHAR(45)', 'PORT': 'INTEGER', 'CERT_SERIAL': 'VARCHAR(64)',
                           'PROV_STAT': 'CHAR(1)', 'ACTIVATION': 'INTEGER', 'POLL_START_AT': t.time,
                           'POLL_STOP_AT': t.time, 'KEY_UPDATED_AT': t.time, 'LD_TABLE_KEY': 'BIGINT',
                           'LD_ID': 'VARCHAR(32)', 'LD_ADDRESS': 'INTEGER', 'LD_TYPE_ID': 'INTEGER',
                           'SERVICE': 'VARCHAR(16)', 'CLUSTER_ID': 'VARCHAR(32)', 'LD_NAME': 'VARCHAR(128)',
                           'CONTRACT_CAPACITY': 'DECIMAL(18,4)', 'RELAY_STATE': 'INTEGER', 'LD_DELETED': 'INTEGER'},
                  holds = {'v_mac': 'VARCHAR(64)', 'v_mac_end': 'VARCHAR(64)',
                           'v_serial': 'VARCHAR(128)', 'v_serial_end': 'VARCHAR(128)',
                           'v_pd_id': 'VARCHAR(64)', 'v_pd_id_end': 'VARCHAR(64)',
                           'v_co_id': 'VARCHAR(64)', 'v_co_id_end': 'VARCHAR(64)',
                           'v_ld_id': 'VARCHAR(64)', 'v_ld_id_end': 'VARCHAR(64)',
                           'v_cluster_id': 'VARCHAR(64)', 'v_cluster_id_end': 'VARCHAR(64)',
                           'v_ip_address': 'VARCHAR(64)', 'v_ip_address_end': 'VARCHAR(64)',
                           'v_class': 'VARCHAR(8)', 'v_deleted': 'INTEGER', 'v_after': 'BIGINT', 'v_last': 'BIGINT',
                           'v_limit': 'INTEGER', 'v_of_point': 'INTEGER', 'v_way': 'VARCHAR(16)',
                           'v_found': 'INTEGER', 'v_given': 'INTEGER'},
                  means = {'p_class': 'PD physical devices, CO concentrators; null PD.',
                           'p_deleted': '0 or null devices in service, 1 disposed ones, 2 both.',
                           'p_capacity_from': 'Least contract capacity in A.',
                           'p_capacity_to': 'Greatest contract capacity in A.',
                           'p_name': 'Beginning of the name of the device or of the logical device.',
                           'p_after': 'TABLE_KEY of the last row of the page before; null the first page.',
                           'p_limit': 'Devices of a page, 1 to 1000; null 100.',
                           'LD_TABLE_KEY': 'TABLE_KEY of the logical device.',
                           'LD_TYPE_ID': 'LOGICAL_DEVICE_TYPE of the logical device.',
                           'LD_DELETED': '1 the logical device is removed.'},
                  codes = {11: 'no device matches',
                           1002: 'a text to look for is badly formed',
                           1003: 'there is no such class or provisioning state',
                           1004: 'a flag, the page or the range of the capacity is out of range'}) %}
SELECT CASE
         WHEN NOT {{ check.is_formed(':p_mac', sought_mac) }}
           OR NOT {{ is_sought(':p_ip_address', '0-9A-Fa-f.:', 45) }}
{% for name, length in identifiers.items() %}
           OR NOT {{ is_sought(':p_' ~ name, 'A-Za-z0-9.:/@#\\+\\_\\-', length) }}
{% endfor %}
           OR {{ check.is_longer(':p_service', 16) }}
           OR {{ check.is_longer(':p_name', 128) }}                                  THEN 1002
         WHEN {{ check.is_none_of(':p_class', ['PD', 'CO']) }}
           OR {{ check.is_none_of(':p_prov_stat', ['N', 'D', 'C', 'A']) }}                    THEN 1003
         WHEN {{ check.is_none_of(':p_poll_config', [0, 1]) }}
           OR {{ check.is_none_of(':p_activation', [0, 1]) }}
           OR {{ check.is_none_of(':p_relay_state', [0, 1]) }}
           OR {{ check.is_none_of(':p_deleted', [0, 1, 2]) }}
           OR :p_capacity_to < :p_capacity_from
           OR {{ check.is_outside(':p_limit', 1, 1000) }}                             THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{% for name in texts %}
SET :v_{{ name }} = REPLACE({{ check.plain_mac(':p_mac') if name == 'mac' else ':p_' ~ name }}, '*', '');
SET :v_{{ name }}_end = :v_{{ name }} || CASE WHEN RIGHT(:p_{{ name }}, 1) = '*' THEN '~' ELSE '' END;
{% endfor %}
SET :v_class = COALESCE(:p_class, 'PD');
SET :v_deleted = COALESCE(:p_deleted, 0);
SET :v_limit = COALESCE(:p_limit, 100);
SET :v_after = COALESCE(:p_after, 0);
SET :v_last = COALESCE(:p_table_key, 9223372036854775807);
SET :v_after = CASE WHEN :p_table_key > :v_after THEN :p_table_key - 1 ELSE :v_after END;
SET :v_of_point = CASE
  WHEN :p_ld_id IS NOT NULL
    OR :p_cluster_id IS NOT NULL
    OR :p_service IS NOT NULL
    OR :p_relay_state IS NOT NULL
    OR :p_capacity_from IS NOT NULL
    OR :p_capacity_to IS NOT NULL   THEN 1
  ELSE 0
END;
SET :v_given = 0;
{% call when(":v_class = 'CO' AND :v_of_point = 0 AND :p_pd_id IS NULL AND :p_name IS NULL") %}
{% call give() %}
SELECT d.TABLE_KEY, d.HEID, d.CO_ID, NULL AS PD_ID, d.SERIAL, d.MAC, d.TYPE_ID, NULL AS PD_NAME, d.POLL_CONFIG,
       d.DELETED, x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PROV_STAT, x.ACTIVATION, x.POLL_START_AT, x.POLL_STOP_AT,
       x.KEY_UPDATED_AT, NULL AS LD_TABLE_KEY, NULL AS LD_ID, NULL AS LD_ADDRESS, NULL AS LD_TYPE_ID,
       NULL AS SERVICE, NULL AS CLUSTER_ID, NULL AS LD_NAME, NULL AS CONTRACT_CAPACITY, NULL AS RELAY_STATE,
       NULL AS LD_DELETED
  FROM CONCENTRATOR d
  JOIN CONCENTRATOR_TRANSACTION x
    ON x.TABLE_KEY = d.TABLE_KEY
 WHERE {{ device_matches('d.TABLE_KEY') | replace('d.PD_ID', 'NULL') | replace('o.HEID', 'd.HEID') | replace('        AND', 'AND') }}
   AND d.TYPE_ID <> 0
 ORDER BY d.TABLE_KEY
 {{ first_rows(':v_limit') }}
{% endcall %}
SET :v_given = {{ t.given_rows }};
{% endcall %}
{% endcall %}

{% call when(":RESULT_CODE = 0 AND :v_class = 'PD' AND :p_table_key IS NULL") %}
{% for name, (source, found, key, order, counted) in ways.items() if counted %}
{% call when(':v_way IS NULL AND :p_' ~ name ~ ' IS NOT NULL') %}
SET :v_found = 0;
{% for rows in counted %}
SELECT :v_found + COUNT(*)
  FROM (SELECT 1 AS MATCHING
          {{ rows | replace(' WHERE', '\n         WHERE') | replace(' ORDER', '\n         ORDER') }}
         {{ first_rows(3001) }}) f
  INTO :v_found;
{% endfor %}
SET :v_way = CASE WHEN :v_found <= 3000 THEN '{{ name }}' END;
{% endcall %}
{% endfor %}
SET :v_way = CASE
  WHEN :v_way IS NOT NULL       THEN :v_way
  WHEN :p_prov_stat IS NOT NULL THEN 'prov_stat'
  WHEN :p_type_id IS NOT NULL   THEN 'type_id'
  ELSE 'none'
END;
-- Devices of a head-end or concentrator may begin late: those before them are not looked at.
{% call when(":v_way IN ('prov_stat', 'type_id', 'none') AND (:p_heid IS NOT NULL OR :p_co_id IS NOT NULL) AND :v_deleted <> 2") %}
SELECT COALESCE(MIN(f.FIRST_KEY) - 1, :v_last)
  FROM (SELECT (SELECT d.TABLE_KEY
                  FROM CONTROLLER d
                 WHERE d.CO_ID = o.CO_ID
                   AND d.DELETED = :v_deleted
                   AND d.TABLE_KEY > :v_after
                 ORDER BY d.CO_ID, d.DELETED, d.TABLE_KEY
                 {{ first_rows(1) }}) AS FIRST_KEY
          FROM CONCENTRATOR o
         WHERE {{ equal('heid', 'o.HEID') }}
           AND (:p_co_id IS NULL OR o.CO_ID BETWEEN :v_co_id AND :v_co_id_end)) f
  INTO :v_after;
{% endcall %}
{% endcall %}
{% call when(":RESULT_CODE = 0 AND :v_class = 'PD'") %}
SET :v_way = COALESCE(:v_way, 'none');
{% for name, (source, found, key, order, counted) in ways.items() %}
{% call when(":v_way = '" ~ name ~ "'") %}
{% call give() %}
SELECT d.TABLE_KEY, d.HEID, d.CO_ID, d.PD_ID, d.SERIAL, d.MAC, d.TYPE_ID, d.PD_NAME, d.POLL_CONFIG, d.DELETED,
       d.IP_ADDRESS, d.PORT, d.CERT_SERIAL, d.PROV_STAT, d.ACTIVATION, d.POLL_START_AT, d.POLL_STOP_AT,
       d.KEY_UPDATED_AT, l.TABLE_KEY AS LD_TABLE_KEY, l.LD_ID, l.LD_ADDRESS, l.TYPE_ID AS LD_TYPE_ID, y.SERVICE,
       l.CLUSTER_ID, l.LD_NAME, l.CONTRACT_CAPACITY, l.RELAY_STATE, l.DELETED AS LD_DELETED
  FROM (SELECT {{ of_device }}
          FROM {{ source }}
         WHERE {{ device_matches(key) }}
{% if found %}
           AND {{ found }}
{% endif %}
           AND ((:v_of_point = 0 AND (:p_name IS NULL OR {{ named('d.PD_NAME') }}))
                OR EXISTS (SELECT 1
                             FROM LOGICAL_DEVICE l
                            WHERE {{ point_matches() | indent(27) }}))
         ORDER BY {{ order }}{{ key }}
         {{ first_rows(':v_limit') }}) d
  LEFT JOIN LOGICAL_DEVICE l
    ON {{ point_matches() }}
  LEFT JOIN LOGICAL_DEVICE_TYPE y
    ON y.TYPE_ID = l.TYPE_ID
 ORDER BY d.TABLE_KEY, l.LD_ADDRESS, l.TABLE_KEY
{% endcall %}
SET :v_given = {{ t.given_rows }};
{% endcall %}
{% endfor %}
{% endcall %}
{% call when(':RESULT_CODE = 0 AND :v_given = 0') %}
SET :RESULT_CODE = 11;
{% endcall %}
{% endcall %}
