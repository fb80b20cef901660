{#
  FIND_DAY_PARAM finds the correction set of each cluster on each day of a range.

  It is the set of the cluster, else the set GLOBAL; of overlapping periods the one that
  began last. A point without a cluster stands under the empty cluster.
#}
{% from 'frame.sql' import procedure, stage, add_days %}
{% import 'type.sql' as t %}

{% call procedure('FIND_DAY_PARAM', 'Find the correction set of each cluster on each day of a range.',
                  takes = dict(p_first = t.time, p_last = t.time)) %}
{{ stage('DAY_PARAM') }}
INSERT INTO DAY_PARAM (CLUSTER_ID, DAY_ON, PARAM_ID, FROM_DATE, CORRECTION_FACTOR, TIME_OF_USE)
WITH RECURSIVE DAYS (DAY_ON) AS (
    SELECT CAST(:p_first AS DATE) FROM {{ t.one_row }}
     UNION ALL
    SELECT {{ add_days('y.DAY_ON', '1') }} FROM DAYS y WHERE y.DAY_ON < CAST(:p_last AS DATE)
), CLUSTERS (CLUSTER_ID, PARAM_ID) AS (
    SELECT k.CLUSTER_ID, k.PARAM_ID FROM VPS_CLUSTER k
     UNION ALL
    SELECT '', 'GLOBAL' FROM {{ t.one_row }}
)
SELECT r.CLUSTER_ID, r.DAY_ON, r.PARAM_ID, r.FROM_DATE, r.CORRECTION_FACTOR,
       CASE
         WHEN EXISTS (SELECT 1 FROM TOU_PRICE x WHERE x.PARAM_ID = r.PARAM_ID AND x.FROM_DATE = r.FROM_DATE) THEN 1
         ELSE 0
       END
  FROM (SELECT k.CLUSTER_ID, y.DAY_ON, s.PARAM_ID, s.FROM_DATE, s.CORRECTION_FACTOR,
               ROW_NUMBER() OVER (PARTITION BY k.CLUSTER_ID, y.DAY_ON
                                      ORDER BY CASE WHEN s.PARAM_ID = k.PARAM_ID THEN 0 ELSE 1 END,
                                               s.FROM_DATE DESC) AS NTH
          FROM CLUSTERS k
         CROSS JOIN DAYS y
          JOIN CORRECTION_PARAM s
            ON s.PARAM_ID IN (k.PARAM_ID, 'GLOBAL')
           AND s.FROM_DATE <= y.DAY_ON
           AND (s.TO_DATE IS NULL OR y.DAY_ON < s.TO_DATE)) r
 WHERE r.NTH = 1;
{% endcall %}
