"""Cases of IMPORT_BILL: its arguments; what it takes in is in test_files."""

from case import Case

CASES = [
    Case("no name", (None, "ONTIME"), 1001),
    Case("a path", ("../BILL.csv", "ONTIME"), 1002),
    Case("a path from the root", ("/etc/passwd", "ONTIME"), 1002),
    Case("an injection", ("x' (BLOCK CHAR(1)); --", "PAST"), 1002),
    Case("the folder above", ("..", "ONTIME"), 1002),
    Case("an empty name", ("", "ONTIME"), 1002),
]
