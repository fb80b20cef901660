{#
  SET_CONFIG sets one of the settings that rules read.

  A setting names the values it may take: a list A|B|C, a range 1..28, or none for free text.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}
{% import 'check.sql' as check %}

{% call procedure('SET_CONFIG', 'Set one of the settings that rules read.',
                  callers = ['SHIM'],
                  takes = dict(p_name  = 'VARCHAR(1024)',
                               p_value = 'VARCHAR(1024)'),
                  holds = dict(v_known = 'INTEGER', v_now = 'VARCHAR(255)', v_allowed = 'VARCHAR(255)',
                               v_dots = 'INTEGER', v_good = 'INTEGER'),
                  codes = {10: 'it is set to this value already',
                           1001: 'an argument is missing',
                           1003: 'there is no such setting',
                           1004: 'the setting does not take this value'}) %}
SELECT COUNT(*), MAX(c."VALUE"), MAX(c.ALLOWED)
  FROM MDM_CONFIG c
 WHERE c.NAME = :p_name
  INTO :v_known, :v_now, :v_allowed;
SET :v_dots = POSITION('..' IN :v_allowed);
SELECT CASE
         WHEN CHAR_LENGTH(:p_value) > 255 THEN 0
         WHEN :v_allowed IS NULL          THEN 1
         WHEN :v_dots > 0
         THEN CASE
                WHEN NOT {{ check.is_integer(':p_value') }}                                            THEN 0
                WHEN CAST(:p_value AS DECIMAL(18))
                     NOT BETWEEN CAST(SUBSTRING(:v_allowed FROM 1 FOR :v_dots - 1) AS DECIMAL(18))
                             AND CAST(SUBSTRING(:v_allowed FROM :v_dots + 2) AS DECIMAL(18))     THEN 0
                ELSE 1
              END
         WHEN POSITION('|' IN :p_value) > 0 THEN 0
         WHEN POSITION('|' || :p_value || '|' IN '|' || :v_allowed || '|') > 0 THEN 1
         ELSE 0
       END
  FROM {{ t.one_row }}
  INTO :v_good;
SET :RESULT_CODE = CASE
  WHEN :p_name IS NULL OR :p_value IS NULL THEN 1001
  WHEN :v_known = 0                        THEN 1003
  WHEN :v_good = 0                         THEN 1004
  WHEN :v_now = :p_value                   THEN 10
  ELSE 0
END;

{% call when(':RESULT_CODE = 0') %}
UPDATE MDM_CONFIG
   SET "VALUE" = :p_value
 WHERE NAME = :p_name;
{% endcall %}
{% endcall %}
