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


def unreached(device: str, at: datetime, cleared: str = "NULL", code: str = "TRANSFER_FAILED", source: str = "cycle") -> tuple:
    return ("mdm", "INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, CLEARED_AT)"
                   f" VALUES ('{at}', 3, '{code}', '{source}', '{device}', {cleared})")


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
    # By the clock
    Case("no time is the newest snapshot", (None, NOW), given=TWO, rows=[(1, T, U, "DUE"), (2, T, U, "DUE")]),
    Case("the newest at the very moment", (None, T), given=[head_ends(1)], rows=[(1, T, U, "DUE")]),
    Case("the newest a moment before the next", (None, datetime(2026, 1, 14, 10, 29, 59)), given=[head_ends(1)],
         rows=[(1, T, U, "LATE")]),
    Case("the newest on an hour's grid", (None, datetime(2026, 1, 14, 10, 59)),
         given=[head_ends(1), ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '60' WHERE NAME = 'INTERVAL_MINUTES'")],
         rows=[(1, T, AFTER, "LATE")]),
    Case("the newest was finished", (None, NOW), 10, given=[*TWO, *finished(T)], rows=[]),
    Case("the newest is behind one that was finished", (None, NOW), 3002, given=[*TWO, *finished(U)], rows=[]),
    Case("up to the newest after an outage", (None, NOW), given=[head_ends(1), *finished(R)],
         rows=[(1, S, T, "LATE"), (1, T, U, "DUE")]),
    # A head-end that could not be reached
    Case("the grace runs from the failure", (T, LATE), given=[*TWO, unreached("HE1", datetime(2026, 1, 14, 10, 0, 1))],
         rows=[(1, T, U, "DUE"), (2, T, U, "LATE")]),
    Case("and is over", (T, LATE), given=[*TWO, unreached("HE1", T)], rows=[(1, T, U, "LATE"), (2, T, U, "LATE")]),
    Case("for all that it has not delivered", (T, LATE), given=[head_ends(1), *finished(R), unreached("HE1", datetime(2026, 1, 14, 10, 5))],
         rows=[(1, S, T, "DUE"), (1, T, U, "DUE")]),
    Case("not once it was reached again", (T, LATE),
         given=[head_ends(1), unreached("HE1", NOW, "'2026-01-14 10:10:00'")], rows=[(1, T, U, "LATE")]),
    Case("not for a failure that lies ahead", (T, LATE), given=[head_ends(1), unreached("HE1", AFTER)], rows=[(1, T, U, "LATE")]),
    Case("not for another alert of it", (T, LATE), given=[head_ends(1), unreached("HE1", NOW, code="LOG_MISSING")],
         rows=[(1, T, U, "LATE")]),
    Case("not for single files of it", (T, LATE), given=[head_ends(1), unreached("HE1", NOW, source="cycle: files")],
         rows=[(1, T, U, "LATE")]),
    Case("single files do not take it away", (T, LATE),
         given=[head_ends(1), unreached("HE1", S, source="cycle: files"), unreached("HE1", NOW)], rows=[(1, T, U, "DUE")]),
    Case("what was taken in stays so", (T, LATE), given=[head_ends(1), log_taken(1, T), unreached("HE1", NOW)],
         rows=[(1, T, U, "DONE")]),
    Case("no clock", (T, None), 1001, given=TWO, rows=[]),
]
