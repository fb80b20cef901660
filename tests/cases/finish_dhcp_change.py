"""Cases of FINISH_DHCP_CHANGE."""

from case import Case
from cases._api import DEVICES
from cases._dhcp import change, concentrator

OPEN = "mdm:SELECT CHANGE_ID, MAC FROM DHCP_CHANGE ORDER BY CHANGE_ID"
LEFT = (959, "AABBCC000001")
STATION = [*DEVICES, *concentrator(901, "C1", "112233445566"), *concentrator(902, "C2", "112233445577", deleted=1),
           change(*LEFT)]


def ended(title, mac, wanted):
    return Case(title, (950,), given=[*STATION, change(950, mac)], rows=[(mac, wanted)], then={OPEN: [LEFT]})


CASES = [
    ended("a device in service", "AABBCC000001", 1),
    ended("a disposed device", "AABBCC000003", 0),
    ended("a concentrator", "112233445566", 1),
    ended("a disposed concentrator", "112233445577", 0),
    ended("a device that never came", "AABBCC00000F", 0),
    Case("ended before", (950,), 2008, given=[*STATION, change(950, "AABBCC000001"), ("FINISH_DHCP_CHANGE", 950)], rows=[],
         then={OPEN: [LEFT]}),
    Case("an unknown change", (951,), 2008, given=STATION, rows=[], then={OPEN: [LEFT]}),
    Case("no change", (None,), 1001, given=STATION, rows=[], then={OPEN: [LEFT]}),
]
