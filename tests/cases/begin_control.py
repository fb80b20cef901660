"""Cases of BEGIN_CONTROL."""

from datetime import datetime
from decimal import Decimal

from case import Case
from cases._api import DEVICES, control

START, END = datetime(2026, 4, 1, 18), datetime(2026, 4, 1, 20)
ROWS = ("mdm:SELECT KIND, LD_ID, PD_TABLE_KEY, LD_ADDRESS, HEID, \"VALUE\", START_AT, END_AT, ADR_ACTION_ID, STATE,"
        " REQUESTED_BY, REQUEST_ID, FINISHED_AT FROM CONTROL_HISTORY ORDER BY CONTROL_ID")
COUNT = "mdm:SELECT COUNT(*) FROM CONTROL_HISTORY"
STATES = "mdm:SELECT CONTROL_ID, STATE FROM CONTROL_HISTORY ORDER BY CONTROL_ID"


def begin(kind="RELAY", point="P1", value=0, start=None, end=None, action=None, current=None, force=None, who="care", request="r-1"):
    return (kind, point, value, start, end, action, current, force, who, request)


def reserve(**given):
    return begin(**({"kind": "RESERVE", "value": 20, "start": START, "end": END, "action": 7} | given))


def noted(kind="RELAY", point="P1", pd=901, address=2, heid=1, value=0, start=None, end=None, action=None, who="care", request="r-1"):
    return {ROWS: [(kind, point, pd, address, heid, value, start, end, action, "OPEN", who, request, None)]}



CASES = [
    Case("a relay is to be opened", begin(), given=DEVICES, then=noted()),
    Case("a relay is to be closed", begin(value=1, who=None, request=None), given=DEVICES,
         then=noted(value=1, who=None, request=None)),
    Case("a capacity", begin("CAPACITY", "P1g", Decimal("60.5"), current=Decimal("60.5")), given=DEVICES,
         then=noted("CAPACITY", "P1g", address=3, value=Decimal("60.5"))),
    Case("a capacity while nobody knows the current", begin("CAPACITY", value=1), given=DEVICES, then=noted("CAPACITY", value=1)),
    Case("a capacity below the current, forced", begin("CAPACITY", value=10, current=11, force=1), given=DEVICES,
         then=noted("CAPACITY", value=10)),
    Case("a relay opens whatever flows", begin(current=11), given=DEVICES, then=noted()),
    Case("a reservation", reserve(current=30), given=DEVICES, then=noted("RESERVE", value=20, start=START, end=END, action=7)),
    Case("a point of an unknown concentrator", begin(point="P4"), given=DEVICES, then=noted(point="P4", pd=904, heid=None)),
    Case("a control of another point is open", begin(), given=[*DEVICES, control(950, ld_id="P1g")],
         then={COUNT: [(2,)]}),
    Case("a control of the point has ended", begin(), given=[*DEVICES, control(950, "DONE"), control(951, "REFUSED")],
         then={COUNT: [(3,)]}),
    Case("a control of the point is open", begin(value=1), 3002, given=[*DEVICES, control(950)],
         message="another control of the point is open", rows=[], then={STATES: [(950, "OPEN")]}),
    Case("a capacity below the current", begin("CAPACITY", value=10, current=Decimal("10.1")), 3002, given=DEVICES,
         message="the present current is above the capacity", rows=[], then={STATES: []}),
    Case("a capacity below the current, not forced", begin("CAPACITY", value=10, current=11, force=0), 3002, given=DEVICES,
         message="the present current is above the capacity", rows=[], then={STATES: []}),
    Case("an unknown point", begin(point="P9"), 2002, given=DEVICES, rows=[], then={STATES: []}),
    Case("a point that was removed", begin(point="P5"), 2002, given=[("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID,"
         " PD_TABLE_KEY, TYPE_ID, DELETED) VALUES (920, 'P5', 901, 101, 1)"), *DEVICES], rows=[], then={STATES: []}),
    Case("no kind", begin(None), 1001, given=DEVICES, then={STATES: []}),
    Case("no point", begin(point=None), 1001, given=DEVICES, then={STATES: []}),
    Case("no value", begin(value=None), 1001, given=DEVICES, then={STATES: []}),
    Case("a reservation without a start", reserve(start=None), 1001, given=DEVICES, then={STATES: []}),
    Case("a reservation without an end", reserve(end=None), 1001, given=DEVICES, then={STATES: []}),
    Case("a reservation without an action", reserve(action=None), 1001, given=DEVICES, then={STATES: []}),
    Case("an injection is no LD_ID", begin(point="P1' OR '1'='1"), 1002, given=DEVICES, then={STATES: []}),
    Case("a request that is none", begin(request="r 1"), 1002, given=DEVICES, then={STATES: []}),
    Case("a name too long", begin(who="x" * 129), 1002, given=DEVICES, then={STATES: []}),
    Case("another kind", begin("REBOOT"), 1003, given=DEVICES, then={STATES: []}),
    Case("a kind in lower case", begin("relay"), 1003, given=DEVICES, then={STATES: []}),
    Case("a relay that is neither open nor closed", begin(value=2), 1004, given=DEVICES, then={STATES: []}),
    Case("a relay that is half open", begin(value=Decimal("0.5")), 1004, given=DEVICES, then={STATES: []}),
    Case("a capacity below zero", begin("CAPACITY", value=-1), 1004, given=DEVICES, then={STATES: []}),
    Case("a reservation that ends as it starts", reserve(end=START), 1004, given=DEVICES, then={STATES: []}),
    Case("a flag that is none", begin(force=2), 1004, given=DEVICES, then={STATES: []}),
]
