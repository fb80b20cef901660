"""Cases of ADD_CERTIFICATE_ROWS: its argument; what it takes in is in test_certificates."""

from case import Case

NONE = {"vps:SELECT COUNT(*) FROM IMPORT_LOG": [(0,)]}

CASES = [
    Case("no name", (None,), 1001),
    Case("a path", ("../CERT.csv",), 1002, then=NONE),
    Case("an empty name", ("",), 1002, then=NONE),
    Case("a name of 129 characters", ("x" * 129,), 1002, then=NONE),
    Case("an injection as name", ("x'; DELETE FROM MDM_CONFIG; --",), 1002, then=NONE),
]
