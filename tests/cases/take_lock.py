"""Cases of TAKE_LOCK. That others wait, tests/test_locks.py says."""

from case import Case

CASES = [
    Case("a lock", ("10.0.0.1 session-1", 5)),
    Case("without waiting", ("x", 0)),
    Case("no seconds are none", ("x", None)),
    Case("who has it may take it again", ("x", 0), given=[("TAKE_LOCK", "x", 0)]),
    Case("any words", ("応答なし, \"60\"'; --", 0)),
    Case("the longest name", ("電" * 512, 0)),
    Case("an empty name is one", ("", 0)),
    Case("a name too long", ("x" * 513, 0), 1002),
    Case("no name", (None, 0), 1001),
    Case("too long a wait", ("x", 3601), 1004),
    Case("a wait below zero", ("x", -1), 1004),
]
