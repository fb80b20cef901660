{# What the logs of saving events and actions show: the same columns in a view and in a file. #}
{% import 'type.sql' as t %}
{% from 'frame.sql' import first_rows, line_of, number, moment %}
{% from 'export.sql' import text %}

{% set action_columns = {
     'ADR_ACTION_ID': ('BIGINT', 'Number of the action.'),
     'DIRECTED_TIME': (t.time, 'When it was planned.'),
     'ADR_EVENT_ID':  ('BIGINT', 'Number of the event.'),
     'DRAS_EVENT_ID': ('VARCHAR(64)', 'Identifier of the event at the demand-response server.'),
     'LEVEL':         ('SMALLINT', 'Level of the event.'),
     'INCENTIVE':     ('DECIMAL(18,4)', 'Incentive that the event offered, money.'),
     'POLICY_ID':     ('BIGINT', 'Number of the policy.'),
     'POLICY_NAME':   ('VARCHAR(64)', 'Name of the policy.'),
     'LD_ID':         ('VARCHAR(32)', 'Metering point.'),
     'LD_NAME':       ('VARCHAR(128)', 'Name of the point, while it is in service.'),
     'CUSTOMER_ID':   ('VARCHAR(32)', 'Customer whose point it was on the day of the action.'),
     'FROM_CAPACITY': ('DECIMAL(18,4)', 'Capacity before the event, A.'),
     'TO_CAPACITY':   ('DECIMAL(18,4)', 'Capacity during the event, A.'),
     'START_AT':      (t.time, 'First moment of the lower capacity.'),
     'END_AT':        (t.time, 'End of the lower capacity, excluded.'),
     'STATE':         ('VARCHAR(8)', 'PLANNED, RESERVED at the meter, or FAILED.'),
     'MESSAGE':       ('VARCHAR(512)', 'What the head-end answered.'),
   } %}

{% set event_columns = {
     'ADR_EVENT_ID':  ('BIGINT', 'Number of the event.'),
     'DRAS_EVENT_ID': ('VARCHAR(64)', 'Its identifier at the demand-response server.'),
     'RECEIVED_TIME': (t.time, 'When it was received.'),
     'LEVEL':         ('SMALLINT', 'Level of urgency; higher is more urgent.'),
     'START_AT':      (t.time, 'First moment of the event.'),
     'END_AT':        (t.time, 'End of the event, excluded.'),
     'CLUSTER_ID':    ('VARCHAR(32)', 'Cluster that it is for; null all.'),
     'INCENTIVE':     ('DECIMAL(18,4)', 'Incentive offered, money.'),
     'STATUS':        ('VARCHAR(16)', 'State of the event, as the server named it.'),
     'PLANNED':       ('BIGINT', 'Its actions that wait for the head-end.'),
     'RESERVED':      ('BIGINT', 'Its actions that are reserved at the meters.'),
     'FAILED':        ('BIGINT', 'Its actions that failed.'),
   } %}

{# One row an action, whatever was removed since. A contract that ended still names its customer. #}
{% macro actions() %}
SELECT a.ADR_ACTION_ID,
       a.DIRECTED_TIME,
       a.ADR_EVENT_ID,
       e.DRAS_EVENT_ID,
       e.LEVEL,
       e.INCENTIVE,
       a.POLICY_ID,
       p.POLICY_NAME,
       a.LD_ID,
       l.LD_NAME,
       (SELECT r.CUSTOMER_ID
          FROM UC_LD_RELATION r
         WHERE r.LD_ID = a.LD_ID
           AND r.FROM_DATE <= CAST(a.START_AT AS DATE)
           AND (r.TO_DATE IS NULL OR r.TO_DATE > CAST(a.START_AT AS DATE))
         ORDER BY r.DELETED ASC, r.FROM_DATE DESC, r.CUSTOMER_ID ASC
         {{ first_rows(1) }}) AS CUSTOMER_ID,
       a.FROM_CAPACITY,
       a.TO_CAPACITY,
       a.START_AT,
       a.END_AT,
       a.STATE,
       a.MESSAGE
  FROM ADR_ACTION_HISTORY a
  LEFT JOIN ADR_EVENT_HISTORY e
    ON e.ADR_EVENT_ID = a.ADR_EVENT_ID
  LEFT JOIN ADR_POLICY p
    ON p.POLICY_ID = a.POLICY_ID
  LEFT JOIN LOGICAL_DEVICE l
    ON l.LD_ID = a.LD_ID
   AND l.DELETED = 0
{% endmacro %}

{% macro events() %}
SELECT e.ADR_EVENT_ID,
       e.DRAS_EVENT_ID,
       e.RECEIVED_TIME,
       e.LEVEL,
       e.START_AT,
       e.END_AT,
       e.CLUSTER_ID,
       e.INCENTIVE,
       e.STATUS,
{% for state in ('PLANNED', 'RESERVED', 'FAILED') %}
       (SELECT COUNT(*)
          FROM ADR_ACTION_HISTORY a
         WHERE a.ADR_EVENT_ID = e.ADR_EVENT_ID
           AND a.STATE = '{{ state }}') AS {{ state }}{{ ',' if not loop.last }}
{% endfor %}
  FROM ADR_EVENT_HISTORY e
{% endmacro %}

{# The line of a row v: names and messages may hold anything, the other texts are identifiers. #}
{% macro line(columns) %}
{% set fields = [] %}
{% for column, (type, meaning) in columns.items() %}
{% if column in ('POLICY_NAME', 'LD_NAME', 'MESSAGE') %}
{% set _ = fields.append(text('v.' ~ column)) %}
{% elif type == t.time %}
{% set _ = fields.append(moment('v.' ~ column)) %}
{% elif type.startswith('VARCHAR') %}
{% set _ = fields.append("COALESCE(v." ~ column ~ ", '')") %}
{% else %}
{% set _ = fields.append(number('v.' ~ column)) %}
{% endif %}
{% endfor %}
{{ line_of(fields) }}
{% endmacro %}
