"""Cases of EXTEND_HISTORY: it ends nobody's transaction; what it does is in test_partitions."""

from datetime import datetime

from case import Case
from cases._station import usage

T = datetime(2025, 7, 14, 10, 0)
USED = usage("P1", T, "11", "1")
ROWS = "vps:SELECT COUNT(*) FROM USAGE_HISTORY"
NO_ERROR = "vps:SELECT COUNT(*) FROM RULE_ERROR WHERE ROUTINE = 'EXTEND_HISTORY'"

CASES = [
    Case("in a transaction, which goes on", (T,), 3002, firebird=11, given=USED, then={ROWS: [(1,)], NO_ERROR: [(0,)]}),
    Case("no moment, in a transaction", (None,), 3002, firebird=11, given=USED, then={ROWS: [(1,)]}),
    Case("between two snapshots, in a transaction", (datetime(2025, 7, 14, 10, 7, 12),), 3002, firebird=11),
]
