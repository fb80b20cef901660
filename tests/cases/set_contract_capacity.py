"""Cases of SET_CONTRACT_CAPACITY."""

from decimal import Decimal

from case import Case

# Two points, one of which a saving policy limits, and one that was removed.
POINTS = [
    *(("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID, CONTRACT_CAPACITY)"
              f" VALUES ({900 + n}, 'P{n}', {900 + n}, 101, {capacity})")
      for n, capacity in ((1, 30), (2, 0), (3, 60))),
    ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE TABLE_KEY = 903"),
    ("vps", "INSERT INTO ADR_POLICY (LD_ID, SUB_NUMBER, TARGET_CAPACITY) VALUES ('P1', 2, 25)"),
]  # fmt: skip
STATES = "mdm:SELECT l.CONTRACT_CAPACITY FROM LOGICAL_DEVICE l ORDER BY l.TABLE_KEY"
POLICY = "vps:SELECT p.TARGET_CAPACITY, p.DELETED FROM ADR_POLICY p WHERE p.LD_ID = 'P1'"
UNTOUCHED = {STATES: [(30,), (0,), (60,)], POLICY: [(25, 0)]}

CASES = [
    Case("a capacity is raised", ("P1", Decimal("50")), given=POINTS,
         then={STATES: [(50,), (0,), (60,)], POLICY: [(25, 0)]}),
    Case("a capacity below the target of a policy, which stays", ("P1", Decimal("20")), given=POINTS,
         then={STATES: [(20,), (0,), (60,)], POLICY: [(25, 0)]}),
    Case("a part of an ampere", ("P2", Decimal("10.5")), given=POINTS, then={STATES: [(30,), (Decimal("10.5"),), (60,)]}),
    Case("no capacity", ("P1", Decimal("0")), given=POINTS, then={STATES: [(0,), (0,), (60,)]}),
    Case("a repeat", ("P1", Decimal("30.0000")), 10, given=POINTS, then=UNTOUCHED),
    Case("a repeat of none", ("P2", Decimal("0")), 10, given=POINTS, then=UNTOUCHED),
    Case("below zero", ("P1", Decimal("-0.0001")), 1004, given=POINTS, then=UNTOUCHED),
    Case("an unknown point", ("P9", Decimal("50")), 2002, given=POINTS, then=UNTOUCHED),
    Case("a point that was removed", ("P3", Decimal("50")), 2002, given=POINTS, then=UNTOUCHED),
    Case("no point", (None, Decimal("50")), 1001, given=POINTS, then=UNTOUCHED),
    Case("the capacity is missing", ("P1", None), 1001, given=POINTS, then=UNTOUCHED),
    Case("an LD_ID of 33 characters", ("P" * 33, Decimal("50")), 1002),
    Case("an injection is no LD_ID", ("P1' OR '1'='1", Decimal("50")), 1002, given=POINTS, then=UNTOUCHED),
]
