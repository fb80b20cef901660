{#
  ADD_VPA_DEVICE adds a terminal of the visualisation application to a physical device.

  With p_ld_id it shows that point of the device, else the device as a whole. A repeat keeps
  the password: the same one looks different each time that it is wrapped.
#}
{% from 'frame.sql' import procedure, when, insert_keyed, give %}
{% from 'device.sql' import lock_places, same %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('ADD_VPA_DEVICE', 'Add a terminal of the visualisation application to a physical device.',
                  callers = ['VPS'],
                  takes = dict(p_pd_id          = 'VARCHAR(1024)',
                               p_mac            = 'VARCHAR(1024)',
                               p_signature_type = 'VARCHAR(1024)',
                               p_cipher_suite   = 'VARCHAR(1024)',
                               p_password       = 'VARBINARY(1024)',
                               p_ld_id          = 'VARCHAR(1024)'),
                  gives = dict(VPA_DEVICE_ID = 'BIGINT'),
                  holds = dict(v_mac = 'VARCHAR(12)', v_password = 'VARBINARY(512)', v_pd = 'BIGINT', v_ld = 'BIGINT',
                               v_disposed = 'INTEGER', v_of_ld = 'BIGINT', v_vpa = 'BIGINT', v_same = 'INTEGER'),
                  codes = {10: 'the device has this terminal already',
                           1001: 'the device or the MAC is missing',
                           1002: 'an argument is badly formed, or the password is not wrapped',
                           2001: 'there is no such device',
                           2002: 'there is no such point',
                           3001: 'the MAC is in use, or was',
                           3004: 'the point is not of this device'}) %}
SELECT CASE
         WHEN :p_pd_id IS NULL
           OR :p_mac IS NULL                                          THEN 1001
         WHEN NOT {{ check.is_identifier(':p_pd_id', 15) }}
           OR NOT {{ check.is_mac(':p_mac') }}
           OR NOT {{ check.is_identifier(':p_signature_type', 32) }}
           OR NOT {{ check.is_identifier(':p_cipher_suite', 64) }}
           OR NOT {{ check.is_wrapped(':p_password') }}
           OR NOT {{ check.is_identifier(':p_ld_id', 32) }}           THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SET :v_mac = {{ check.plain_mac(':p_mac') }};
SET :v_password = :p_password;
{{ lock_places() }}
SELECT MAX(d.TABLE_KEY)
  FROM CONTROLLER d
 WHERE d.PD_ID = :p_pd_id
  INTO :v_pd;
SELECT MAX(l.TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_ld;
-- A contract that ends meanwhile would leave the new terminal behind.
UPDATE CONTROLLER
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_pd;
UPDATE LOGICAL_DEVICE
   SET DELETED = DELETED
 WHERE TABLE_KEY = :v_ld;
SELECT MAX(d.DELETED)
  FROM CONTROLLER d
 WHERE d.TABLE_KEY = :v_pd
   AND d.PD_ID = :p_pd_id
  INTO :v_disposed;
SELECT MAX(l.PD_TABLE_KEY)
  FROM LOGICAL_DEVICE l
 WHERE l.TABLE_KEY = :v_ld
   AND l.LD_ID = :p_ld_id
   AND l.DELETED = 0
  INTO :v_of_ld;
SELECT MAX(v.VPA_DEVICE_ID),
       MAX(CASE WHEN v.DELETED = 0
                 AND v.PD_ID = :p_pd_id
                 AND {{ same('v.LD_ID', ':p_ld_id') }}
                 AND {{ same('v.SIGNATURE_TYPE', ':p_signature_type') }}
                 AND {{ same('v.CIPHER_SUITE', ':p_cipher_suite') }} THEN 1 ELSE 0 END)
  FROM VPA_DEVICE v
 WHERE v.MAC = :v_mac
  INTO :v_vpa, :v_same;
SET :RESULT_CODE = CASE
  WHEN :v_disposed IS NULL OR :v_disposed = 1       THEN 2001
  WHEN :p_ld_id IS NOT NULL AND :v_of_ld IS NULL    THEN 2002
  WHEN :v_of_ld <> :v_pd                            THEN 3004
  WHEN :v_same = 1                                  THEN 10
  WHEN :v_vpa IS NOT NULL                           THEN 3001
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
{% call insert_keyed('VPA_DEVICE_ID', ':v_vpa') %}
INSERT INTO VPA_DEVICE (PD_ID, LD_ID, MAC, SIGNATURE_TYPE, CIPHER_SUITE)
VALUES (:p_pd_id, :p_ld_id, :v_mac, :p_signature_type, :p_cipher_suite)
{% endcall %}
INSERT INTO VPA_DEVICE_TRANSACTION (VPA_DEVICE_ID, PASSWORD, KEY_UPDATED_AT)
VALUES (:v_vpa, :v_password, CASE WHEN :v_password IS NOT NULL THEN LOCALTIMESTAMP(0) END);
{% endcall %}
{% call when(':RESULT_CODE IN (0, 10)') %}
{% call give() %}
SELECT :v_vpa AS VPA_DEVICE_ID
  FROM {{ t.one_row }}
{% endcall %}
{% endcall %}
{% endcall %}
