"""Cases of EXPORT_USAGE: its arguments; what it writes is in test_files."""

from datetime import datetime

from case import Case
from cases._station import usage

T, U = datetime(2026, 1, 14, 10, 0), datetime(2026, 1, 14, 10, 30)
USED = usage("P1", T, "11", "1")
NAME = "case-of-export-usage.csv"

CASES = [
    Case("nothing in the range", (U, datetime(2026, 1, 14, 11), NAME, "ONTIME"), 11, given=USED),
    Case("nothing before the range", (datetime(2026, 1, 14, 9), T, NAME, "ONTIME"), 11, given=USED),
    Case("nothing re-polled", (T, U, NAME, "PAST"), 11, given=USED),
    Case("no start", (None, U, NAME, "ONTIME"), 1001),
    Case("no end", (T, None, NAME, "ONTIME"), 1001),
    Case("no name", (T, U, None, "ONTIME"), 1001),
    Case("no class", (T, U, NAME, None), 1001),
    Case("a path", (T, U, "../x.csv", "ONTIME"), 1002, given=USED),
    Case("a quote", (T, U, "x' INTO DUMPFILE 'y", "ONTIME"), 1002, given=USED),
    Case("an empty name", (T, U, "", "ONTIME"), 1002),
    Case("another class", (T, U, NAME, "LATE"), 1003),
    Case("a class in lower case", (T, U, NAME, "ontime"), 1003),
    Case("an injection as class", (T, U, NAME, "ONTIME' OR '1'='1"), 1003),
    Case("an empty range", (T, T, NAME, "ONTIME"), 1004, given=USED),
    Case("the end before the start", (U, T, NAME, "PAST"), 1004),
]
