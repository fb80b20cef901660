{# VPS_CLUSTER holds the groups of points that share a source of power. #}
{% from 'frame.sql' import table %}

{{ table('VPS_CLUSTER', 'Clusters: points that share a source of power and its prices.',
   columns = {
     'CLUSTER_ID':   ('VARCHAR(32) NOT NULL', 'Identifier of the cluster.'),
     'CLUSTER_NAME': ('VARCHAR(128)', 'Name for people.'),
     'PARAM_ID':     ('VARCHAR(32)', 'Its set of CORRECTION_PARAM; null GLOBAL.'),
   },
   key = ['CLUSTER_ID']) }}
