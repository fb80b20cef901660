"""Cases of EXPORT_REPOLL_TARGET; its rows, which come from another database file, are in test_he_db."""

from case import Case

HE = ("he", "INSERT INTO HECONF (HEID) VALUES (1)")

CASES = [
    Case("nothing is missing", (1,), 11, given=[HE], rows=[]),
    Case("an unknown head-end", (5,), 1003, given=[HE], rows=[]),
    Case("no head-end", (None,), 1001, given=[HE], rows=[]),
]
