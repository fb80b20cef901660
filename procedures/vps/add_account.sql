{#
  ADD_ACCOUNT opens an account of the portal, with its customer and his metering point.

  Mail addresses are compared and stored in lower case. A customer is made, or comes back when
  he had left; so does an account that was removed, for whoever holds the contract now, with
  nothing of what it was. A customer may have several accounts and several points: for another
  point of an account in use, leave out password, edit right and state, or give them as they
  are stored. The days of the point are open-ended from the start date; days of his own that
  begin no later and are open too stay as they are.
#}
{% from 'frame.sql' import procedure, when, latest, by_index, days_between %}
{% from 'device.sql' import news, lock_places %}
{% from 'account.sql' import lock_row, set_password %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADD_ACCOUNT', 'Open an account of the portal, with its customer and his metering point.',
                  callers = ['VPS'],
                  takes = dict(p_customer_id    = 'VARCHAR(1024)',
                               p_ld_id          = 'VARCHAR(1024)',
                               p_start_date     = 'DATE',
                               p_vps_account_id = 'VARCHAR(1024)',
                               p_password_hash  = 'VARCHAR(1024)',
                               p_edit_right     = 'INTEGER',
                               p_state          = 'INTEGER',
                               p_ld_name        = 'VARCHAR(1024)'),
                  holds = dict(v_account = 'VARCHAR(254)', v_password_hash = 'VARCHAR(255)', v_ld = 'BIGINT',
                               v_here = 'INTEGER', v_rename = 'INTEGER', v_of = 'VARCHAR(32)', v_differs = 'INTEGER',
                               v_left = 'INTEGER', v_others = 'INTEGER', v_own = 'INTEGER', v_covered = 'INTEGER'),
                  means = dict(p_start_date = 'First day that the customer may look at.',
                               p_vps_account_id = 'Mail address that logs in, in upper or lower case.',
                               p_password_hash = 'Password as an argon2id PHC string; may be null for another point of an account in use.',
                               p_edit_right = '1 may change policies, 0 may only look; null as the password.',
                               p_state = '1 in use, 0 suspended; null as the password.',
                               p_ld_name = 'Name of the point for people; null leaves it.'),
                  codes = {10: 'the account has this point already',
                           1001: 'an argument is missing',
                           1002: 'an identifier, the mail address or the name is badly formed, or the password is no argon2id hash',
                           1004: 'edit right or state is neither 0 nor 1',
                           2002: 'no device has this LD_ID',
                           3001: 'the mail address has another account, or the customer has the point on other days',
                           3004: 'the point is of another customer on some of these days'}) %}
SELECT CASE
         WHEN :p_customer_id IS NULL OR :p_ld_id IS NULL
           OR :p_start_date IS NULL OR :p_vps_account_id IS NULL THEN 1001
         WHEN NOT {{ check.is_identifier(':p_customer_id', 32) }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}
           OR NOT {{ check.is_mail(':p_vps_account_id') }}
           OR NOT {{ check.is_password_hash(':p_password_hash') }}
           OR {{ check.is_longer(':p_ld_name', 128) }}                      THEN 1002
         WHEN {{ check.is_none_of(':p_edit_right', [0, 1]) }} OR {{ check.is_none_of(':p_state', [0, 1]) }} THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_account = LOWER(:p_vps_account_id);
SET :v_password_hash = :p_password_hash;
-- A customer or account that is new has no row to lock, and one that was removed may change hands.
{{ lock_places() }}
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
{{ lock_row('LOGICAL_DEVICE', 'TABLE_KEY', ':v_ld') }}
{{ lock_row('UTILITY_CUSTOMER', 'CUSTOMER_ID', ':p_customer_id') }}
{{ lock_row('VPS_ACCOUNT', 'VPS_ACCOUNT_ID', ':v_account') }}

SELECT COUNT(*), MAX(CASE WHEN {{ news(':p_ld_name', 'l.LD_NAME') }} THEN 1 ELSE 0 END)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_ld
   AND l.LD_ID = :p_ld_id
   AND l.DELETED = 0
{{ latest() }}
  INTO :v_here, :v_rename;
SELECT MAX(a.CUSTOMER_ID),
       MAX(CASE WHEN {{ news(':v_password_hash', 'a.PASSWORD_HASH') }}
                  OR {{ news(':p_edit_right', 'a.EDIT_RIGHT') }}
                  OR {{ news(':p_state', 'a.STATE') }} THEN 1 ELSE 0 END)
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account
   AND a.DELETED = 0
{{ latest() }}
  INTO :v_of, :v_differs;
