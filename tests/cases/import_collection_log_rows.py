"""Cases of IMPORT_COLLECTION_LOG_ROWS: its arguments; what it takes in is in test_files."""

from datetime import datetime

from case import Case
from cases._station import STATION

T = datetime(2026, 1, 14, 10, 0)
NAME, PAST = "HE1_202601141000_ONTIME.csv", "HE1_202601141000_PAST_1.csv"
NONE = {"mdm:SELECT COUNT(*) FROM COLLECTION_LOG": [(0,)], "vps:SELECT COUNT(*) FROM USAGE_HISTORY": [(0,)]}

CASES = [
    Case("no head-end", (None, T, "ONTIME", NAME), 1001, given=STATION, then=NONE),
    Case("no time", (1, None, "ONTIME", NAME), 1001, given=STATION, then=NONE),
    Case("no class", (1, T, None, NAME), 1001, given=STATION, then=NONE),
    Case("no name", (1, T, "ONTIME", None), 1001, given=STATION, then=NONE),
    Case("a path", (1, T, "ONTIME", "../" + NAME), 1002),
    Case("another class", (1, T, "LATE", NAME), 1003),
    Case("a class in lower case", (1, T, "ontime", NAME), 1003),
    Case("an unknown head-end", (9, T, "ONTIME", NAME.replace("HE1", "HE9")), 1003),
    Case("a negative head-end", (-1, T, "ONTIME", NAME), 1003),
    Case("a time off the grid", (1, datetime(2026, 1, 14, 10, 10), "ONTIME", NAME), 1004),
    Case("a time with seconds", (1, datetime(2026, 1, 14, 10, 0, 30), "PAST", PAST), 1004),
    Case("another head-end's name", (1, T, "ONTIME", NAME.replace("HE1", "HE2")), 5004),
    Case("another snapshot's name", (1, datetime(2026, 1, 14, 10, 30), "ONTIME", NAME), 5004),
    Case("a past name on time", (1, T, "ONTIME", PAST), 5004),
    Case("another head-end's past name", (1, T, "PAST", PAST.replace("HE1", "HE2")), 5004, then=NONE),
]
