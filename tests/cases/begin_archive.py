"""Cases of BEGIN_ARCHIVE."""

from datetime import date, datetime, timedelta

from case import Case
from cases._archive import ARCHIVES, AT, BEGUN, CLOSED, JUNE, MARCH, NOTED, QUOTES, USAGE, USAGE_CLOSED, closed

LOG = "vps:SELECT TABLE_NAME, MONTH_START, MONTH_END, ROWS_KEPT, ARCHIVED_AT FROM ARCHIVE_LOG ORDER BY TABLE_NAME, MONTH_START"
SEALED = ("QUOTE_HISTORY", JUNE, date(2020, 7, 1), None, None)
NONE = {LOG: []}

CASES = [
    Case("a month", ("QUOTE_HISTORY", JUNE, AT), given=[ARCHIVES, *CLOSED, *QUOTES], then={LOG: [SEALED]}),
    Case("of readings", ("USAGE_HISTORY", MARCH, AT), given=[ARCHIVES, *USAGE_CLOSED, *USAGE],
         then={LOG: [("USAGE_HISTORY", MARCH, date(2025, 4, 1), None, None)]}),
    Case("of revisions, with none in it", ("USAGE_REVISION", JUNE, None), given=[ARCHIVES, *CLOSED]),
    Case("once more", ("QUOTE_HISTORY", JUNE, AT), 10, given=BEGUN, then={LOG: [SEALED]}),
    Case("one that is archived", ("QUOTE_HISTORY", JUNE, AT), 3001, given=[*BEGUN, NOTED]),
    Case("it is not past its retention", ("QUOTE_HISTORY", JUNE, datetime(2025, 6, 30)), 3002, given=[ARCHIVES, *CLOSED], then=NONE),
    Case("readings that are not", ("USAGE_HISTORY", MARCH, datetime(2025, 5, 30)), 3002, given=[ARCHIVES, *USAGE_CLOSED], then=NONE),
    Case("the month behind it is not closed", ("QUOTE_HISTORY", JUNE, AT), 3002,
         given=[ARCHIVES, *closed("2020-05-01", "2020-06-01", "2020-07-01")], then=NONE),
    Case("no closed month begins there", ("QUOTE_HISTORY", date(2020, 6, 2), AT), 3002, given=[ARCHIVES, *CLOSED], then=NONE),
    Case("no month is closed", ("QUOTE_HISTORY", JUNE, AT), 3002, given=[ARCHIVES], then=NONE),
    Case("histories are not archived", ("QUOTE_HISTORY", JUNE, AT), 4002, given=CLOSED, then=NONE),
    Case("without a table", (None, JUNE, AT), 1001),
    Case("without a month", ("QUOTE_HISTORY", None, AT), 1001),
    Case("another table", ("MONTH_TOTAL", JUNE, AT), 1003, given=[ARCHIVES, *CLOSED]),
    Case("a moment two days ahead", ("QUOTE_HISTORY", JUNE, datetime.now() + timedelta(days=2)), 1004, given=[ARCHIVES, *CLOSED]),
    Case("before 1900", ("QUOTE_HISTORY", JUNE, datetime(1899, 12, 31)), 1004, given=[ARCHIVES, *CLOSED]),
]
