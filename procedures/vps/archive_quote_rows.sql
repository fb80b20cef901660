{# ARCHIVE_QUOTE_ROWS gives a sealed month of QUOTE_HISTORY to the client that archives it. #}
{% import 'archive.sql' as archive %}

{{ archive.archive_rows('QUOTE', 'QUOTE_HISTORY') }}
