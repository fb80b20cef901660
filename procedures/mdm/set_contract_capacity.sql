{#
  SET_CONTRACT_CAPACITY records the capacity that a head-end confirmed.

  A saving policy whose target is above a capacity that was lowered stays as it is: when an
  event comes, it is passed over, and it works again when the capacity is raised.
#}
{% from 'confirmed.sql' import record %}

{{ record('SET_CONTRACT_CAPACITY', 'Record the contract capacity that a head-end confirmed.',
          'CONTRACT_CAPACITY', 'DECIMAL(18,4)', '>= 0',
          'the capacity is recorded so already', 'the capacity is negative') }}
{{ in_range(':p_contract_capacity', 0, none) }}
