"""Cases of ADD_CERTIFICATE: its argument; what it takes in is in test_certificates."""

from case import Case

CASES = [
    Case("no name", (None,), 1001),
    Case("a path", ("../CERT.csv",), 1002),
    Case("a path from the root", ("/etc/passwd",), 1002),
    Case("an injection", ("x' (BLOCK CHAR(1)); --",), 1002),
    Case("the folder above", ("..",), 1002),
    Case("an empty name", ("",), 1002),
]
