"""Cases of LOCATE_DEVICE."""

from decimal import Decimal

from case import Case
from cases._api import DEVICES

FORTY = Decimal(40)
D1 = (901, 1, "pd-1", "S1", "AABBCC000001", "10.0.0.151", 4059)
P1 = (*D1, 912, 2, "P1", "ELECTRICITY", FORTY, 1, "C")
P1G = (*D1, 911, 3, "P1g", "GAS", FORTY, 1, "C")
D2 = (902, 2, "pd-2", "S2", None, "10.0.0.152", 4059, *[None] * 6, "C")
P4 = (904, None, None, "S4", None, "10.0.0.154", 4059, 914, 2, "P4", "ELECTRICITY", FORTY, 1, "C")


def by(key=None, mac=None, serial=None, pd_id=None, ld_id=None):
    return (key, mac, serial, pd_id, ld_id)


def refusals(of):
    """What is refused, whoever asks: title, arguments, code."""
    return [
        ("nothing is named", of(), 1001),
        ("a MAC that is none", of(mac="AABBCC00000"), 1002),
        ("a serial number that is none", of(serial="S 1"), 1002),
        ("a PD_ID that is too long", of(pd_id="x" * 16), 1002),
        ("an injection is no LD_ID", of(ld_id="P1' OR '1'='1"), 1002),
        ("an empty LD_ID", of(ld_id=""), 1002),
        ("an unknown key", of(key=999), 2001),
        ("an unknown MAC", of(mac="AABBCC0000FF"), 2001),
        ("an unknown serial number", of(serial="S9"), 2001),
        ("letters are as they are", of(serial="s1"), 2001),
        ("an unknown PD_ID", of(pd_id="pd-9"), 2001),
        ("an unknown point", of(ld_id="P9"), 2002),
        ("a device that was disposed of", of(serial="S3"), 2001),
        ("a concentrator", of(mac="112233000001"), 2001),
        ("a MAC and the serial number of another", of(mac="AABBCC000001", serial="S2"), 3004),
        ("an unknown MAC and a serial number", of(mac="AABBCC0000FF", serial="S1"), 2001),
        ("a MAC and a device without one", of(mac="AABBCC000001", pd_id="pd-2"), 3004),
        ("a point and another device", of(serial="S2", ld_id="P1"), 3004),
        ("a point and the key of another device", of(key=902, ld_id="P1"), 3004),
        ("a point and a key that is none", of(key=999, ld_id="P1"), 2001),
    ]


CASES = [
    Case("by its key", by(901), given=DEVICES, rows=[P1]),
    Case("by its MAC, as people write it", by(mac="aa:bb:cc:00:00:01"), given=DEVICES, rows=[P1]),
    Case("by its serial number", by(serial="S1"), given=DEVICES, rows=[P1]),
    Case("by its PD_ID", by(pd_id="pd-1"), given=DEVICES, rows=[P1]),
    Case("by its point", by(ld_id="P1"), given=DEVICES, rows=[P1]),
    Case("by another point of it", by(ld_id="P1g"), given=DEVICES, rows=[P1G]),
    Case("by everything", by(901, "AABBCC000001", "S1", "pd-1", "P1g"), given=DEVICES, rows=[P1G]),
    Case("a device without a point", by(serial="S2"), given=DEVICES, rows=[D2]),
    Case("a device of an unknown concentrator", by(904), given=DEVICES, rows=[P4]),
    *(Case(title, arguments, code, given=DEVICES, rows=[]) for title, arguments, code in refusals(by)),
]
