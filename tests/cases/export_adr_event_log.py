"""Cases of EXPORT_ADR_EVENT_LOG: its arguments; what it writes is in test_adr_log."""

from datetime import datetime

from case import Case
from cases._adr import EVENTS

NAME = "case-of-export-adr-event-log.csv"
MAY, JUNE, JULY = (datetime(2026, month, 1) for month in (5, 6, 7))


def only(start=None, end=None, name=None, level=None, area=None, status=None, file=NAME):
    return (start, end, name, level, area, status, file)


CASES = [
    Case("nothing in the range", only(JULY), 11, given=EVENTS),
    Case("nothing before the range", only(MAY, JUNE), 11, given=EVENTS),
    Case("nothing at all", only(), 11),
    Case("the end is excluded", only(end=datetime(2026, 6, 1, 10)), 11, given=EVENTS),
    Case("another event", only(name="e9"), 11, given=EVENTS),
    Case("a level that none has", only(level=4), 11, given=EVENTS),
    Case("another cluster", only(area="C2"), 11, given=EVENTS),
    Case("another state", only(status="over"), 11, given=EVENTS),
    Case("two filters that do not meet", only(name="e1", status="near"), 11, given=EVENTS),
    Case("no file name", only(file=None), 1001, given=EVENTS),
    Case("a path", only(file="../x.csv"), 1002, given=EVENTS),
    Case("a quote", only(file="x' INTO DUMPFILE 'y"), 1002, given=EVENTS),
    Case("an empty name", only(file=""), 1002, given=EVENTS),
    Case("a badly formed name", only(name="e 1"), 1002, given=EVENTS),
    Case("a name too long", only(name="x" * 65), 1002, given=EVENTS),
    Case("a badly formed cluster", only(area="' OR 1=1 --"), 1002, given=EVENTS),
    Case("a cluster too long", only(area="x" * 33), 1002, given=EVENTS),
    Case("an empty state", only(status=""), 1002, given=EVENTS),
    Case("a state too long", only(status="x" * 17), 1002, given=EVENTS),
    Case("an empty range", only(JUNE, JUNE), 1004, given=EVENTS),
    Case("the end before the start", only(JULY, JUNE), 1004, given=EVENTS),
]
