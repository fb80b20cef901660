"""Cases of DROP_HISTORY: it ends nobody's transaction; what it does is in test_partitions."""

from datetime import datetime, timedelta

from case import Case
from cases import _archive as archive
from cases._station import usage

AT = datetime(2025, 7, 16, 10, 0)
# Readings are kept 60 days: PURGE_HISTORY would remove this one.
OLD = usage("P1", datetime(2025, 3, 14, 10, 0), "11", "1")
ROWS = "vps:SELECT COUNT(*) FROM USAGE_HISTORY"

CASES = [
    Case("in a transaction, which goes on", (AT,), 3002, firebird=11, given=OLD, rows=[], then={ROWS: [(1,)]}),
    Case("no moment, in a transaction", (None,), 3002, firebird=11, given=OLD, rows=[], then={ROWS: [(1,)]}),
    Case("with an archive, in a transaction", (AT,), 3002, firebird=11, given=[archive.ARCHIVES, *OLD], rows=[], then={ROWS: [(1,)]}),
    Case("a moment that lies ahead", (datetime.now() + timedelta(days=2),), 3002, firebird=1004, given=OLD, rows=[], then={ROWS: [(1,)]}),
    Case("a moment before all meters", (datetime(1899, 12, 31),), 3002, firebird=1004, rows=[]),
]
