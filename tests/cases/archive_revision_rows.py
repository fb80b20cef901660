"""Cases of ARCHIVE_REVISION_ROWS; what it shares with the others is in those of ARCHIVE_QUOTE_ROWS."""

from datetime import datetime

from case import Case
from cases._archive import ARCHIVES, AT, CLOSED, JUNE, MAY, OLD, revision

SLOT, RECORDED = datetime(2020, 6, 15, 0, 30), datetime(2020, 8, 1)
GIVEN = [ARCHIVES, *CLOSED, revision(OLD), revision(OLD, 1, value=7), revision("2020-07-01 00:30:00"), revision(OLD, 0, "P2"),
         ("BEGIN_ARCHIVE", "USAGE_REVISION", JUNE, AT)]


def row(point, number, value=None):
    return (point, 1, SLOT, number, value, None, None, None, None, None, None, RECORDED, None)


CASES = [
    Case("a month, every revision of a slot", (JUNE, None, None), given=GIVEN, rows=[row("P1", 0), row("P1", 1, 7), row("P2", 0)]),
    Case("a page", (JUNE, None, 1), given=GIVEN, rows=[row("P1", 0), row("P1", 1, 7)]),
    Case("behind the last point", (JUNE, "P2", None), 11, given=GIVEN, rows=[]),
    Case("a month that was not begun", (MAY, None, None), 3002, given=GIVEN, rows=[]),
    Case("without a month", (None, None, None), 1001, given=GIVEN, rows=[]),
    Case("a point that is none", (JUNE, "P'1", None), 1002, given=GIVEN, rows=[]),
    Case("too many points", (JUNE, None, 1001), 1004, given=GIVEN, rows=[]),
]
