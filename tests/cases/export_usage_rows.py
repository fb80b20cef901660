"""Cases of EXPORT_USAGE_ROWS: its arguments; the lines that it gives are in test_files."""

from datetime import datetime

from case import Case
from cases._station import usage

T, U = datetime(2026, 1, 14, 10, 0), datetime(2026, 1, 14, 10, 30)
USED = usage("P1", T, "11", "1")

CASES = [
    Case("nothing in the range", (U, datetime(2026, 1, 14, 11), "ONTIME"), 11, given=USED, rows=[]),
    Case("nothing re-polled", (T, U, "PAST"), 11, given=USED, rows=[]),
    Case("no start", (None, U, "ONTIME"), 1001, rows=[]),
    Case("no end", (T, None, "ONTIME"), 1001, rows=[]),
    Case("no class", (T, U, None), 1001, given=USED, rows=[]),
    Case("another class", (T, U, "LATE"), 1003, given=USED, rows=[]),
    Case("an empty range", (T, T, "ONTIME"), 1004, given=USED, rows=[]),
    Case("the end before the start", (U, T, "ONTIME"), 1004, given=USED, rows=[]),
]
