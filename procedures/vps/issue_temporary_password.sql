{#
  ISSUE_TEMPORARY_PASSWORD replaces a lost password by one that must be changed.

  It lets a locked account in, but not a suspended one.
#}
{% from 'frame.sql' import procedure, when, latest %}
{% from 'account.sql' import lock_row, set_password %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ISSUE_TEMPORARY_PASSWORD', 'Replace a lost password by one that must be changed.',
                  callers = ['VPS'],
                  takes = dict(p_vps_account_id = 'VARCHAR(1024)',
                               p_password_hash  = 'VARCHAR(1024)'),
                  holds = dict(v_account = 'VARCHAR(254)', v_password_hash = 'VARCHAR(255)'),
                  means = dict(p_vps_account_id = 'Mail address of the account, in upper or lower case. Whether there is one is never told to a visitor: the portal says the same for 0 and 2005.',
                               p_password_hash = 'Temporary password as an argon2id PHC string.'),
                  codes = {1001: 'an argument is missing',
                           1002: 'the mail address is badly formed, or the password is no argon2id hash',
                           2005: 'there is no such account; do not tell the visitor'}) %}
SELECT CASE
         WHEN :p_vps_account_id IS NULL OR :p_password_hash IS NULL THEN 1001
         WHEN NOT {{ check.is_mail(':p_vps_account_id') }}
           OR NOT {{ check.is_password_hash(':p_password_hash') }}  THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_account = LOWER(:p_vps_account_id);
SET :v_password_hash = :p_password_hash;
{{ lock_row('VPS_ACCOUNT', 'VPS_ACCOUNT_ID', ':v_account') }}
SELECT CASE WHEN COUNT(*) = 0 THEN 2005 ELSE 0 END
  FROM VPS_ACCOUNT a
 WHERE a.VPS_ACCOUNT_ID = :v_account
   AND a.DELETED = 0
{{ latest() }}
  INTO :RESULT_CODE;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{{ set_password(temporary=1) }}
{% endcall %}
{% endcall %}
