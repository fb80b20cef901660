"""Cases of EXPORT_ADR_EVENT_LOG_ROWS: its arguments; the lines that it gives are in test_adr_log."""

from datetime import datetime

from case import Case
from cases._adr import EVENTS

MAY, JUNE, JULY = (datetime(2026, month, 1) for month in (5, 6, 7))


def only(start=None, end=None, name=None, level=None, area=None, status=None):
    return (start, end, name, level, area, status)


CASES = [
    Case("the events of a month", (datetime(2026, 6, 1), datetime(2026, 7, 1), None, 2, None, None), given=EVENTS),
    Case("nothing in the range", only(JULY), 11, given=EVENTS, rows=[]),
    Case("nothing before the range", only(MAY, JUNE), 11, given=EVENTS, rows=[]),
    Case("nothing at all", only(), 11, rows=[]),
    Case("the end is excluded", only(end=datetime(2026, 6, 1, 10)), 11, given=EVENTS, rows=[]),
    Case("the start is included", only(start=datetime(2026, 6, 3, 10)), given=EVENTS),
    Case("no filter at all", only(), given=EVENTS),
    Case("another event", only(name="e9"), 11, given=EVENTS, rows=[]),
    Case("a level that none has", only(level=4), 11, given=EVENTS, rows=[]),
    Case("another cluster", only(area="C2"), 11, given=EVENTS, rows=[]),
    Case("another state", only(status="over"), 11, given=EVENTS, rows=[]),
    Case("two filters that do not meet", only(name="e1", status="near"), 11, given=EVENTS, rows=[]),
    Case("a badly formed name", only(name="e 1"), 1002, given=EVENTS, rows=[]),
    Case("a name too long", only(name="x" * 65), 1002, given=EVENTS, rows=[]),
    Case("a badly formed cluster", only(area="' OR 1=1 --"), 1002, given=EVENTS, rows=[]),
    Case("a cluster too long", only(area="x" * 33), 1002, given=EVENTS, rows=[]),
    Case("an empty state", only(status=""), 1002, given=EVENTS, rows=[]),
    Case("a state too long", only(status="x" * 17), 1002, given=EVENTS, rows=[]),
    Case("an empty range", only(JUNE, JUNE), 1004, given=EVENTS, rows=[]),
    Case("the end before the start", only(JULY, JUNE), 1004, given=EVENTS, rows=[]),
]
