"""Cases of NOTE_ARCHIVED."""

from datetime import date

from case import Case
from cases._archive import ARCHIVES, AT, BEGUN, CLOSED, JUNE, MARCH, NOTED, OLD, SHA, SUMS, USAGE, USAGE_CLOSED, revision
from cases._station import slot

LOG = "vps:SELECT ROWS_KEPT, POINTS, SUMS, FILE_NAME, SHA256 FROM ARCHIVE_LOG WHERE ARCHIVED_AT IS NOT NULL"
FILE = "2020-06-01.parquet"
NONE = {LOG: []}
HELD = f"the history holds 4 rows of 2 points ({SUMS}), the archive "


def note(table="QUOTE_HISTORY", month=JUNE, rows=4, points=2, sums=SUMS, file=FILE, sha=SHA):
    return (table, month, rows, points, sums, file, sha)


CASES = [
    Case("a month", note(), given=BEGUN, then={LOG: [(4, 2, SUMS, FILE, SHA)]}),
    Case("of readings", ("USAGE_HISTORY", MARCH, 2, 1, "READING=100.5000;USAGE_VALUE=1.5000;STATUS=1;REPOLL_READING=102.0000;"
         "REPOLL_USAGE=1.5000;REPOLLS=0", "2025-03-01.parquet", SHA),
         given=[ARCHIVES, *USAGE_CLOSED, *USAGE, ("BEGIN_ARCHIVE", "USAGE_HISTORY", MARCH, AT)]),
    Case("of revisions", ("USAGE_REVISION", JUNE, 2, 1, "USAGE_VALUE=7.0000;QUOTE=0.0000", FILE, SHA),
         given=[ARCHIVES, *CLOSED, revision(OLD), revision(OLD, 1, value=7), ("BEGIN_ARCHIVE", "USAGE_REVISION", JUNE, AT)]),
    Case("of readings of many digits", ("QUOTE_HISTORY", JUNE, 3, 3, "USAGE_VALUE=269999999999997.9999;REVISION=0;QUOTE=0.0000;CO2=0.0000", FILE, SHA),
         given=[ARCHIVES, *CLOSED, *(row for p in ("P1", "P2", "P3") for row in slot(p, OLD, "89999999999999.3333")),
                ("BEGIN_ARCHIVE", "QUOTE_HISTORY", JUNE, AT)],
         ),
    Case("none at all", ("USAGE_REVISION", JUNE, 0, 0, "USAGE_VALUE=0.0000;QUOTE=0.0000", FILE, SHA),
         given=[ARCHIVES, *CLOSED, ("BEGIN_ARCHIVE", "USAGE_REVISION", JUNE, AT)]),
    Case("once more", note(), 10, given=[*BEGUN, NOTED]),
    Case("once more, when the month is gone", note(), 10, given=[*BEGUN, NOTED, ("vps", "DELETE FROM QUOTE_HISTORY WHERE LD_ID = 'P1'")]),
    Case("another file", note(sha="f" * 64), 3001, given=[*BEGUN, NOTED], then={LOG: [(4, 2, SUMS, FILE, SHA)]}),
    Case("another name", note(file="x"), 3001, given=[*BEGUN, NOTED]),
    # Other figures
    Case("a row too few", note(rows=3), 3002, given=BEGUN, message=f"{HELD}3 of 2 ({SUMS})", then=NONE),
    Case("a point too many", note(points=3), 3002, given=BEGUN, message=f"{HELD}4 of 3 ({SUMS})", then=NONE),
    Case("another sum", note(sums=SUMS.replace("0.5", "0.6")), 3002, given=BEGUN, then=NONE),
    Case("the same sum in other words", note(sums=SUMS.replace("0.5000", "0.5")), 3002, given=BEGUN, then=NONE),
    Case("a value that changed", note(), 3002, given=[*BEGUN, ("vps", "UPDATE QUOTE_HISTORY SET CO2 = 0.5001 WHERE CO2 = 0.5")], then=NONE),
    Case("a revision that was added", note(), 3002, given=[*BEGUN, ("vps", "UPDATE QUOTE_HISTORY SET REVISION = 1 WHERE LD_ID = 'P2'")], then=NONE),
    Case("a row that came", note(), 3002, given=[*BEGUN, *slot("P0", OLD, None)], then=NONE),
    Case("a row that went", note(), 3002, given=[*BEGUN, ("vps", "DELETE FROM QUOTE_HISTORY WHERE LD_ID = 'P2'")], then=NONE),
    # State
    Case("a month that was not begun", note(month=date(2020, 5, 1)), 3002, given=BEGUN, then=NONE),
    Case("another history than was begun", note("USAGE_REVISION"), 3002, given=BEGUN, then=NONE),
    # Arguments
    *(Case(f"without argument {n}", (*note()[:n], None, *note()[n + 1:]), 1001, given=BEGUN, then=NONE) for n in range(7)),
    Case("another table", note("MONTH_TOTAL"), 1003, given=BEGUN),
    Case("a path", note(file="a/b"), 1002, given=BEGUN),
    Case("no checksum", note(sha="F" * 64), 1002, given=BEGUN),
    Case("a checksum that is too long", note(sha="f" * 65), 1002, given=BEGUN),
]
