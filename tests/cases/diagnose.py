"""Cases of DIAGNOSE."""

from datetime import datetime

from case import Case
from cases._station import meter, usage

S, T, U, V = (datetime(2026, 1, 14, 10 + n // 2, n % 2 * 30) for n in range(4))
# Item 1: 0 to 15 kWh, three zeros or three gaps in a row; item 2 (current): 0 to 120 A.
POINT = [
    *meter(901, 1, "P1"),
    ("mdm", "UPDATE PARAM_GROUP SET ZERO_RUN_LIMIT = 3, NULL_RUN_LIMIT = 3 WHERE GROUP_ID = 1 AND SUB_NUMBER = 1"),
]
OPEN = ("mdm:SELECT ALERT_CODE, LD_ID, SUB_NUMBER, MEASURED_TIME, CLEARED_AT FROM MDM_ALERT_HISTORY"
        " ORDER BY ALERT_CODE, LD_ID, SUB_NUMBER, MEASURED_TIME")
FULL = "mdm:SELECT SEVERITY, ALERT_CODE, SOURCE, MESSAGE, NOTIFIED_AT FROM MDM_ALERT_HISTORY"
NEGATIVE = [*POINT, *usage("P1", T, "11", "-0.25")]


def run(*slots: tuple, sub: int = 1) -> list:
    """Slots in a row from S on: usage, or status 1 or 2 for none."""
    rows = [*POINT]
    for at, value in zip((S, T, U, V), slots, strict=False):
        if value in ("missing", "undetermined"):
            rows += usage("P1", at, None if value == "missing" else "1", None, 1 if value == "missing" else 2, sub=sub)
        else:
            rows += usage("P1", at, "1", value, sub=sub)
    return rows



CASES = [
    Case("plausible usage", (S, V), given=run("1", "0", "15"), rows=[], then={OPEN: []}),
    # NEGATIVE
    Case("a register fell", (T, U), given=NEGATIVE, rows=[("NEGATIVE", "P1", 1, T, "usage -0.2500")],
         then={OPEN: [("NEGATIVE", "P1", 1, T, None)], FULL: [(4, "NEGATIVE", "DIAGNOSE", "usage -0.2500", None)]}),
    Case("the severity that the station set", (T, U),
         given=[*NEGATIVE, ("mdm", "UPDATE ALERT_KIND SET SEVERITY = 6 WHERE ALERT_CODE = 'NEGATIVE'")],
         then={FULL: [(6, "NEGATIVE", "DIAGNOSE", "usage -0.2500", None)]}),
    Case("a kind whose row is gone", (T, U), given=[*NEGATIVE, ("mdm", "DELETE FROM ALERT_KIND")],
         then={FULL: [(4, "NEGATIVE", "DIAGNOSE", "usage -0.2500", None)]}),
    Case("one open alert: the second run finds nothing new", (T, U), given=[*NEGATIVE, ("DIAGNOSE", T, U)], rows=[],
         then={OPEN: [("NEGATIVE", "P1", 1, T, None)]}),
    Case("a later fall is the same alert", (U, V), given=[*NEGATIVE, ("DIAGNOSE", T, U), *usage("P1", U, "10", "-1")], rows=[],
         then={OPEN: [("NEGATIVE", "P1", 1, T, None)]}),
    Case("it is cleared when it ends", (U, V), given=[*NEGATIVE, ("DIAGNOSE", T, U), *usage("P1", U, "12", "1")], rows=[],
         then={OPEN: [("NEGATIVE", "P1", 1, T, U)]}),
    Case("a missing slot does not clear it", (U, V), given=[*NEGATIVE, ("DIAGNOSE", T, U), *usage("P1", U, None, None, 1)],
         rows=[], then={OPEN: [("NEGATIVE", "P1", 1, T, None)]}),
    Case("an undetermined slot does not clear it", (U, V),
         given=[*NEGATIVE, ("DIAGNOSE", T, U), *usage("P1", U, "12", None, 2)], rows=[],
         then={OPEN: [("NEGATIVE", "P1", 1, T, None)]}),
    Case("a fall after the end is another alert", (V, datetime(2026, 1, 14, 12)),
         given=[*NEGATIVE, ("DIAGNOSE", T, U), *usage("P1", U, "12", "1"), ("DIAGNOSE", U, V), *usage("P1", V, "11", "-1")],
         rows=[("NEGATIVE", "P1", 1, V, "usage -1.0000")],
         then={OPEN: [("NEGATIVE", "P1", 1, T, U), ("NEGATIVE", "P1", 1, V, None)]}),
    Case("the first of several falls in the range, and the worst", (S, V), given=run("-1", "-3", "-2"),
         rows=[("NEGATIVE", "P1", 1, S, "usage -3.0000")], then={OPEN: [("NEGATIVE", "P1", 1, S, None)]}),
    Case("a fall that ended within the range", (S, V), given=run("-1", "1", "1"),
         rows=[("NEGATIVE", "P1", 1, S, "usage -1.0000")], then={OPEN: [("NEGATIVE", "P1", 1, S, U)]}),
    Case("not outside the range", (U, V), given=[*NEGATIVE, *usage("P1", U, "12", "1")], rows=[], then={OPEN: []}),
    # RANGE
    Case("too much", (S, T), given=run("15.0001"), rows=[("RANGE", "P1", 1, S, "usage 15.0001")],
         then={OPEN: [("RANGE", "P1", 1, S, None)]}),
    Case("too much no more", (T, U), given=[*run("16"), ("DIAGNOSE", S, T), *usage("P1", T, "2", "15")], rows=[],
         then={OPEN: [("RANGE", "P1", 1, S, T)]}),
    Case("too little", (S, T), given=[*run("0.5"), ("mdm", "UPDATE PARAM_GROUP SET MIN_VALUE = 1 WHERE GROUP_ID = 1")],
         rows=[("RANGE", "P1", 1, S, "usage 0.5000")]),
    Case("no limits, no check", (S, T),
         given=[*run("99999"), ("mdm", "UPDATE PARAM_GROUP SET MIN_VALUE = NULL, MAX_VALUE = NULL WHERE GROUP_ID = 1")], rows=[]),
    Case("an instant value below its least", (S, T), given=run("-0.1", sub=2), rows=[("RANGE", "P1", 2, S, "usage -0.1000")],
         then={OPEN: [("RANGE", "P1", 2, S, None)]}),
    Case("an instant value above its largest", (S, T), given=run("120.1", sub=2), rows=[("RANGE", "P1", 2, S, "usage 120.1000")]),
    # ZERO_RUN
    Case("zero as often as the limit", (U, V), given=run("0", "0", "0"), rows=[("ZERO_RUN", "P1", 1, U, "3 snapshots at zero")],
         then={OPEN: [("ZERO_RUN", "P1", 1, U, None)]}),
    Case("zero once less than the limit", (U, V), given=run("1", "0", "0"), rows=[]),
    Case("a gap breaks the run", (V, datetime(2026, 1, 14, 12)), given=run("0", "missing", "0", "0"), rows=[]),
    Case("the run that ended before is none", (V, datetime(2026, 1, 14, 12)), given=run("0", "0", "0", "1"), rows=[]),
    Case("a run goes on: the same alert", (V, datetime(2026, 1, 14, 12)),
         given=[*run("0", "0", "0"), ("DIAGNOSE", U, V), *usage("P1", V, "1", "0")], rows=[],
         then={OPEN: [("ZERO_RUN", "P1", 1, U, None)]}),
    Case("the run ends", (V, datetime(2026, 1, 14, 12)),
         given=[*run("0", "0", "0"), ("DIAGNOSE", U, V), *usage("P1", V, "1", "0.01")], rows=[],
         then={OPEN: [("ZERO_RUN", "P1", 1, U, V)]}),
    Case("no limit, no run", (U, V),
         given=[*run("0", "0", "0"), ("mdm", "UPDATE PARAM_GROUP SET ZERO_RUN_LIMIT = NULL WHERE GROUP_ID = 1")], rows=[]),
    # NULL_RUN
    Case("missing as often as the limit", (U, V), given=run("missing", "missing", "missing"),
         rows=[("NULL_RUN", "P1", 1, U, "3 snapshots without a reading")], then={OPEN: [("NULL_RUN", "P1", 1, U, None)]}),
    Case("missing once less than the limit", (U, V), given=run("1", "missing", "missing"), rows=[]),
    Case("an undetermined slot is read", (U, V), given=run("missing", "undetermined", "missing"), rows=[]),
    Case("a reading ends the run, even an undetermined one", (V, datetime(2026, 1, 14, 12)),
         given=[*run("missing", "missing", "missing"), ("DIAGNOSE", U, V), *usage("P1", V, "1", None, 2)], rows=[],
         then={OPEN: [("NULL_RUN", "P1", 1, U, V)]}),
    Case("a run over the begin of the range", (T, V), given=run("missing", "missing", "missing"),
         rows=[("NULL_RUN", "P1", 1, U, "3 snapshots without a reading")]),
    # together
    Case("each kind has its own alert", (S, datetime(2026, 1, 14, 12)),
         given=[*POINT, *meter(902, 1, "P2"), *meter(903, 1, "P3"),
                *(call for at in (T, U, V) for call in (*usage("P1", at, "1", "0"), *usage("P2", at, None, None, 1))),
                *usage("P1", S, "1", "-2"), *usage("P3", V, "1", "99"), *usage("P3", V, "1", "500", sub=2)],
         rows=[("NEGATIVE", "P1", 1, S, "usage -2.0000"), ("RANGE", "P3", 1, V, "usage 99.0000"),
               ("RANGE", "P3", 2, V, "usage 500.0000"), ("ZERO_RUN", "P1", 1, V, "3 snapshots at zero"),
               ("NULL_RUN", "P2", 1, V, "3 snapshots without a reading")],
         then={OPEN: [("NEGATIVE", "P1", 1, S, V), ("NULL_RUN", "P2", 1, V, None), ("RANGE", "P3", 1, V, None),
                      ("RANGE", "P3", 2, V, None), ("ZERO_RUN", "P1", 1, V, None)]}),
    # arguments
    Case("no snapshot in the range", (datetime(2026, 1, 15), datetime(2026, 1, 16)), 11, given=NEGATIVE, rows=[], then={OPEN: []}),
    Case("no start", (None, U), 1001, given=NEGATIVE, rows=[]),
    Case("no end", (T, None), 1001, given=NEGATIVE, rows=[], then={OPEN: []}),
    Case("an empty range", (T, T), 1004, given=NEGATIVE, rows=[]),
    Case("the end before the start", (U, T), 1004, given=NEGATIVE, rows=[], then={OPEN: []}),
]
