"""Cases of EXPORT_ADR_ACTION_LOG: its arguments; what it writes is in test_adr_log."""

from datetime import datetime

from case import Case
from cases._adr import ACTIONS, EVENTS

NAME = "case-of-export-adr-action-log.csv"
MAY, JUNE, JULY = (datetime(2026, month, 1) for month in (5, 6, 7))
ALL = [*EVENTS, *ACTIONS]


def only(start=None, end=None, event=None, policy=None, point=None, state=None, name=NAME):
    return (start, end, event, policy, point, state, name)


CASES = [
    Case("nothing in the range", only(JULY), 11, given=ALL),
    Case("nothing before the range", only(MAY, JUNE), 11, given=ALL),
    Case("nothing at all", only(), 11),
    Case("the end is excluded", only(end=datetime(2026, 6, 1, 10)), 11, given=ALL),
    Case("another event", only(event=999), 11, given=ALL),
    Case("another policy", only(policy=999), 11, given=ALL),
    Case("another point", only(point="P9"), 11, given=ALL),
    Case("a point and an event that do not meet", only(point="P2", event=901), 11, given=ALL),
    Case("an event and a state that do not meet", only(event=900, state="FAILED"), 11, given=ALL),
    Case("a point outside the range", only(JULY, point="P1"), 11, given=ALL),
    Case("an event outside the range", only(JULY, event=900), 11, given=ALL),
    Case("no file name", only(name=None), 1001, given=ALL),
    Case("a path", only(name="../x.csv"), 1002, given=ALL),
    Case("a quote", only(name="x' INTO DUMPFILE 'y"), 1002, given=ALL),
    Case("an empty name", only(name=""), 1002, given=ALL),
    Case("a badly formed point", only(point="P 1"), 1002, given=ALL),
    Case("an empty point", only(point=""), 1002, given=ALL),
    Case("an injection as point", only(point="' OR 1=1 --"), 1002, given=ALL),
    Case("a point too long", only(point="x" * 33), 1002, given=ALL),
    Case("another state", only(state="DONE"), 1003, given=ALL),
    Case("a state in lower case", only(state="reserved"), 1003, given=ALL),
    Case("an empty state", only(state=""), 1003, given=ALL),
    Case("an injection as state", only(state="FAILED' OR '1'='1"), 1003, given=ALL),
    Case("an empty range", only(JUNE, JUNE), 1004, given=ALL),
    Case("the end before the start", only(JULY, JUNE), 1004, given=ALL),
]
