"""Cases of EXPORT_ADR_ACTION_LOG_ROWS: its arguments; the lines that it gives are in test_adr_log."""

from datetime import datetime

from case import Case
from cases._adr import ACTIONS, EVENTS

MAY, JUNE, JULY = (datetime(2026, month, 1) for month in (5, 6, 7))
ALL = [*EVENTS, *ACTIONS]


def only(start=None, end=None, event=None, policy=None, point=None, state=None):
    return (start, end, event, policy, point, state)


CASES = [
    Case("the reserved actions of a month", (datetime(2026, 6, 1), datetime(2026, 7, 1), None, None, None, "RESERVED"), given=ALL),
    Case("nothing in the range", only(JULY), 11, given=ALL, rows=[]),
    Case("nothing before the range", only(MAY, JUNE), 11, given=ALL, rows=[]),
    Case("nothing at all", only(), 11, rows=[]),
    Case("the end is excluded", only(end=datetime(2026, 6, 1, 10)), 11, given=ALL, rows=[]),
    Case("the start is included", only(start=datetime(2026, 6, 2, 10)), given=ALL),
    Case("no filter at all", only(), given=ALL),
    Case("another event", only(event=999), 11, given=ALL, rows=[]),
    Case("another policy", only(policy=999), 11, given=ALL, rows=[]),
    Case("another point", only(point="P9"), 11, given=ALL, rows=[]),
    Case("a point and an event that do not meet", only(point="P2", event=901), 11, given=ALL, rows=[]),
    Case("an event and a state that do not meet", only(event=900, state="FAILED"), 11, given=ALL, rows=[]),
    Case("a point outside the range", only(JULY, point="P1"), 11, given=ALL, rows=[]),
    Case("an event outside the range", only(JULY, event=900), 11, given=ALL, rows=[]),
    Case("a badly formed point", only(point="P 1"), 1002, given=ALL, rows=[]),
    Case("an empty point", only(point=""), 1002, given=ALL, rows=[]),
    Case("an injection as point", only(point="' OR 1=1 --"), 1002, given=ALL, rows=[]),
    Case("a point too long", only(point="x" * 33), 1002, given=ALL, rows=[]),
    Case("another state", only(state="DONE"), 1003, given=ALL, rows=[]),
    Case("a state in lower case", only(state="reserved"), 1003, given=ALL, rows=[]),
    Case("an empty state", only(state=""), 1003, given=ALL, rows=[]),
    Case("an injection as state", only(state="FAILED' OR '1'='1"), 1003, given=ALL, rows=[]),
    Case("an empty range", only(JUNE, JUNE), 1004, given=ALL, rows=[]),
    Case("the end before the start", only(JULY, JUNE), 1004, given=ALL, rows=[]),
]
