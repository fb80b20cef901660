"""Cases of SET_RELAY_STATE."""

from case import Case

# Two points, and one that was removed.
POINTS = [
    ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID, RELAY_STATE)"
            f" VALUES ({900 + n}, 'P{n}', {900 + n}, 101, {state})")
    for n, state in ((1, 1), (2, 0), (3, 1))
] + [("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE TABLE_KEY = 903")]  # fmt: skip
STATES = "mdm:SELECT l.RELAY_STATE FROM LOGICAL_DEVICE l ORDER BY l.TABLE_KEY"
UNTOUCHED = {STATES: [(1,), (0,), (1,)]}

CASES = [
    Case("a relay is opened", ("P1", 0), given=POINTS, then={STATES: [(0,), (0,), (1,)]}),
    Case("a relay is closed", ("P2", 1), given=POINTS, then={STATES: [(1,), (1,), (1,)]}),
    Case("a repeat of open", ("P2", 0), 10, given=POINTS, then=UNTOUCHED),
    Case("a repeat of closed", ("P1", 1), 10, given=POINTS, then=UNTOUCHED),
    Case("a state of 2", ("P1", 2), 1004, given=POINTS, then=UNTOUCHED),
    Case("a state below zero", ("P1", -1), 1004, given=POINTS, then=UNTOUCHED),
    Case("an unknown point", ("P9", 0), 2002, given=POINTS, then=UNTOUCHED),
    Case("a point that was removed", ("P3", 0), 2002, given=POINTS, then=UNTOUCHED),
    Case("no point", (None, 0), 1001, given=POINTS, then=UNTOUCHED),
    Case("no state", ("P1", None), 1001, given=POINTS, then=UNTOUCHED),
    Case("an LD_ID of 33 characters", ("P" * 33, 0), 1002),
    Case("an injection is no LD_ID", ("P1' OR '1'='1", 0), 1002, given=POINTS, then=UNTOUCHED),
]
