"""Cases of OPEN_CYCLE."""

from datetime import datetime, timedelta

from case import Case
from cases._station import head_ends, log_taken

R, S, T, U = (datetime(2026, 1, 14, 9 + n // 2, n % 2 * 30) for n in range(4))
NOW = datetime(2026, 1, 14, 10, 5)
LATE = datetime(2026, 1, 14, 10, 20)
HALF_HOUR = timedelta(minutes=30)
AFTER = datetime(2026, 1, 14, 11)
TWO = [head_ends(1, 2)]


def finished(*times: datetime) -> list:
    return [("mdm", f"INSERT INTO CYCLE_LOG (CYCLE_TIME, FINISHED_AT) VALUES ('{at}', '{at}')") for at in times]


CASES = [
    Case("the first cycle has its own snapshot alone", (T, NOW), given=TWO, rows=[(1, T, U, "DUE"), (2, T, U, "DUE")]),
    Case("after a cycle that was finished", (T, NOW), given=[*TWO, *finished(S)], rows=[(1, T, U, "DUE"), (2, T, U, "DUE")]),
    Case("the snapshots of missed cycles come first", (T, NOW), given=[*TWO, *finished(datetime(2026, 1, 14, 8, 30))],
         rows=[(h, at, end, state) for h in (1, 2)
               for at, end, state in ((R, S, "LATE"), (S, T, "LATE"), (T, U, "DUE"))]),
    Case("late from the grace on", (T, LATE), given=TWO, rows=[(1, T, U, "LATE"), (2, T, U, "LATE")]),
    Case("due up to the grace", (T, datetime(2026, 1, 14, 10, 19, 59)), given=TWO, rows=[(1, T, U, "DUE"), (2, T, U, "DUE")]),
    Case("another grace", (T, datetime(2026, 1, 14, 10, 1)),
         given=[*TWO, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'LOG_GRACE_MINUTES'")],
         rows=[(1, T, U, "LATE"), (2, T, U, "LATE")]),
    Case("what is closed", (T, LATE), given=[*TWO, *finished(R), log_taken(1, S), log_taken(2, S, "MISSING"), log_taken(1, T)],
         rows=[(1, S, T, "DONE"), (1, T, U, "DONE"), (2, S, T, "MISSING"), (2, T, U, "LATE")]),
    Case("a past log closes nothing", (T, NOW),
         given=[head_ends(1), ("mdm", "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
                                      " VALUES (1, '2026-01-14 10:00:00', 'PAST', 'x', 'DONE')")], rows=[(1, T, U, "DUE")]),
    Case("only enabled head-ends", (T, NOW), given=[head_ends(3)], rows=[(3, T, U, "DUE")]),
    Case("no head-end", (T, NOW), given=[head_ends(9)], rows=[]),
    Case("at the very moment", (T, T), given=[head_ends(1)], rows=[(1, T, U, "DUE")]),
    Case("an hour's grid", (T, NOW), given=[head_ends(1), ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '60' WHERE NAME = 'INTERVAL_MINUTES'")],
         rows=[(1, T, datetime(2026, 1, 14, 11), "DUE")]),
    Case("after an outage of twenty days", (T, NOW), given=[head_ends(1), *finished(T - 960 * HALF_HOUR)],
         rows=[(1, T - n * HALF_HOUR, T - (n - 1) * HALF_HOUR, "LATE" if n else "DUE") for n in range(960)]),
    Case("finished before", (T, AFTER), 10, given=[*TWO, *finished(S, T)], rows=[]),
    Case("a later one was finished", (T, AFTER), 3002, given=[*TWO, *finished(U)], rows=[]),
    Case("a time off the grid", (datetime(2026, 1, 14, 9, 50), NOW), 1004, given=TWO, rows=[]),
    Case("a time with seconds", (datetime(2026, 1, 14, 10, 0, 1), NOW), 1004, given=TWO, rows=[]),
    Case("half an hour on an hour's grid", (S, NOW), 1004,
         given=[("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '60' WHERE NAME = 'INTERVAL_MINUTES'")], rows=[]),
    Case("a time ahead", (U, NOW), 1004, given=TWO, rows=[]),
    Case("no time", (None, NOW), 1001, given=TWO, rows=[]),
    Case("no clock", (T, None), 1001, given=TWO, rows=[]),
]
