"""Cases of IMPORT_COLLECTION_LOG: its arguments; what it takes in is in test_files."""

from datetime import datetime

from case import Case
from cases._station import STATION

T = datetime(2026, 1, 14, 10, 0)
NAME = "HE1_202601141000_ONTIME.csv"

CASES = [
    Case("no name", (1, T, "ONTIME", None), 1001, given=STATION),
    Case("a path", (1, T, "ONTIME", "../" + NAME), 1002, given=STATION),
    Case("a path from the root", (1, T, "ONTIME", "/etc/passwd"), 1002, given=STATION),
    Case("an injection", (1, T, "ONTIME", "x' (PHONE CHAR(1)); --"), 1002, given=STATION),
    Case("the folder itself", (1, T, "PAST", "."), 1002),
    Case("the folder above", (1, T, "PAST", ".."), 1002),
    Case("an empty name", (1, T, "ONTIME", ""), 1002),
]
