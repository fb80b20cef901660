"""Cases of PACK_HISTORY: it ends nobody's transaction; what it does is in test_partitions."""

from datetime import datetime

from case import Case
from cases._station import usage

AT = datetime(2025, 7, 16, 10, 0)
USED = usage("P1", datetime(2025, 7, 14, 10, 0), "11", "1")
ROWS = "vps:SELECT COUNT(*) FROM USAGE_HISTORY"

CASES = [
    Case("in a transaction, which goes on", (AT,), 3002, firebird=11, given=USED, rows=[], then={ROWS: [(1,)]}),
    Case("no moment, in a transaction", (None,), 3002, firebird=11, given=USED, rows=[], then={ROWS: [(1,)]}),
]
