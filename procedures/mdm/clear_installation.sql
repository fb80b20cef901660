{#
  CLEAR_INSTALLATION takes a meter from its point, and with p_cancel ends the contract too.

  Named by MAC or serial number, the device goes back into stock with all its logical
  devices; named by LD_ID alone, one point is cleared. A contract that ends takes along the
  relation, terminals and policies of the point, and the customer with his accounts when no
  other point is his. It may also end after the meter is gone, by LD_ID.
#}
{% from 'frame.sql' import procedure, when, run, each, add_days %}
{% from 'device.sql' import find_device, news, lock_places %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# A relation that holds at or after the removal. #}
{% macro holds(r) %}{{ r }}.DELETED = 0
   AND ({{ r }}.TO_DATE IS NULL OR {{ r }}.TO_DATE > CAST(:v_at AS DATE)){% endmacro %}

{# The logical devices to clear. #}
{% macro cleared() %}
l.PD_TABLE_KEY = :v_pd
   AND (:p_ld_id IS NULL OR l.LD_ID = :p_ld_id)
   AND l.DELETED = 0
{%- endmacro %}

{% call procedure('CLEAR_INSTALLATION', 'Take a meter from its point, and end the contract if wanted.',
                  callers = ['SHIM'],
                  takes = dict(p_mac           = 'VARCHAR(1024)',
                               p_serial        = 'VARCHAR(1024)',
                               p_ld_id         = 'VARCHAR(1024)',
                               p_cancel        = 'INTEGER',
                               p_removed_at    = t.time,
                               p_last_readings = 'VARCHAR(1024)'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_ld = 'BIGINT', v_of_ld = 'BIGINT',
                               v_deleted = 'INTEGER', v_other = 'INTEGER', v_at = t.time, v_next_day = 'DATE', v_pd_id = 'VARCHAR(15)',
                               v_stock = 'VARCHAR(15)', v_installed = 'INTEGER', v_set = 'INTEGER',
                               v_contracts = 'INTEGER', v_point = 'VARCHAR(32)', v_type_id = 'INTEGER',
                               v_left = 'INTEGER', v_customer = 'VARCHAR(32)', v_his = 'INTEGER'),
                  means = dict(p_cancel = '1 ends the contract too; 0 or null leaves it.',
                               p_removed_at = 'When the meter was taken off; null now.',
                               p_last_readings = 'Last registers of a single point, `SUB=VALUE;SUB=VALUE` in the unit of each item.'),
                  codes = {10: 'nothing is installed, and no contract is left to end',
                           1001: 'MAC, serial number and LD_ID are missing',
                           1002: 'an argument is badly formed, or readings of no single point',
                           1003: 'the device does not have an item of the readings',
                           1004: 'the cancel flag is neither 0 nor 1',
                           2001: 'there is no such device',
                           3001: 'another reading stands at this moment',
                           3002: 'the device was disposed of',
                           3004: 'MAC, serial number and LD_ID are not of one device'}) %}
SELECT CASE
         WHEN :p_mac IS NULL AND :p_serial IS NULL AND :p_ld_id IS NULL THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_serial', 64) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}             THEN 1002
         WHEN {{ check.is_none_of(':p_cancel', [0, 1]) }}                                   THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SET :v_at = COALESCE(:p_removed_at, LOCALTIMESTAMP(0));
{{ lock_places() }}
SELECT MAX(l.PD_TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_of_ld;
{{ find_device('CONTROLLER', ':v_pd') }}
{% call when(':p_mac IS NULL AND :p_serial IS NULL') %}
SET :v_pd = :v_of_ld;
{% endcall %}
-- Locked in the order of all rules: the device, its points, then those who hold them.
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
UPDATE LOGICAL_DEVICE l
   SET l.DELETED = l.DELETED
 WHERE {{ cleared() }};
-- Looked at again: until now the point may have gone to another meter.
SELECT MAX(l.TABLE_KEY), MAX(l.PD_TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld, :v_of_ld;
SELECT MAX(d.DELETED), MAX(d.PD_ID),
       MAX(CASE WHEN {{ news(':p_serial', 'd.SERIAL') }} THEN 1 ELSE 0 END),
       MAX(CASE WHEN o.HEID > 0 THEN 'HE' || TRIM(CAST(o.HEID AS CHAR(11))) ELSE d.CO_ID END),
       MAX(CASE WHEN d.PD_ID IS NOT NULL
                  OR d.PD_NAME IS NOT NULL
                  OR (o.HEID > 0 AND d.CO_ID <> 'HE' || TRIM(CAST(o.HEID AS CHAR(11)))) THEN 1 ELSE 0 END)
  FROM CONTROLLER d
  LEFT JOIN CONCENTRATOR o
    ON o.CO_ID = d.CO_ID
 WHERE d.TABLE_KEY = :v_pd
  INTO :v_deleted, :v_pd_id, :v_other, :v_stock, :v_set;
SELECT COUNT(l.LD_ID), MAX(l.LD_ID), MAX(CASE WHEN l.LD_ID IS NOT NULL THEN l.TYPE_ID END),
       COALESCE(MAX(CASE WHEN l.LD_ID IS NOT NULL
                           OR l.CLUSTER_ID IS NOT NULL
                           OR l.LD_NAME IS NOT NULL
                           OR l.CONTRACT_CAPACITY <> 0 THEN 1 ELSE 0 END), 0)
         + CASE WHEN :p_ld_id IS NULL THEN :v_set ELSE 0 END
  FROM LOGICAL_DEVICE l
 WHERE {{ cleared() }}
  INTO :v_installed, :v_point, :v_type_id, :v_set;
SELECT COUNT(*)
  FROM UC_LD_RELATION r
 WHERE r.LD_ID = :p_ld_id
   AND {{ holds('r') }}
   AND :p_cancel = 1
  INTO :v_contracts;
SET :RESULT_CODE = CASE
  WHEN :v_pd IS NULL AND (:p_mac IS NOT NULL OR :p_serial IS NOT NULL)  THEN 2001
  WHEN :v_other = 1 OR (:p_ld_id IS NOT NULL AND :v_pd <> :v_of_ld)     THEN 3004
  -- A point is freed even from a device that was disposed of.
  WHEN :v_deleted = 1 AND :p_ld_id IS NULL                              THEN 3002
  WHEN :v_contracts > 0 AND :v_ld IS NULL                               THEN 0
  WHEN :v_set = 0 OR (:p_ld_id IS NOT NULL AND :v_ld IS NULL)           THEN 10
  WHEN :p_last_readings IS NOT NULL AND :v_installed <> 1               THEN 1002
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :p_last_readings IS NOT NULL AND :v_installed = 1
     AND (:p_ld_id IS NULL OR :v_ld IS NOT NULL)') %}
{{ run('STORE_BOUNDARY_READINGS', [':v_point', ':v_pd', ':v_type_id', "'R'", ':v_at', ':p_last_readings']) }}
SET :RESULT_CODE = CASE WHEN :RESULT_CODE = 10 THEN 0 ELSE :RESULT_CODE END;
{% endcall %}

{% call when(':RESULT_CODE = 0 AND :p_cancel = 1') %}
{% set points %}
SELECT l.LD_ID
  FROM LOGICAL_DEVICE l
 WHERE {{ cleared() }}
   AND l.LD_ID IS NOT NULL
   AND (:p_ld_id IS NULL OR :v_ld IS NOT NULL)
 UNION DISTINCT
SELECT :p_ld_id
  FROM {{ t.one_row }}
 WHERE :p_ld_id IS NOT NULL
{% endset %}
{% set holders %}
WITH ENDED (LD_ID) AS (
    {{ points | trim | indent(4) }}
)
SELECT DISTINCT r.CUSTOMER_ID
  FROM ENDED p
  JOIN UC_LD_RELATION r
    ON r.LD_ID = p.LD_ID
 WHERE {{ holds('r') }}
 ORDER BY r.CUSTOMER_ID
{% endset %}
-- Two of his contracts may end at once: the second one must see that the first is gone.
SET :v_next_day = {{ add_days('CAST(:v_at AS DATE)', '1') }};
{% call each(holders, ':v_customer') %}
UPDATE UTILITY_CUSTOMER
   SET DELETED = DELETED
 WHERE CUSTOMER_ID = :v_customer;
{% endcall %}
{% call each(points, ':v_point') %}
{% set customers %}
SELECT DISTINCT r.CUSTOMER_ID
  FROM UC_LD_RELATION r
 WHERE r.LD_ID = :v_point
   AND {{ holds('r') }}
{% endset %}
{% call each(customers, ':v_customer') %}
UPDATE UC_LD_RELATION r
   SET r.DELETED = 1,
       r.TO_DATE = CASE WHEN r.FROM_DATE > CAST(:v_at AS DATE) THEN r.FROM_DATE ELSE :v_next_day END
 WHERE r.CUSTOMER_ID = :v_customer
   AND r.LD_ID = :v_point
   AND {{ holds('r') }};
SELECT COUNT(*)
  FROM UC_LD_RELATION r
 WHERE r.CUSTOMER_ID = :v_customer
   AND {{ holds('r') }}
  INTO :v_his;
{% call when(':v_his = 0') %}
UPDATE UTILITY_CUSTOMER
   SET DELETED = 1
 WHERE CUSTOMER_ID = :v_customer;
UPDATE VPS_ACCOUNT
   SET DELETED = 1,
       UPDATED_AT = LOCALTIMESTAMP(0)
 WHERE CUSTOMER_ID = :v_customer
   AND DELETED = 0;
{% endcall %}
{% endcall %}
UPDATE VPA_DEVICE
   SET DELETED = 1
 WHERE LD_ID = :v_point
   AND DELETED = 0;
UPDATE ADR_POLICY
   SET DELETED = 1
 WHERE LD_ID = :v_point
   AND DELETED = 0;
{% endcall %}
-- A terminal that is bound to the device as a whole goes with its last point.
SELECT COUNT(*)
  FROM LOGICAL_DEVICE l
 WHERE l.PD_TABLE_KEY = :v_pd
   AND l.DELETED = 0
   AND l.LD_ID IS NOT NULL
   AND :p_ld_id IS NOT NULL
   AND (:v_ld IS NULL OR l.TABLE_KEY <> :v_ld)
  INTO :v_left;
{% call when(':v_left = 0') %}
UPDATE VPA_DEVICE
   SET DELETED = 1
 WHERE PD_ID = :v_pd_id
   AND LD_ID IS NULL
   AND DELETED = 0;
{% endcall %}
{% endcall %}

{% call when(':RESULT_CODE = 0 AND (:p_ld_id IS NULL OR :v_ld IS NOT NULL)') %}
UPDATE LOGICAL_DEVICE l
   SET l.LD_ID             = NULL,
       l.CLUSTER_ID        = NULL,
       l.LD_NAME           = NULL,
       l.CONTRACT_CAPACITY = 0
 WHERE {{ cleared() }};
{% call when(':p_ld_id IS NULL') %}
UPDATE CONTROLLER
   SET PD_ID   = NULL,
       PD_NAME = NULL,
       CO_ID   = :v_stock
 WHERE TABLE_KEY = :v_pd;
{% endcall %}
{% endcall %}
{% endcall %}
