{#
  ADD_POLICY adds a saving policy of a point: when an event lowers its capacity, and to what.

  No two active policies of an item may apply at one time (when they do: sql/policy.sql).
  A point without a contract capacity has none that an event could lower and give back.
#}
{% from 'frame.sql' import procedure, when, insert_keyed, give, latest, by_index %}
{% from 'device.sql' import same %}
{% from 'policy.sql' import policy_takes, policy_holds, is_malformed, find_window, is_out_of_range, lock_point, find_point, has_item %}
{% import 'type.sql' as t %}

{% set columns = ['LD_ID', 'SUB_NUMBER', 'POLICY_NAME', 'ACTIVE', 'MIN_LEVEL', 'MIN_INCENTIVE', 'DAY_MASK',
                  'START_TIME', 'END_TIME', 'FROM_DATE', 'TO_DATE', 'TARGET_CAPACITY'] %}
{% set defaults = {'ACTIVE': 1, 'MIN_LEVEL': 0, 'MIN_INCENTIVE': 0, 'DAY_MASK': 127} %}
{% set optional = ['POLICY_NAME', 'START_TIME', 'END_TIME', 'FROM_DATE', 'TO_DATE'] %}

{% call procedure('ADD_POLICY', 'Add a saving policy of a metering point.',
                  callers = ['VPS', 'VPA'],
                  takes = policy_takes,
                  gives = dict(POLICY_ID = 'BIGINT'),
                  holds = policy_holds,
                  codes = {10: 'the point has this very policy already',
                           1001: 'the point, the item or the target is missing',
                           1002: 'the LD_ID is badly formed, or the name too long',
                           1003: 'the point does not have this item',
                           1004: 'a value is out of range, the policy would never apply, or the target is above the contract capacity',
                           2002: 'there is no such point',
                           3001: 'an active policy of the item applies at the same time'}) %}
SELECT CASE
         WHEN :p_ld_id IS NULL
           OR :p_sub_number IS NULL
           OR :p_target_capacity IS NULL THEN 1001
         WHEN {{ is_malformed() }}       THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{% for column in columns %}
SET :v_{{ column | lower }} = {{ 'COALESCE(:p_' ~ column | lower ~ ', ' ~ defaults[column] ~ ')' if column in defaults else ':p_' ~ column | lower }};
{% endfor %}
{{ find_window() }}
SELECT CASE
         WHEN {{ is_out_of_range() }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :v_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
{{ lock_point(':v_ld') }}
{{ find_point() }}
{% call when(':v_type_id IS NOT NULL') %}
SELECT MAX(o.POLICY_ID)
  FROM ADR_POLICY o{{ by_index('ADR_POLICY', ['LD_ID']) }}
 WHERE o.DELETED = 0
{% for column in columns %}
   AND {{ same('o.' ~ column, ':v_' ~ column | lower) if column in optional else 'o.' ~ column ~ ' = :v_' ~ column | lower }}
{% endfor %}
{{ latest() }}
  INTO :v_policy_id;
{% endcall %}
SELECT CASE
         WHEN :v_type_id IS NULL                    THEN 2002
         WHEN NOT {{ has_item() | indent(18) }} THEN 1003
         WHEN :v_target_capacity > :v_capacity      THEN 1004
         WHEN :v_policy_id IS NOT NULL              THEN 10
         WHEN :v_active = 1 AND :v_overlaps > 0     THEN 3001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('POLICY_ID', ':v_policy_id') %}
INSERT INTO ADR_POLICY ({{ columns | join(', ') }})
VALUES (:v_{{ columns | join(', :v_') | lower }})
{% endcall %}
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_policy_id AS POLICY_ID
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
