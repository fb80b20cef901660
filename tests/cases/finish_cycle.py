"""Cases of FINISH_CYCLE."""

from datetime import datetime

from case import Case
from cases._station import head_ends, log_taken

S, T, U = datetime(2026, 1, 14, 9, 30), datetime(2026, 1, 14, 10, 0), datetime(2026, 1, 14, 10, 30)
LOG = "mdm:SELECT CYCLE_TIME FROM CYCLE_LOG ORDER BY CYCLE_TIME"
CLOSED = [head_ends(1, 2), log_taken(1, T), log_taken(2, T, "MISSING")]

CASES = [
    Case("every head-end has closed the snapshot", (T,), given=CLOSED, then={LOG: [(T,)]}),
    Case("the next cycle", (U,), given=[*CLOSED, ("FINISH_CYCLE", T), log_taken(1, U), log_taken(2, U)], then={LOG: [(T,), (U,)]}),
    Case("a disabled head-end is not waited for", (T,), given=[head_ends(1), log_taken(1, T)], then={LOG: [(T,)]}),
    Case("a repeat", (T,), 10, given=[*CLOSED, ("FINISH_CYCLE", T)], then={LOG: [(T,)]}),
    Case("a head-end has not closed it", (T,), 3002, given=[head_ends(1, 2), log_taken(1, T)], then={LOG: []}),
    Case("a log of past readings closes nothing", (T,), 3002,
         given=[head_ends(1), ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                                      " VALUES (1, '2026-01-14 10:00:00', 'PAST', 'x', 'DONE')")], then={LOG: []}),
    Case("a later cycle was finished", (S,), 3002, given=[*CLOSED, log_taken(1, S), log_taken(2, S), ("FINISH_CYCLE", T)],
         then={LOG: [(T,)]}),
    Case("no time", (None,), 1001, given=CLOSED, then={LOG: []}),
]
