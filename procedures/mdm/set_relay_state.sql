{# SET_RELAY_STATE records the position of a relay that a head-end confirmed. #}
{% from 'confirmed.sql' import record %}

{{ record('SET_RELAY_STATE', 'Record the position of a relay that a head-end confirmed.',
          'RELAY_STATE', 'INTEGER', 'IN (0, 1)',
          'the relay is recorded so already', 'the state is neither 0 nor 1') }}
{{ one_of(':p_relay_state', [0, 1]) }}
