{#
  EDIT_VPA_DEVICE changes a terminal that its MAC names; null leaves a column as it is.

  A terminal that is bound to another device goes on showing its point where that is of
  the new device, as after an exchange of the meter; else it shows the device as a whole.
#}
{% from 'frame.sql' import procedure, when %}
{% from 'device.sql' import news, lock_places %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('EDIT_VPA_DEVICE', 'Change, suspend or resume a terminal of the visualisation application.',
                  callers = ['VPS'],
                  takes = dict(p_pd_id          = 'VARCHAR(1024)',
                               p_mac            = 'VARCHAR(1024)',
                               p_signature_type = 'VARCHAR(1024)',
                               p_cipher_suite   = 'VARCHAR(1024)',
                               p_state          = 'INTEGER'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_pd = 'BIGINT', v_disposed = 'INTEGER', v_vpa = 'BIGINT',
                               v_pd_id = 'VARCHAR(15)', v_ld_id = 'VARCHAR(32)', v_of_ld = 'BIGINT', v_moves = 'INTEGER',
                               v_news = 'INTEGER'),
                  means = dict(p_mac = 'MAC address of the terminal, with separators or without.',
                               p_state = '1 in use, 0 suspended; its keys too.'),
                  codes = {10: 'the terminal is so already',
                           1001: 'the MAC is missing',
                           1002: 'an argument is badly formed',
                           1004: 'the state is neither 0 nor 1',
                           2001: 'there is no such terminal, or no such device'}) %}
SELECT CASE
         WHEN :p_mac IS NULL                                          THEN 1001
         WHEN NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_pd_id', 15) }}
           OR NOT {{ check.is_identifier(':p_signature_type', 32) }}
           OR NOT {{ check.is_identifier(':p_cipher_suite', 64) }}    THEN 1002
         WHEN {{ check.is_none_of(':p_state', [0, 1]) }}                                  THEN 1004
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
{% call when(':p_pd_id IS NOT NULL') %}
{{ lock_places() }}
{% endcall %}
SELECT MAX(d.TABLE_KEY)
  FROM CONTROLLER d
 WHERE d.PD_ID = :p_pd_id
  INTO :v_pd;
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
SELECT MAX(d.DELETED)
  FROM CONTROLLER d
 WHERE d.TABLE_KEY = :v_pd
   AND d.PD_ID = :p_pd_id
  INTO :v_disposed;
UPDATE VPA_DEVICE
   SET STATE = STATE
 WHERE MAC = :v_mac;
SELECT MAX(v.VPA_DEVICE_ID), MAX(v.LD_ID), MAX(l.PD_TABLE_KEY), MAX(COALESCE(:p_pd_id, v.PD_ID)),
       MAX(CASE WHEN {{ news(':p_pd_id', 'v.PD_ID') }} THEN 1 ELSE 0 END),
       MAX(CASE WHEN {{ news(':p_pd_id', 'v.PD_ID') }}
                  OR {{ news(':p_signature_type', 'v.SIGNATURE_TYPE') }}
                  OR {{ news(':p_cipher_suite', 'v.CIPHER_SUITE') }}
                  OR {{ news(':p_state', 'v.STATE') }}
                  OR {{ news(':p_state', 'x.STATE') }} THEN 1 ELSE 0 END)
  FROM VPA_DEVICE v
  JOIN VPA_DEVICE_TRANSACTION x
    ON x.VPA_DEVICE_ID = v.VPA_DEVICE_ID
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = v.LD_ID
   AND l.DELETED = 0
 WHERE v.MAC = :v_mac
   AND v.DELETED = 0
  INTO :v_vpa, :v_ld_id, :v_of_ld, :v_pd_id, :v_moves, :v_news;
SET :RESULT_CODE = CASE
  WHEN :v_vpa IS NULL                                      THEN 2001
  WHEN :p_pd_id IS NOT NULL
   AND (:v_disposed IS NULL OR :v_disposed = 1)            THEN 2001
  WHEN :v_news = 0                                         THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
UPDATE VPA_DEVICE
   SET PD_ID          = :v_pd_id,
       LD_ID          = CASE WHEN :v_moves = 0 OR :v_of_ld = :v_pd THEN :v_ld_id END,
       SIGNATURE_TYPE = COALESCE(:p_signature_type, SIGNATURE_TYPE),
       CIPHER_SUITE   = COALESCE(:p_cipher_suite, CIPHER_SUITE),
       STATE          = COALESCE(:p_state, STATE)
 WHERE VPA_DEVICE_ID = :v_vpa;
UPDATE VPA_DEVICE_TRANSACTION
   SET STATE = :p_state
 WHERE VPA_DEVICE_ID = :v_vpa
   AND :p_state IS NOT NULL;
{% endcall %}
{% endcall %}
