{#
  EDIT_POLICY changes, deactivates or removes a saving policy; null leaves a column as it is.

  An account that was not added with the role VPS may only deactivate: a terminal in a
  living room has no login. It says so before it looks at anything else. A policy that
  stays or becomes inactive may be edited although its point is gone.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% from 'device.sql' import news, lock_places %}
{% from 'caller.sql' import has_role %}
{% from 'policy.sql' import policy_takes, policy_holds, is_malformed, find_window, is_out_of_range, lock_point, find_point, has_item %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set columns = ['LD_ID', 'SUB_NUMBER', 'POLICY_NAME', 'ACTIVE', 'MIN_LEVEL', 'MIN_INCENTIVE', 'DAY_MASK',
                  'START_TIME', 'END_TIME', 'FROM_DATE', 'TO_DATE', 'TARGET_CAPACITY', 'DELETED'] %}

{% call procedure('EDIT_POLICY', 'Change, deactivate or remove a saving policy.',
                  callers = ['VPS', 'VPA'],
                  takes = dict(dict(dict(p_policy_id = 'BIGINT'), **policy_takes), p_deleted = 'INTEGER'),
                  holds = dict(policy_holds, v_deleted = 'INTEGER', v_was_deleted = 'INTEGER', v_old = 'BIGINT',
                               v_news = 'INTEGER', v_checked = 'INTEGER'),
                  codes = {10: 'the policy is so already',
                           1001: 'the policy is missing',
                           1002: 'the LD_ID is badly formed, or the name too long',
                           1003: 'the point does not have this item',
                           1004: 'a value is out of range, the policy would never apply, or the target is above the contract capacity',
                           2002: 'there is no such point',
                           2007: 'there is no such policy',
                           3001: 'an active policy of the item applies at the same time',
                           4001: 'this account may only deactivate'}) %}
SELECT CASE
         WHEN :p_policy_id IS NULL          THEN 1001
         WHEN NOT {{ has_role('VPS') | indent(18) }}
          AND (:p_active IS NULL
               OR :p_active <> 0
{% for column in columns if column != 'ACTIVE' %}
               OR :p_{{ column | lower }} IS NOT NULL
{% endfor %}
              )                             THEN 4001
         WHEN {{ is_malformed() }}          THEN 1002
         WHEN {{ check.is_none_of(':p_deleted', [0, 1]) }}      THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
{% call when(':p_ld_id IS NOT NULL') %}
{{ lock_places() }}
{% endcall %}
-- Both points are locked, in the order of their keys, when the policy goes to another.
SELECT MAX(l.TABLE_KEY), MAX(COALESCE(:p_ld_id, p.LD_ID))
  FROM ADR_POLICY p
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = p.LD_ID
   AND l.DELETED = 0
 WHERE p.POLICY_ID = :p_policy_id
  INTO :v_old, :v_ld_id;
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :v_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
{{ lock_point('CASE WHEN :v_old < :v_ld THEN :v_old ELSE :v_ld END') }}
{{ lock_point('CASE WHEN :v_old < :v_ld THEN :v_ld ELSE :v_old END') }}
UPDATE ADR_POLICY
   SET ACTIVE = ACTIVE
 WHERE POLICY_ID = :p_policy_id;
SELECT MAX(p.POLICY_ID), MAX(p.DELETED)
  FROM ADR_POLICY p
 WHERE p.POLICY_ID = :p_policy_id
{{ latest() }}
  INTO :v_policy_id, :v_was_deleted;
SET :RESULT_CODE = CASE
  WHEN :v_policy_id IS NULL                    THEN 2007
  WHEN :v_was_deleted = 1 AND :p_deleted = 1   THEN 10
  WHEN :v_was_deleted = 1                      THEN 2007
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SELECT {% for column in columns %}COALESCE(:p_{{ column | lower }}, p.{{ column }}),
       {% endfor %}
CASE
         WHEN {% for column in columns %}{{ '\n           OR ' if not loop.first }}{{ news(':p_' ~ column | lower, 'p.' ~ column) }}{% endfor %} THEN 1
         ELSE 0
       END
  FROM ADR_POLICY p
 WHERE p.POLICY_ID = :p_policy_id
{{ latest() }}
  INTO {% for column in columns %}:v_{{ column | lower }}, {% endfor %}:v_news;
{{ find_window() }}
{{ find_point() }}
SET :v_checked = CASE
  WHEN :v_active = 1 AND :v_deleted = 0 THEN 1
  WHEN :p_ld_id IS NOT NULL OR :p_sub_number IS NOT NULL OR :p_target_capacity IS NOT NULL THEN 1
  ELSE 0
END;
SELECT CASE
         WHEN {{ is_out_of_range() }} THEN 1004
         WHEN :v_news = 0                           THEN 10
         WHEN :v_checked = 0                        THEN 0
         WHEN :v_type_id IS NULL                    THEN 2002
         WHEN NOT {{ has_item() | indent(18) }} THEN 1003
         WHEN :v_target_capacity > :v_capacity      THEN 1004
         WHEN :v_active = 1
          AND :v_deleted = 0
          AND :v_overlaps > 0                       THEN 3001
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE ADR_POLICY
   SET {% for column in columns %}{{ column }} = :v_{{ column | lower }}{{ ',\n       ' if not loop.last }}{% endfor %}

 WHERE POLICY_ID = :p_policy_id;
{% endcall %}
{% endcall %}
