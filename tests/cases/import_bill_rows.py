"""Cases of IMPORT_BILL_ROWS: its arguments; what it takes in is in test_files."""

from case import Case

NONE = {"vps:SELECT COUNT(*) FROM IMPORT_LOG": [(0,)]}

CASES = [
    Case("no name", (None, "ONTIME"), 1001),
    Case("no class", ("BILL.csv", None), 1001),
    Case("a path", ("../BILL.csv", "ONTIME"), 1002, then=NONE),
    Case("an empty name", ("", "ONTIME"), 1002, then=NONE),
    Case("another class", ("BILL.csv", "LATE"), 1003, then=NONE),
    Case("a class in lower case", ("BILL.csv", "past"), 1003, then=NONE),
    Case("an injection as class", ("BILL.csv", "PAST' OR '1'='1"), 1003, then=NONE),
]
