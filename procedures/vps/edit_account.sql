{#
  EDIT_ACCOUNT changes the password, the edit right, the state or the point's name of an account.

  What is null stays. A new password is no longer temporary and lets a locked account in; the
  stored one given again is not new. A name is of the one point that the customer has today:
  with several, or with one that no device reads, it is unclear which, and nothing is changed.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% from 'device.sql' import news %}
{% from 'account.sql' import lock_row, set_password %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{# How many points the customer has today, and one of them. #}
{% macro find_point() %}
SELECT COUNT(*), MAX(r.LD_ID), MAX(a.CUSTOMER_ID)
  FROM VPS_ACCOUNT a
  JOIN UC_LD_RELATION r
    ON r.CUSTOMER_ID = a.CUSTOMER_ID
   AND r.FROM_DATE <= CURRENT_DATE
   AND (r.TO_DATE IS NULL OR r.TO_DATE > CURRENT_DATE)
   AND r.DELETED = 0
 WHERE a.VPS_ACCOUNT_ID = :v_account
   AND a.DELETED = 0
   AND :p_ld_name IS NOT NULL
{{ caller() }}
  INTO :v_points, :v_point, :v_customer;
{% endmacro %}

{% call procedure('EDIT_ACCOUNT', "Change an account of the portal or its point's name.",
                  callers = ['VPS'],
                  takes = dict(p_vps_account_id = 'VARCHAR(1024)',
                               p_password_hash  = 'VARCHAR(1024)',
                               p_edit_right     = 'INTEGER',
                               p_state          = 'INTEGER',
                               p_ld_name        = 'VARCHAR(1024)'),
                  holds = dict(v_account = 'VARCHAR(254)', v_password_hash = 'VARCHAR(255)', v_points = 'INTEGER', v_point = 'VARCHAR(32)',
                               v_locked = 'BIGINT', v_ld = 'BIGINT', v_customer = 'VARCHAR(32)',
                               v_ld_name = 'VARCHAR(128)', v_rename = 'INTEGER', v_new_password = 'INTEGER'),
                  means = dict(p_vps_account_id = 'Mail address of the account, in upper or lower case.',
                               p_password_hash = 'New password as an argon2id PHC string; null leaves it.',
                               p_edit_right = '1 may change policies, 0 may only look; null leaves it.',
                               p_state = '1 in use, 0 suspended; null leaves it.',
                               p_ld_name = 'Name of the only point that the customer has today; null leaves it.'),
                  codes = {10: 'the account is so already',
                           1001: 'the account is missing',
                           1002: 'the mail address or the name is badly formed, or the password is no argon2id hash',
                           1004: 'edit right or state is neither 0 nor 1',
                           2005: 'there is no such account',
                           3002: 'a name is given, and the customer has not exactly one point today'}) %}
SELECT CASE
         WHEN :p_vps_account_id IS NULL                             THEN 1001
         WHEN NOT {{ check.is_mail(':p_vps_account_id') }}
           OR NOT {{ check.is_password_hash(':p_password_hash') }}
           OR {{ check.is_longer(':p_ld_name', 128) }}                         THEN 1002
         WHEN {{ check.is_none_of(':p_edit_right', [0, 1]) }} OR {{ check.is_none_of(':p_state', [0, 1]) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_account = LOWER(:p_vps_account_id);
SET :v_password_hash = :p_password_hash;
{% call find_point() %}
{% endcall %}
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :v_point
   AND l.DELETED = 0
  INTO :v_locked;
{{ lock_row('LOGICAL_DEVICE', 'TABLE_KEY', ':v_locked') }}
{{ lock_row('UTILITY_CUSTOMER', 'CUSTOMER_ID', ':v_customer') }}
{{ lock_row('VPS_ACCOUNT', 'VPS_ACCOUNT_ID', ':v_account') }}
-- Again, and of no other customer or device, which would be locked too late.
{% call find_point() %}
   AND a.CUSTOMER_ID = :v_customer
{{ latest() }}
{% endcall %}
SELECT MAX(l.TABLE_KEY), MAX(l.LD_NAME)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_locked
   AND l.LD_ID = :v_point
   AND l.DELETED = 0
{{ latest() }}
  INTO :v_ld, :v_ld_name;
SET :v_rename = CASE WHEN {{ news(':p_ld_name', ':v_ld_name') }} THEN 1 ELSE 0 END;
SELECT MAX(CASE WHEN {{ news(':v_password_hash', 'a.PASSWORD_HASH') }} THEN 1 ELSE 0 END),
       CASE
         WHEN COUNT(*) = 0                                                   THEN 2005
         WHEN :p_ld_name IS NOT NULL
          AND (:v_points <> 1 OR :v_ld IS NULL)                              THEN 3002
         WHEN :v_rename = 0
          AND MAX(CASE WHEN {{ news(':v_password_hash', 'a.PASSWORD_HASH') }}
                         OR {{ news(':p_edit_right', 'a.EDIT_RIGHT') }}
                         OR {{ news(':p_state', 'a.STATE') }} THEN 1 ELSE 0 END) = 0 THEN 10
         ELSE 0
       END
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account
   AND a.DELETED = 0
{{ latest() }}
  INTO :v_new_password, :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE VPS_ACCOUNT
   SET EDIT_RIGHT = COALESCE(:p_edit_right, EDIT_RIGHT),
       STATE      = COALESCE(:p_state, STATE),
       UPDATED_AT = LOCALTIMESTAMP(0)
 WHERE VPS_ACCOUNT_ID = :v_account;
{% call when(':v_new_password = 1') %}
{{ set_password(temporary=0) }}
{% endcall %}
{% call when(':v_rename = 1') %}
UPDATE LOGICAL_DEVICE
   SET LD_NAME = :p_ld_name
 WHERE TABLE_KEY = :v_ld;
{% endcall %}
{% endcall %}
{% endcall %}
