"""Cases of FINISH_CONTROL."""

from decimal import Decimal

from case import Case
from cases._api import DEVICES, control

# The relay and the capacity of P1, at 901; of P1g, at its other address; and a reservation at P4.
BEGUN = [*DEVICES, control(950), control(951, ld_id="P1g", kind="CAPACITY", value=20, address=3),
         control(952, ld_id="P4", kind="RESERVE", value=20, pd=904)]
ROWS = "mdm:SELECT CONTROL_ID, STATE, FOUND_VALUE, MESSAGE FROM CONTROL_HISTORY ORDER BY CONTROL_ID"
OPEN = "mdm:SELECT COUNT(*) FROM CONTROL_HISTORY WHERE FINISHED_AT IS NULL"
METERS = "mdm:SELECT TABLE_KEY, RELAY_STATE, CONTRACT_CAPACITY FROM LOGICAL_DEVICE ORDER BY TABLE_KEY"
MOVED = [("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE TABLE_KEY = 912"),
         ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = 'P1' WHERE TABLE_KEY = 914")]


def ends(state, value=None, message=None, control_id=950):
    open_ = {key: (key, "OPEN", None, None) for key in (950, 951, 952)}
    return {ROWS: list((open_ | {control_id: (control_id, state, value, message)}).values())}


def meters(key=None, relay=1, capacity=40):
    """All as it was, but one."""
    return {METERS: [(one, relay, capacity) if one == key else (one, 1, 40) for one in range(911, 916)]}


def ended(state, value=1):
    return [*BEGUN, ("FINISH_CONTROL", 950, state, value, "first")]


AT_P1, AT_P1G = [("P1",)], [("P1g",)]
UNTOUCHED = ends("OPEN") | {OPEN: [(3,)]} | meters()

CASES = [
    Case("the meter confirmed it", (950, "DONE", 0, None), given=BEGUN, rows=AT_P1,
         then=ends("DONE", 0) | {OPEN: [(2,)]} | meters(912, relay=0)),
    Case("a capacity, with what was read back", (951, "DONE", Decimal("20.5"), "read back"), given=BEGUN, rows=AT_P1G,
         then=ends("DONE", Decimal("20.5"), "read back", 951) | meters(911, capacity=Decimal("20.5"))),
    Case("no limit", (951, "DONE", 0, None), given=BEGUN, rows=AT_P1G, then=ends("DONE", 0, None, 951) | meters(911, capacity=0)),
    Case("a reservation changes no meter", (952, "DONE", 20, None), given=BEGUN, rows=[("P4",)],
         then=ends("DONE", 20, None, 952) | meters()),
    Case("the head-end refused it", (950, "REFUSED", None, "no such slot"), given=BEGUN, rows=AT_P1,
         then=ends("REFUSED", None, "no such slot") | {OPEN: [(2,)]} | meters()),
    Case("refused, and the meter has another value", (951, "REFUSED", 60, None), given=BEGUN, rows=AT_P1G,
         then=ends("REFUSED", 60, None, 951) | meters(911, capacity=60)),
    Case("the point is at another meter by now", (950, "DONE", 0, None), given=[*BEGUN, *MOVED], rows=[(None,)],
         then=ends("DONE", 0) | meters(912, relay=0)),
    Case("the meter is at another point by now", (952, "DONE", 20, None), given=[*BEGUN, *MOVED], rows=AT_P1,
         then=ends("DONE", 20, None, 952) | meters()),
    Case("the meter has no such logical device any more", (950, "DONE", 0, None),
         given=[*BEGUN, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE TABLE_KEY = 912")], rows=[(None,)],
         then=ends("DONE", 0) | meters()),
    Case("any text", (950, "REFUSED", None, "応答なし, \"60\"'; --"), given=BEGUN, then=ends("REFUSED", None, "応答なし, \"60\"'; --")),
    Case("the longest message", (950, "DONE", None, "電" * 512), given=BEGUN, then=ends("DONE", None, "電" * 512) | meters()),
    Case("a repeat", (950, "DONE", 0, "again"), 10, given=ended("DONE"), rows=AT_P1, then=ends("DONE", 1, "first") | meters()),
    Case("a repeated refusal", (950, "REFUSED", 0, "again"), 10, given=ended("REFUSED"), rows=AT_P1,
         then=ends("REFUSED", 1, "first") | meters()),
    Case("it ended otherwise", (950, "REFUSED", 0, "again"), 3002, given=ended("DONE"), rows=[],
         then=ends("DONE", 1, "first") | meters()),
    Case("it was refused before", (950, "DONE", 0, "again"), 3002, given=ended("REFUSED"), rows=[],
         then=ends("REFUSED", 1, "first") | meters()),
    Case("an unknown control", (999, "DONE", None, None), 2008, given=BEGUN, rows=[], then=UNTOUCHED),
    Case("no control", (None, "DONE", None, None), 1001, given=BEGUN, then=UNTOUCHED),
    Case("no state", (950, None, None, None), 1001, given=BEGUN, then=UNTOUCHED),
    Case("a message too long", (950, "DONE", None, "x" * 513), 1002, given=BEGUN, then=UNTOUCHED),
    Case("back to open", (950, "OPEN", None, None), 1003, given=BEGUN, then=UNTOUCHED),
    Case("a state in lower case", (950, "done", None, None), 1003, given=BEGUN, then=UNTOUCHED),
    Case("a relay that is neither open nor closed", (950, "DONE", 2, None), 1004, given=BEGUN, rows=[], then=UNTOUCHED),
    Case("a capacity below zero", (951, "DONE", -1, None), 1004, given=BEGUN, rows=[], then=UNTOUCHED),
]
