{#
  STORE_BOUNDARY_READINGS stores the registers read when a meter was installed or removed.

  The text SUB=VALUE;SUB=VALUE names each item once, in the item's unit. Without a moment
  they are of now, unless the same readings of this meter at this point stand already.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% set pair = '[1-9][0-9]{0,4}=\\-?[0-9]{1,11}([.][0-9]{1,4})?' %}
{# What the text says of each item of the type. #}
{% set given %}
(SELECT r.SUB_NUMBER,
        CAST(SUBSTRING(r.REST FROM 1 FOR POSITION(';' IN r.REST) - 1) AS DECIMAL(18,4)) AS READING
   FROM (SELECT g.SUB_NUMBER,
                SUBSTRING(:v_text FROM POSITION(';' || TRIM(CAST(g.SUB_NUMBER AS CHAR(11))) || '=' IN :v_text)
                                       + CHAR_LENGTH(TRIM(CAST(g.SUB_NUMBER AS CHAR(11)))) + 2) AS REST
           FROM LOGICAL_DEVICE_TYPE y
           JOIN PARAM_GROUP g
             ON g.GROUP_ID = y.GROUP_ID
          WHERE y.TYPE_ID = :p_type_id
            AND POSITION(';' || TRIM(CAST(g.SUB_NUMBER AS CHAR(11))) || '=' IN :v_text) > 0) r)
{%- endset %}
{% set stored %}
SELECT 1
  FROM BOUNDARY_READING b
 WHERE b.LD_ID = :p_ld_id
   AND b.SUB_NUMBER = n.SUB_NUMBER
   AND b.KIND = :p_kind
{%- endset %}

{% call procedure('STORE_BOUNDARY_READINGS', 'Store the registers read when a meter was installed or removed.',
                  takes = dict(p_ld_id        = 'VARCHAR(32)',
                               p_pd_table_key = 'BIGINT',
                               p_type_id      = 'INTEGER',
                               p_kind         = 'CHAR(1)',
                               p_read_at      = t.time,
                               p_readings     = 'VARCHAR(1024)'),
                  holds = dict(v_text = 'VARCHAR(1026)', v_at = t.time, v_items = 'INTEGER', v_repeated = 'INTEGER',
                               v_new = 'INTEGER', v_other = 'INTEGER'),
                  codes = {10: 'these readings stand already, or there is none',
                           1002: 'the readings are badly formed, or name an item twice',
                           1003: 'the device does not have one of the items',
                           3001: 'another reading stands at this moment'}) %}
SET :v_text = ';' || :p_readings || ';';
SET :v_at = COALESCE(:p_read_at, LOCALTIMESTAMP(0));
SELECT CASE
         WHEN :p_readings IS NULL                                         THEN 10
         WHEN NOT {{ check.is_formed(':p_readings', pair ~ '(;' ~ pair ~ ')*') }} THEN 1002
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :RESULT_CODE;

{% call when(':RESULT_CODE = 0') %}
SELECT COUNT(*),
       COALESCE(SUM(CASE WHEN POSITION(';' || TRIM(CAST(g.SUB_NUMBER AS CHAR(11))) || '='
                                       IN SUBSTRING(:v_text FROM 2 + POSITION(';' || TRIM(CAST(g.SUB_NUMBER AS CHAR(11))) || '='
                                                                              IN :v_text))) > 0
                         THEN 1 ELSE 0 END), 0)
  FROM LOGICAL_DEVICE_TYPE y
  JOIN PARAM_GROUP g
    ON g.GROUP_ID = y.GROUP_ID
 WHERE y.TYPE_ID = :p_type_id
   AND POSITION(';' || TRIM(CAST(g.SUB_NUMBER AS CHAR(11))) || '=' IN :v_text) > 0
  INTO :v_items, :v_repeated;
SET :RESULT_CODE = CASE
  WHEN :v_repeated > 0                                                          THEN 1002
  WHEN CHAR_LENGTH(:v_text) - CHAR_LENGTH(REPLACE(:v_text, '=', '')) > :v_items THEN 1003
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
SELECT COALESCE(SUM(CASE WHEN EXISTS ({{ stored | indent(31) }}
                                  AND b.PD_TABLE_KEY = :p_pd_table_key
                                  AND b.READING = n.READING
                                  AND (:p_read_at IS NULL OR b.READ_AT = :v_at))
                         THEN 0 ELSE 1 END), 0),
       COALESCE(SUM(CASE WHEN EXISTS ({{ stored | indent(31) }}
                                  AND b.READ_AT = :v_at
                                  AND (b.READING <> n.READING OR b.PD_TABLE_KEY <> :p_pd_table_key))
                         THEN 1 ELSE 0 END), 0)
  FROM {{ given | indent(7) }} n
  INTO :v_new, :v_other;
SET :RESULT_CODE = CASE
  WHEN :v_other > 0 THEN 3001
  WHEN :v_new = 0   THEN 10
  ELSE 0
END;
{% endcall %}

{% call when(':RESULT_CODE = 0') %}
INSERT INTO BOUNDARY_READING (LD_ID, SUB_NUMBER, READ_AT, KIND, PD_TABLE_KEY, READING)
SELECT :p_ld_id, n.SUB_NUMBER, :v_at, :p_kind, :p_pd_table_key, n.READING
  FROM {{ given | indent(7) }} n
 WHERE NOT EXISTS ({{ stored | indent(19) }}
                      AND b.READ_AT = :v_at);
{% endcall %}
{% endcall %}
