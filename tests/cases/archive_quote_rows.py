"""Cases of ARCHIVE_QUOTE_ROWS."""

from datetime import datetime
from decimal import Decimal

from case import Case
from cases._archive import ARCHIVES, AT, BEGUN, CLOSED, JUNE, QUOTES

FIRST, LAST = datetime(2020, 6, 1, 0, 30), datetime(2020, 7, 1)


def row(point, sub, at, value, quality="M", quote=None, co2=None, source="N"):
    return (point, sub, at, value, quality, None, 0, quote, co2, source, None)


P1 = [row("P1", 1, FIRST, Decimal("1.5"), quote=Decimal("40.25"), co2=Decimal("0.5"), source="S"),
      row("P1", 1, LAST, Decimal("-0.25"), quote=1, source="S"), row("P1", 2, FIRST, 3)]
P2 = [row("P2", 1, FIRST, None, "N")]

CASES = [
    Case("a month", (JUNE, None, None), given=BEGUN, rows=[*P1, *P2]),
    Case("a page of one point, with all of its rows", (JUNE, None, 1), given=BEGUN, rows=P1),
    Case("the page behind it", (JUNE, "P1", 1), given=BEGUN, rows=P2),
    Case("a point without rows in the month is passed over", (JUNE, "P0", 2), given=[*BEGUN,
         ("vps", "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME) VALUES ('P11', 1, '2020-07-02 00:00:00')")], rows=[*P1, *P2]),
    Case("behind the last point", (JUNE, "P2", 1), 11, given=BEGUN, rows=[]),
    Case("behind all", (JUNE, "P9", None), 11, given=BEGUN, rows=[]),
    Case("a month that was not begun", (JUNE, None, None), 3002, given=[ARCHIVES, *CLOSED, *QUOTES], rows=[]),
    Case("another one than was begun", (datetime(2020, 5, 1).date(), None, None), 3002, given=BEGUN, rows=[]),
    Case("begun of another history", (JUNE, None, None), 3002, given=[ARCHIVES, *CLOSED, *QUOTES, ("BEGIN_ARCHIVE", "USAGE_REVISION", JUNE, AT)], rows=[]),
    Case("without a month", (None, None, None), 1001, given=BEGUN, rows=[]),
    Case("a point that is none", (JUNE, "P 1", None), 1002, given=BEGUN, rows=[]),
    Case("no point at all", (JUNE, None, 0), 1004, given=BEGUN, rows=[]),
    Case("too many", (JUNE, None, 1001), 1004, given=BEGUN, rows=[]),
    Case("as many as may be", (JUNE, None, 1000), given=BEGUN, rows=[*P1, *P2]),
]