SELECT COUNT(*)
  FROM UTILITY_CUSTOMER c
 WHERE c.CUSTOMER_ID = :p_customer_id
   AND c.DELETED = 1
{{ latest() }}
  INTO :v_left;
{% call when(':v_here = 1') %}
-- One that was cancelled ends with the day of the removal, on which the next may begin.
SELECT COALESCE(SUM(CASE WHEN r.CUSTOMER_ID <> :p_customer_id THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN r.CUSTOMER_ID = :p_customer_id THEN 1 ELSE 0 END), 0),
       COALESCE(SUM(CASE WHEN r.CUSTOMER_ID = :p_customer_id
                          AND r.FROM_DATE <= :p_start_date
                          AND r.TO_DATE IS NULL THEN 1 ELSE 0 END), 0)
  FROM UC_LD_RELATION r{{ by_index('UC_LD_RELATION', ['LD_ID']) }}
 WHERE r.LD_ID = :p_ld_id
   AND ((r.DELETED = 0
         AND (r.TO_DATE IS NULL OR r.TO_DATE > :p_start_date))
        OR (r.DELETED = 1
            AND r.CUSTOMER_ID <> :p_customer_id
            AND r.TO_DATE > r.FROM_DATE
            AND {{ days_between(':p_start_date', 'r.TO_DATE') }} > 1))
{{ latest() }}
  INTO :v_others, :v_own, :v_covered;
{% endcall %}
SET :RESULT_CODE = CASE
  WHEN :v_of IS NULL
   AND (:v_password_hash IS NULL OR :p_edit_right IS NULL OR :p_state IS NULL) THEN 1001
  WHEN :v_here = 0                                                             THEN 2002
  WHEN :v_of <> :p_customer_id OR :v_differs = 1                               THEN 3001
  WHEN :v_others > 0                                                           THEN 3004
  WHEN :v_own > :v_covered                                                     THEN 3001
  WHEN :v_of IS NOT NULL AND :v_covered > 0 AND :v_left = 0 AND :v_rename = 0  THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE UTILITY_CUSTOMER
   SET DELETED = 0
 WHERE CUSTOMER_ID = :p_customer_id;
INSERT INTO UTILITY_CUSTOMER (CUSTOMER_ID)
SELECT :p_customer_id
  FROM {{ t.one_row }}
 WHERE NOT EXISTS (SELECT 1
                     FROM UTILITY_CUSTOMER c
                    WHERE c.CUSTOMER_ID = :p_customer_id);
{% call when(':v_of IS NULL') %}
INSERT INTO VPS_ACCOUNT (VPS_ACCOUNT_ID, CUSTOMER_ID)
SELECT :v_account, :p_customer_id
  FROM {{ t.one_row }}
 WHERE NOT EXISTS (SELECT 1
                     FROM VPS_ACCOUNT a
                    WHERE a.VPS_ACCOUNT_ID = :v_account);
UPDATE VPS_ACCOUNT
   SET CUSTOMER_ID = :p_customer_id,
       EDIT_RIGHT  = :p_edit_right,
       STATE       = :p_state,
       DELETED     = 0
 WHERE VPS_ACCOUNT_ID = :v_account;
{{ set_password(temporary=0) }}
{% endcall %}
{% call when(':v_covered = 0') %}
UPDATE UC_LD_RELATION
   SET TO_DATE = NULL,
       DELETED = 0
 WHERE CUSTOMER_ID = :p_customer_id
   AND LD_ID = :p_ld_id
   AND FROM_DATE = :p_start_date;
INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE)
SELECT :p_customer_id, :p_ld_id, :p_start_date
  FROM {{ t.one_row }}
 WHERE NOT EXISTS (SELECT 1
                     FROM UC_LD_RELATION r
                    WHERE r.CUSTOMER_ID = :p_customer_id
                      AND r.LD_ID = :p_ld_id
                      AND r.FROM_DATE = :p_start_date);
{% endcall %}
{% call when(':v_rename = 1') %}
UPDATE LOGICAL_DEVICE
   SET LD_NAME = :p_ld_name
 WHERE TABLE_KEY = :v_ld;
{% endcall %}
{% endcall %}
{% endcall %}
