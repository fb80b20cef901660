"""Cases of BEGIN_DHCP_CHANGE."""

from case import Case
from cases._api import DEVICES
from cases._dhcp import LINKED, change, concentrator

MAC = "AABBCC000001"
CHANGES = "mdm:SELECT MAC, REQUESTED_BY FROM DHCP_CHANGE ORDER BY MAC"
TIMES = "mdm:SELECT COUNT(*) FROM DHCP_CHANGE WHERE REQUESTED_AT IS NOT NULL"
STATION = [LINKED, *DEVICES, *concentrator(901, "C1", "112233445566"), *concentrator(902, "C2")]
UNTOUCHED = {CHANGES: []}


def noted(*macs, who=None):
    return {CHANGES: [(mac, who) for mac in sorted(macs)], TIMES: [(len(macs),)]}


CASES = [
    Case("a new device", ("AABBCC00000F", None, "care"), given=STATION, then=noted("AABBCC00000F", who="care")),
    Case("as people write it", ("aa:bb:cc-00000f", None, None), given=STATION, then=noted("AABBCC00000F")),
    Case("a registered one", (MAC, None, None), given=STATION, then=noted(MAC)),
    Case("the MAC counts, where both are given", ("AABBCC00000F", "S1", None), given=STATION, then=noted("AABBCC00000F")),
    Case("by its serial number", (None, "S1", None), given=STATION, then=noted(MAC)),
    Case("a concentrator by its serial number", (None, "C1", None), given=STATION, then=noted("112233445566")),
    Case("a disposed one by its serial number", (None, "S3", None), given=STATION, then=noted("AABBCC000003")),
    Case("beside one of another MAC", (MAC, None, None), given=[*STATION, change(950, "AABBCC000002")],
         then=noted("AABBCC000002", MAC)),
    Case("each caller has one of his own", (MAC, None, "care"), given=[*STATION, ("BEGIN_DHCP_CHANGE", MAC, None, "care")],
         then=noted(MAC, MAC, who="care")),
    Case("a device without a MAC", (None, "S2", None), 11, given=STATION, rows=[], then=UNTOUCHED),
    Case("a concentrator without a MAC", (None, "C2", None), 11, given=STATION, rows=[], then=UNTOUCHED),
    Case("a serial number of nobody", (None, "S9", None), 11, given=STATION, rows=[], then=UNTOUCHED),
    Case("no device", (None, None, "care"), 1001, given=STATION, then=UNTOUCHED),
    Case("a MAC too short", ("AABBCC0000", None, None), 1002, given=STATION, then=UNTOUCHED),
    Case("an injection is no serial number", (None, "S1' OR '1'='1", None), 1002, given=STATION, then=UNTOUCHED),
    Case("a client with a blank", (MAC, None, "c are"), 1002, given=STATION, then=UNTOUCHED),
    Case("the longest client", (MAC, None, "x" * 64), given=STATION, then=noted(MAC, who="x" * 64)),
    Case("a client too long", (MAC, None, "x" * 65), 1002, given=STATION, then=UNTOUCHED),
    Case("PROV is not linked", (MAC, None, None), 4002, given=STATION[1:], rows=[], then=UNTOUCHED),
    Case("PROV is not linked any more", (MAC, None, None), 4002, given=[*STATION[1:], change(950, MAC)], rows=[],
         then=noted(MAC)),
]
