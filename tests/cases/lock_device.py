"""Cases of LOCK_DEVICE. That others wait, tests/test_locks.py says."""

from case import Case
from cases._api import DEVICES
from cases.locate_device import D2, P1, P1G, refusals


def by(key=None, mac=None, serial=None, pd_id=None, ld_id=None, seconds=None):
    return (seconds, key, mac, serial, pd_id, ld_id)


CASES = [
    Case("by its key", by(901, seconds=5), given=DEVICES, rows=[P1]),
    Case("by its MAC", by(mac="AA-BB-CC-00-00-01"), given=DEVICES, rows=[P1]),
    Case("by a point", by(ld_id="P1g"), given=DEVICES, rows=[P1G]),
    Case("a device without a point", by(serial="S2"), given=DEVICES, rows=[D2]),
    Case("who has it may take it again", by(pd_id="pd-1"), given=[*DEVICES, ("LOCK_DEVICE", *by(ld_id="P1"))], rows=[P1]),
    Case("the longest wait", by(901, seconds=3600), given=DEVICES, rows=[P1]),
    Case("too long a wait", by(901, seconds=3601), 1004, given=DEVICES, rows=[]),
    Case("a wait below zero", by(901, seconds=-1), 1004, given=DEVICES, rows=[]),
    *(Case(title, arguments, code, given=DEVICES, rows=[]) for title, arguments, code in refusals(by)),
]
