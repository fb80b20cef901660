"""Cases of EXPORT_VPS_LOG: its arguments; what it writes is in test_portal."""

from datetime import datetime

from case import Case
from cases._portal import MAIL, METERS, OPEN, account, relation
from cases._station import slot

START, END = datetime(2026, 1, 14), datetime(2026, 1, 15)
T = datetime(2026, 1, 14, 10)
NAME = "case-of-export-vps-log.csv"
USED = [*OPEN, *slot("P1", T, "0.5", "S", "12.34", "0.2")]

CASES = [
    Case("nothing in the range", (MAIL, START, T, NAME), 11, given=USED),
    Case("an unknown account", ("nobody@example.jp", START, END, NAME), 2005, given=USED),
    Case("an account that was removed", (MAIL, START, END, NAME), 2005,
         given=[*METERS, relation(), account(deleted=1), *slot("P1", T, "0.5")]),
    Case("a suspended account", (MAIL, START, END, NAME), 2005,
         given=[*METERS, relation(), account(state=0), *slot("P1", T, "0.5")]),
    Case("no account", (None, START, END, NAME), 1001),
    Case("no start", (MAIL, None, END, NAME), 1001),
    Case("no end", (MAIL, START, None, NAME), 1001),
    Case("no file name", (MAIL, START, END, None), 1001, given=USED),
    Case("a path", (MAIL, START, END, "../x.csv"), 1002, given=USED),
    Case("a quote", (MAIL, START, END, "x' INTO DUMPFILE 'y"), 1002, given=USED),
    Case("no mail address", ("portal", START, END, NAME), 1002, given=USED),
    Case("an injection is no account", ("' OR '1'='1", START, END, NAME), 1002, given=USED),
    Case("an empty range", (MAIL, T, T, NAME), 1004, given=USED),
    Case("the end before the start", (MAIL, END, START, NAME), 1004, given=USED),
]
