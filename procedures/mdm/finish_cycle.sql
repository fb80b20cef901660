{#
  FINISH_CYCLE closes a cycle: its usage is delivered, later readings belong to the next.
#}
{% from 'frame.sql' import procedure, when %}
{% import 'type.sql' as t %}

{% call procedure('FINISH_CYCLE', 'Close a cycle whose work is done.',
                  callers = ['SHIM'],
                  takes = dict(p_cycle_time = t.time),
                  holds = dict(v_open = 'INTEGER'),
                  codes = {10: 'the cycle was finished before', 1001: 'an argument is missing',
                           3002: 'a later cycle was finished, or a head-end has not closed the snapshot'}) %}
SELECT COUNT(*)
  FROM HECONF h
 WHERE h.ENABLED = 1
   AND NOT EXISTS (SELECT 1
                     FROM COLLECTION_LOG c
                    WHERE c.HEID = h.HEID
                      AND c.SNAPSHOT_TIME = :p_cycle_time
                      AND c.CLASS = 'ONTIME')
  INTO :v_open;
SELECT CASE
         WHEN :p_cycle_time IS NULL              THEN 1001
         WHEN MAX(c.CYCLE_TIME) = :p_cycle_time  THEN 10
         WHEN MAX(c.CYCLE_TIME) > :p_cycle_time
           OR :v_open > 0                        THEN 3002
         ELSE 0
       END
  FROM CYCLE_LOG c
  INTO :RESULT_CODE;
{% call when(':RESULT_CODE = 0') %}
INSERT INTO CYCLE_LOG (CYCLE_TIME, FINISHED_AT)
VALUES (:p_cycle_time, LOCALTIMESTAMP(0));
{% endcall %}
{% endcall %}
