"""Cases of ADR_PROFILE, worked by hand."""

from datetime import datetime, timedelta
from decimal import Decimal

from case import Case
from cases._station import meter, slot

POINTS = [*meter(901, 1, "P1"), *meter(902, 1, "P2"), *meter(903, 1, "G1", 102)]
LAST = datetime(2026, 3, 1, 18, 30)


def current(at, value, point="P1", sub=2):
    return slot(point, at, value, sub=sub)[0]


def days_ago(days, value, **rest):
    return current(LAST - timedelta(days=days), value, **rest)


def setting(minutes):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{minutes}' WHERE NAME = 'INTERVAL_MINUTES'")


THREE = [*POINTS, days_ago(0, 10), days_ago(1, "20.5"), days_ago(2, 12)]

CASES = [
    Case("the typical and the largest current of a slot", ("P1", 2, 30), given=THREE,
         rows=[("18:00:00", Decimal("14.1667"), Decimal("20.5"), 3)]),
    Case("the point's first current by default", ("P1", None, None),
         given=[*THREE, days_ago(0, 99, sub=1), days_ago(0, 99, sub=4), days_ago(0, 99, point="P2")],
         rows=[("18:00:00", Decimal("14.1667"), Decimal("20.5"), 3)]),
    Case("slots in the order of the day, each named by its begin", ("P1", None, None),
         given=[*POINTS, current("2026-03-01 00:00:00", 1), current("2026-03-01 00:30:00", 2), current("2026-03-01 12:00:00", 3)],
         rows=[("00:00:00", 2, 2, 1), ("11:30:00", 3, 3, 1), ("23:30:00", 1, 1, 1)]),
    Case("slots of an hour", ("P1", None, None), given=[*POINTS, setting(60), current("2026-03-01 00:00:00", 1)],
         rows=[("23:00:00", 1, 1, 1)]),
    Case("30 days by default", ("P1", None, None), given=[*POINTS, days_ago(0, 10), days_ago(29, 20), days_ago(30, 90)],
         rows=[("18:00:00", 15, 20, 2)]),
    Case("one day", ("P1", 2, 1), given=THREE, rows=[("18:00:00", 10, 10, 1)]),
    Case("two days", ("P1", 2, 2), given=THREE, rows=[("18:00:00", Decimal("15.25"), Decimal("20.5"), 2)]),
    Case("a year", ("P1", 2, 366), given=[*POINTS, days_ago(0, 10), days_ago(365, 20), days_ago(366, 90)],
         rows=[("18:00:00", 15, 20, 2)]),
    Case("a fourth day", ("P1", 2, 30), given=[*THREE, days_ago(3, 40)],
         rows=[("18:00:00", Decimal("20.625"), 40, 4)]),
    Case("a missing value is none, though the newest", ("P1", 2, 2), given=[*POINTS, days_ago(0, None), days_ago(1, 20), days_ago(2, 90)],
         rows=[("18:00:00", 20, 20, 1)]),
    Case("a current of nothing counts", ("P1", 2, 30), given=[*POINTS, days_ago(0, 0), days_ago(1, 5)],
         rows=[("18:00:00", Decimal("2.5"), 5, 2)]),
    Case("no readings", ("P1", 2, 30), 11, given=[*POINTS, days_ago(0, 9, sub=1)], rows=[]),
    Case("no values", ("P1", 2, 30), 11, given=[*POINTS, days_ago(0, None)], rows=[]),
    Case("no values in these days", ("P1", 2, 1), 11, given=[*POINTS, days_ago(0, None), days_ago(1, 9)], rows=[]),
    Case("no point", (None, 2, 30), 1001, given=THREE),
    Case("an LD_ID of 33 characters", ("P" * 33, 2, 30), 1002, given=THREE),
    Case("an injection is no LD_ID", ("P1' OR '1'='1", 2, 30), 1002, given=THREE, rows=[]),
    Case("an item that the point does not have", ("P1", 5, 30), 1003, given=THREE),
    Case("an item that counts up", ("P1", 1, 30), 1003, given=[*THREE, days_ago(0, 9, sub=1)], rows=[]),
    Case("a voltage", ("P1", 4, 30), 1003, given=[*THREE, days_ago(0, 99, sub=4)], rows=[]),
    Case("a point without a current", ("G1", None, 30), 1003, given=THREE),
    Case("no days", ("P1", 2, 0), 1004, given=THREE),
    Case("367 days", ("P1", 2, 367), 1004, given=THREE),
    Case("an unknown point", ("P9", 2, 30), 2002, given=THREE),
    Case("a removed point", ("P1", 2, 30), 2002, given=[*THREE, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")]),
]
