"""Cases of FINISH_CONTROL."""

from decimal import Decimal

from case import Case
from cases._api import control

TWO = [control(950), control(951, ld_id="P2")]
ROWS = "mdm:SELECT CONTROL_ID, STATE, FOUND_VALUE, MESSAGE FROM CONTROL_HISTORY ORDER BY CONTROL_ID"
OPEN = "mdm:SELECT COUNT(*) FROM CONTROL_HISTORY WHERE FINISHED_AT IS NULL"


def ends(state, value=None, message=None):
    return {ROWS: [(950, state, value, message), (951, "OPEN", None, None)]}


def ended(state):
    return [*TWO, ("FINISH_CONTROL", 950, state, 1, "first")]


UNTOUCHED = ends("OPEN") | {OPEN: [(2,)]}

CASES = [
    Case("the meter confirmed it", (950, "DONE", 1, None), given=TWO, then=ends("DONE", 1) | {OPEN: [(1,)]}),
    Case("with what was read back", (950, "DONE", Decimal("40.5"), "read back"), given=TWO,
         then=ends("DONE", Decimal("40.5"), "read back")),
    Case("the head-end refused it", (950, "REFUSED", None, "no such slot"), given=TWO,
         then=ends("REFUSED", None, "no such slot") | {OPEN: [(1,)]}),
    Case("any text", (950, "REFUSED", None, "応答なし, \"60\"'; --"), given=TWO, then=ends("REFUSED", None, "応答なし, \"60\"'; --")),
    Case("the longest message", (950, "DONE", None, "電" * 512), given=TWO, then=ends("DONE", None, "電" * 512)),
    Case("a repeat", (950, "DONE", 0, "again"), 10, given=ended("DONE"), then=ends("DONE", 1, "first")),
    Case("a repeated refusal", (950, "REFUSED", 0, "again"), 10, given=ended("REFUSED"), then=ends("REFUSED", 1, "first")),
    Case("it ended otherwise", (950, "REFUSED", 0, "again"), 3002, given=ended("DONE"), then=ends("DONE", 1, "first")),
    Case("it was refused before", (950, "DONE", 0, "again"), 3002, given=ended("REFUSED"), then=ends("REFUSED", 1, "first")),
    Case("an unknown control", (999, "DONE", None, None), 2008, given=TWO, then=UNTOUCHED),
    Case("no control", (None, "DONE", None, None), 1001, given=TWO, then=UNTOUCHED),
    Case("no state", (950, None, None, None), 1001, given=TWO, then=UNTOUCHED),
    Case("a message too long", (950, "DONE", None, "x" * 513), 1002, given=TWO, then=UNTOUCHED),
    Case("back to open", (950, "OPEN", None, None), 1003, given=TWO, then=UNTOUCHED),
    Case("a state in lower case", (950, "done", None, None), 1003, given=TWO, then=UNTOUCHED),
]
