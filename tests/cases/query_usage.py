"""Cases of QUERY_USAGE."""

from datetime import datetime, timedelta
from decimal import Decimal

from case import Case
from cases._station import STATION, slot, usage

T = datetime(2026, 1, 14)
HALF = timedelta(minutes=30)
REPOLLED = datetime(2026, 1, 14, 10, 30)


def ask(point="P1", sub=None, start=T, end=T + timedelta(days=1), after=None, limit=None):
    return (point, sub, start, end, after, limit)


def at(number):
    return T + number * HALF


def row(number, sub=1, reading=None, value=None, status=0, repoll=(None, None, None), billed=None, quote=None, co2=None, source="N"):
    return (at(number), sub, reading, value, status, *repoll, billed, quote, co2, source)


# A reading, one that was missing and polled again, one after it, and the current at the first of them.
DAY = [
    *STATION,
    *usage("P1", at(0), "100.5", "1.5"),
    *usage("P1", at(0), "3", "3", sub=2),
    *usage("P1", at(1), None, None, 1, repoll=("102", "1.5", REPOLLED)),
    *usage("P1", at(2), "103", None, 2, repoll=(None, "1", REPOLLED)),
    *usage("P2", at(0), "7", "7"),
    ("vps", "UPDATE QUOTE_HISTORY SET USAGE_VALUE = 1.6, QUOTE = 40.25, CO2 = 0.5, SOURCE = 'S' WHERE LD_ID = 'P1'"
            f" AND SUB_NUMBER = 1 AND MEASURED_TIME = '{at(0)}'"),
]
FIRST = row(0, 1, Decimal("100.5"), Decimal("1.5"), billed=Decimal("1.6"), quote=Decimal("40.25"), co2=Decimal("0.5"), source="S")
CURRENT = row(0, 2, 3, 3, billed=3)
SECOND = row(1, 1, None, None, 1, (102, Decimal("1.5"), REPOLLED))
THIRD = row(2, 1, 103, None, 2, (None, 1, REPOLLED))


def series(numbers):
    return [call for number in numbers for call in slot("P1", at(number), number)]


def kept(numbers):
    """Slots of which only the final usage is left."""
    return [(at(number), 1, None, None, None, None, None, None, number, None, None, "N") for number in numbers]


UNCONFIGURED = ("mdm", "DELETE FROM PARAM_GROUP WHERE SUB_NUMBER = 2")

# Every quarter of an hour, and then none for a week.
DENSE = [call for number in range(8) for call in slot("P1", T + number * HALF / 2, number)]
GAP = [*series([0, 1]), *series([336, 337])]

CASES = [
    Case("a day", ask(), given=DAY, rows=[FIRST, CURRENT, SECOND, THIRD]),
    Case("one item", ask(sub=2), given=DAY, rows=[CURRENT]),
    Case("an item that is configured no more", ask(sub=2), given=[*DAY, UNCONFIGURED], rows=[CURRENT]),
    Case("all items that are configured", ask(), given=[*DAY, UNCONFIGURED], rows=[FIRST, SECOND, THIRD]),
    Case("an item that the point does not have", ask(sub=9), 11, given=DAY, rows=[]),
    Case("the start belongs to the range", ask(start=at(1)), given=DAY, rows=[SECOND, THIRD]),
    Case("the end does not", ask(end=at(2)), given=DAY, rows=[FIRST, CURRENT, SECOND]),
    Case("letters are as they are", ask("p1"), 2002, given=DAY, rows=[]),
    # Pages
    Case("a page of one moment has all of its items", ask(limit=1), given=DAY, rows=[FIRST, CURRENT]),
    Case("the page behind it", ask(after=at(0), limit=1), given=DAY, rows=[SECOND]),
    Case("the last page", ask(after=at(1), limit=1), given=DAY, rows=[THIRD]),
    Case("no further page", ask(after=at(2), limit=1), 11, given=DAY, rows=[]),
    Case("behind a moment before the range", ask(after=at(-9), limit=1), given=DAY, rows=[FIRST, CURRENT]),
    Case("a page of a hundred", ask(limit=None, end=T + timedelta(days=9)), given=series(range(103)), rows=kept(range(100))),
    Case("a page is whole over a gap", ask(limit=3, end=T + timedelta(days=9)), given=GAP, rows=kept([0, 1, 336])),
    Case("a page begins behind a gap", ask(after=at(1), limit=1, end=T + timedelta(days=9)), given=GAP, rows=kept([336])),
    Case("slots that lie closer than the interval", ask(limit=3), given=DENSE,
         rows=[(T + n * HALF / 2, *kept([n])[0][1:]) for n in range(3)]),
    Case("readings that are no longer kept", ask(), given=[*DAY, ("vps", f"DELETE FROM USAGE_HISTORY WHERE MEASURED_TIME < '{at(2)}'")],
         rows=[(*FIRST[:2], None, None, None, None, None, None, *FIRST[8:]),
               (*CURRENT[:2], None, None, None, None, None, None, *CURRENT[8:]),
               (*SECOND[:2], None, None, None, None, None, None, *SECOND[8:]), THIRD]),
    Case("a final usage that is no longer kept", ask(), given=[*DAY, ("vps", "DELETE FROM QUOTE_HISTORY")],
         rows=[(*one[:8], None, None, None, None) for one in (FIRST, CURRENT, SECOND, THIRD)]),
    # Nothing
    Case("a day without usage", ask(start=T - timedelta(days=1), end=T), 11, given=DAY, rows=[]),
    Case("a point whose meter is gone", ask(start=T - timedelta(days=1), end=T), 11,
         given=[*DAY, ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE LD_ID = 'P1'")], rows=[]),
    Case("a point without usage", ask("P4"), 11, given=DAY, rows=[]),
    Case("an unknown point", ask("P9"), 2002, given=DAY, rows=[]),
    Case("no point", ask(None), 1001, rows=[]),
    Case("no start", ask(start=None), 1001, rows=[]),
    Case("no end", ask(end=None), 1001, rows=[]),
    Case("an injection is no LD_ID", ask("P1' OR '1'='1"), 1002, given=DAY, rows=[]),
    Case("an empty range", ask(end=T), 1004, given=DAY, rows=[]),
    Case("a page of nothing", ask(limit=0), 1004, given=DAY, rows=[]),
    Case("a page too long", ask(limit=1001), 1004, given=DAY, rows=[]),
]
