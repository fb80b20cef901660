"""Cases of EXPORT_VPS_LOG_ROWS: its arguments; the lines that it gives are in test_portal."""

from datetime import datetime

from case import Case
from cases._portal import MAIL, METERS, OPEN, account, customer, relation
from cases._station import slot

START, END = datetime(2026, 1, 14), datetime(2026, 1, 15)
T = datetime(2026, 1, 14, 10)
USED = [*OPEN, *slot("P1", T, "0.5", "S", "12.34", "0.2")]


CASES = [
    Case("a day", (MAIL, START, END), given=USED),
    Case("in upper case", (MAIL.upper(), START, END), given=USED),
    Case("nothing in the range", (MAIL, START, T), 11, given=USED, rows=[]),
    Case("a point that was somebody else's then", (MAIL, START, END), 11,
         given=[*METERS, customer(), relation(start="2026-01-15"), account(), *slot("P1", T, "0.5")], rows=[]),
    Case("a contract that was cancelled", (MAIL, START, END), 11,
         given=[*METERS, customer(), relation(deleted=1), account(), *slot("P1", T, "0.5")], rows=[]),
    Case("a point of somebody else", (MAIL, START, END), 11,
         given=[*METERS, customer(), relation("C-2"), account(), *slot("P1", T, "0.5")], rows=[]),
    Case("an unknown account", ("nobody@example.jp", START, END), 2005, given=USED, rows=[]),
    Case("an account that was removed", (MAIL, START, END), 2005,
         given=[*METERS, relation(), account(deleted=1), *slot("P1", T, "0.5")], rows=[]),
    Case("a suspended account", (MAIL, START, END), 2005,
         given=[*METERS, relation(), account(state=0), *slot("P1", T, "0.5")], rows=[]),
    Case("no account", (None, START, END), 1001, rows=[]),
    Case("no start", (MAIL, None, END), 1001, given=USED, rows=[]),
    Case("no end", (MAIL, START, None), 1001, given=USED, rows=[]),
    Case("no mail address", ("portal", START, END), 1002, given=USED, rows=[]),
    Case("an injection is no account", ("' OR '1'='1", START, END), 1002, given=USED, rows=[]),
    Case("an empty range", (MAIL, T, T), 1004, given=USED, rows=[]),
    Case("the end before the start", (MAIL, END, START), 1004, given=USED, rows=[]),
]
