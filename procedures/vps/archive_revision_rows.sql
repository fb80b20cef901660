{# ARCHIVE_REVISION_ROWS gives a sealed month of USAGE_REVISION to the client that archives it. #}
{% import 'archive.sql' as archive %}

{{ archive.archive_rows('REVISION', 'USAGE_REVISION') }}
