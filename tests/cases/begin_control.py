"""Cases of BEGIN_CONTROL."""

from datetime import datetime
from decimal import Decimal

from case import Case
from cases._api import DEVICES, HASH, control

START, END = datetime(2026, 4, 1, 18), datetime(2026, 4, 1, 20)
ROWS = ("mdm:SELECT KIND, LD_ID, PD_TABLE_KEY, LD_ADDRESS, HEID, \"VALUE\", START_AT, END_AT, ADR_ACTION_ID, STATE,"
        " REQUESTED_BY, REQUEST_ID, IDEMPOTENCY_KEY, REQUEST_HASH, FINISHED_AT FROM CONTROL_HISTORY ORDER BY CONTROL_ID")
COUNT = "mdm:SELECT COUNT(*) FROM CONTROL_HISTORY"
STATES = "mdm:SELECT CONTROL_ID, STATE FROM CONTROL_HISTORY ORDER BY CONTROL_ID"


def begin(kind="RELAY", point="P1", value=0, start=None, end=None, action=None, current=None, force=None, who="care",
          request="r-1", pd=901, address=2, key=None, hash_=None):
    return (kind, pd, address, point, value, start, end, action, current, force, who, request, key, hash_)


def reserve(**given):
    return begin(**({"kind": "RESERVE", "value": 20, "start": START, "end": END, "action": 7} | given))


def noted(kind="RELAY", point="P1", pd=901, address=2, heid=1, value=0, start=None, end=None, action=None, who="care",
          request="r-1", key=None, hash_=None):
    return {ROWS: [(kind, point, pd, address, heid, value, start, end, action, "OPEN", who, request, key, hash_, None)]}


OPEN = {STATES: [(950, "OPEN")]}
UNTOUCHED = {STATES: []}
LONGEST = "~" * 128

