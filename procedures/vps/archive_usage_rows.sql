{# ARCHIVE_USAGE_ROWS gives a sealed month of USAGE_HISTORY to the client that archives it. #}
{% import 'archive.sql' as archive %}

{{ archive.archive_rows('USAGE', 'USAGE_HISTORY') }}
