"""Cases of ARCHIVE_USAGE_ROWS; what it shares with the others is in those of ARCHIVE_QUOTE_ROWS."""

from datetime import datetime
from decimal import Decimal

from case import Case
from cases._archive import APRIL, ARCHIVES, AT, MARCH, USAGE, USAGE_CLOSED

GIVEN = [ARCHIVES, *USAGE_CLOSED, *USAGE, ("BEGIN_ARCHIVE", "USAGE_HISTORY", MARCH, AT)]
ROWS = [
    ("P1", 1, datetime(2025, 3, 10), Decimal("100.5"), Decimal("1.5"), 0, None, None, None, 0),
    ("P1", 1, datetime(2025, 3, 10, 0, 30), None, None, 1, 102, Decimal("1.5"), datetime(2025, 3, 11), 0),
]

CASES = [
    Case("a month", (MARCH, None, None), given=GIVEN, rows=ROWS),
    Case("behind its point", (MARCH, "P1", None), 11, given=GIVEN, rows=[]),
    Case("a month that was not begun", (APRIL, None, None), 3002, given=GIVEN, rows=[]),
    Case("without a month", (None, None, None), 1001, given=GIVEN, rows=[]),
    Case("a point that is none", (MARCH, "", None), 1002, given=GIVEN, rows=[]),
    Case("no point at all", (MARCH, None, 0), 1004, given=GIVEN, rows=[]),
]