CASES = [
    Case("a relay is to be opened", begin(), given=DEVICES, then=noted()),
    Case("a relay is to be closed", begin(value=1, who=None, request=None), given=DEVICES,
         then=noted(value=1, who=None, request=None)),
    Case("a request with a name", begin(key=LONGEST, hash_=HASH), given=DEVICES, then=noted(key=LONGEST, hash_=HASH)),
    Case("a capacity", begin("CAPACITY", "P1g", Decimal("60.5"), current=Decimal("60.5"), address=3), given=DEVICES,
         then=noted("CAPACITY", "P1g", address=3, value=Decimal("60.5"))),
    Case("a capacity below the current, forced", begin("CAPACITY", value=10, current=11, force=1), given=DEVICES,
         then=noted("CAPACITY", value=10)),
    Case("a capacity while nobody knows the current, forced", begin("CAPACITY", value=1, force=1), given=DEVICES,
         then=noted("CAPACITY", value=1)),
    Case("no limit, whatever flows", begin("CAPACITY", value=0, current=11), given=DEVICES, then=noted("CAPACITY")),
    Case("no limit, and nobody knows the current", begin("CAPACITY", value=0), given=DEVICES, then=noted("CAPACITY")),
    Case("a relay opens whatever flows", begin(current=11), given=DEVICES, then=noted()),
    Case("a reservation", reserve(current=30), given=DEVICES, then=noted("RESERVE", value=20, start=START, end=END, action=7)),
    Case("a point of an unknown concentrator", begin(point="P4", pd=904), given=DEVICES, then=noted(point="P4", pd=904, heid=None)),
    Case("a control at another address is open", begin(), given=[*DEVICES, control(950, ld_id="P1g", address=3)],
         then={COUNT: [(2,)]}),
    Case("a control of the point at another device is open", begin(), given=[*DEVICES, control(950, pd=902)],
         then={COUNT: [(2,)]}),
    Case("a control of the meter has ended", begin(), given=[*DEVICES, control(950, "DONE"), control(951, "REFUSED")],
         then={COUNT: [(3,)]}),
    Case("the same request again", begin(), 10, given=[*DEVICES, control(950)], rows=[(950,)], then=OPEN),
    Case("the same request again, whose point has moved", begin(), 10,
         given=[*DEVICES, control(950), ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ADDRESS = 5 WHERE TABLE_KEY = 912")],
         rows=[(950,)], then=OPEN),
    Case("a control of the meter is open", begin(request="r-2"), 3001, given=[*DEVICES, control(950)], rows=[], then=OPEN),
    Case("an open control of no request", begin(request=None), 3001, given=[*DEVICES, control(950)], rows=[], then=OPEN),
    Case("the same request with another value", begin(value=1), 3001, given=[*DEVICES, control(950)], rows=[], then=OPEN),
    Case("the same request of another kind", begin("CAPACITY"), 3001, given=[*DEVICES, control(950)], rows=[], then=OPEN),
    Case("an open control of a point that was there before", begin(), 3001, given=[*DEVICES, control(950, ld_id="P2")], rows=[],
         then=OPEN),
    Case("a capacity below the current", begin("CAPACITY", value=10, current=Decimal("10.1")), 3002, given=DEVICES,
         message="the present current is above the capacity", rows=[], then=UNTOUCHED),
    Case("a capacity below the current, not forced", begin("CAPACITY", value=10, current=11, force=0), 3002, given=DEVICES,
         message="the present current is above the capacity", rows=[], then=UNTOUCHED),
    Case("a capacity while nobody knows the current", begin("CAPACITY", value=1), 3002, given=DEVICES,
         message="the present current is not known", rows=[], then=UNTOUCHED),
    Case("an unknown point", begin(point="P9"), 3004, given=DEVICES, rows=[], then=UNTOUCHED),
    Case("a point of another device", begin(pd=904), 3004, given=DEVICES, rows=[], then=UNTOUCHED),
    Case("a point at another address", begin(address=3), 3004, given=DEVICES, rows=[], then=UNTOUCHED),
    Case("a meter that is at no point", begin(), 3004,
         given=[*DEVICES, ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL WHERE TABLE_KEY = 912")], rows=[], then=UNTOUCHED),
    Case("a point that was removed", begin(address=4), 3004, given=DEVICES, rows=[], then=UNTOUCHED),
    Case("no kind", begin(None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("no device", begin(pd=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("no address", begin(address=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("no point", begin(point=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("no value", begin(value=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("a reservation without a start", reserve(start=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("a reservation without an end", reserve(end=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("a reservation without an action", reserve(action=None), 1001, given=DEVICES, then=UNTOUCHED),
    Case("a request whose name is nobody's", begin(who=None, key="k-1", hash_=HASH), 1001, given=DEVICES, then=UNTOUCHED),
    Case("a request with a name and no hash", begin(key="k-1"), 1001, given=DEVICES, then=UNTOUCHED),
    Case("an injection is no LD_ID", begin(point="P1' OR '1'='1"), 1002, given=DEVICES, then=UNTOUCHED),
    Case("a request that is none", begin(request="r 1"), 1002, given=DEVICES, then=UNTOUCHED),
    Case("a client too long", begin(who="x" * 65), 1002, given=DEVICES, then=UNTOUCHED),
    Case("a key with a blank", begin(key="k 1", hash_=HASH), 1002, given=DEVICES, then=UNTOUCHED),
    Case("a key too long", begin(key="~" * 129, hash_=HASH), 1002, given=DEVICES, then=UNTOUCHED),
    Case("a hash that is none", begin(key="k-1", hash_=HASH[1:]), 1002, given=DEVICES, then=UNTOUCHED),
    Case("another kind", begin("REBOOT"), 1003, given=DEVICES, then=UNTOUCHED),
    Case("a kind in lower case", begin("relay"), 1003, given=DEVICES, then=UNTOUCHED),
    Case("a relay that is neither open nor closed", begin(value=2), 1004, given=DEVICES, then=UNTOUCHED),
    Case("a relay that is half open", begin(value=Decimal("0.5")), 1004, given=DEVICES, then=UNTOUCHED),
    Case("a capacity below zero", begin("CAPACITY", value=-1), 1004, given=DEVICES, then=UNTOUCHED),
    Case("a reservation that ends as it starts", reserve(end=START), 1004, given=DEVICES, then=UNTOUCHED),
    Case("a flag that is none", begin(force=2), 1004, given=DEVICES, then=UNTOUCHED),
]
