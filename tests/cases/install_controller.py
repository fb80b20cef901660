"""Cases of INSTALL_CONTROLLER."""

from datetime import datetime
from decimal import Decimal

from case import Case

ORDER = (
    "mac", "serial", "ld_address", "pd_id", "pd_name", "co_id", "cluster_id", "ld_id", "ld_name",
    "contract_capacity", "initial_readings", "installed_at",
)  # fmt: skip
MAC, AT = "AABBCC000001", datetime(2026, 4, 1, 9, 30)
STOCK = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
            " VALUES (900, 'HE1', 'S1', 'AABBCC000001', 12)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, TYPE_ID) VALUES (900, 900, 101)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID) VALUES (901, 900, 3, 102)"),
    ("mdm", "INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, TYPE_ID) VALUES (900, 'takatsu-co-001', 2, 2)"),
    ("vps", "INSERT INTO VPS_CLUSTER (CLUSTER_ID) VALUES ('takatsu-wind01')"),
]
OTHER = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, TYPE_ID) VALUES (902, 'PD2', 'HE2', 'S2', 11)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES (902, 'P2', 902, 101)"),
]
PD = "mdm:SELECT d.PD_ID, d.PD_NAME, d.CO_ID FROM CONTROLLER d WHERE d.TABLE_KEY = 900"
LD = (
    "mdm:SELECT l.LD_ID, l.CLUSTER_ID, l.LD_NAME, l.CONTRACT_CAPACITY"
    " FROM LOGICAL_DEVICE l WHERE l.PD_TABLE_KEY = 900 ORDER BY l.LD_ADDRESS"
)
READINGS = (
    "mdm:SELECT b.LD_ID, b.SUB_NUMBER, b.READ_AT, b.KIND, b.PD_TABLE_KEY, b.READING"
    " FROM BOUNDARY_READING b ORDER BY b.SUB_NUMBER, b.READ_AT"
)
BARE, NONE = (None, None, None, 0), (None, None, "HE1")


def install(**given):
    return tuple({"mac": MAC, "ld_id": "P1", **given}.get(name) for name in ORDER)


def before(**given):
    return [*STOCK, ("INSTALL_CONTROLLER", *install(**given))]


EXAMPLE = {
    "pd_id": "takatsu-pd-001", "pd_name": "田中邸 1F 店舗", "co_id": "takatsu-co-001",
    "cluster_id": "takatsu-wind01", "ld_id": "ab012-345-c6789", "ld_name": "1F 店舗 AC 三相",
    "contract_capacity": Decimal("30"),
}  # fmt: skip
EXAMPLE_LD = ("ab012-345-c6789", "takatsu-wind01", "1F 店舗 AC 三相", 30)

CASES = [
    Case("the guide's example", install(**EXAMPLE), given=STOCK,
         then={PD: [("takatsu-pd-001", "田中邸 1F 店舗", "takatsu-co-001")], LD: [EXAMPLE_LD, BARE], READINGS: []}),
    Case("what is not given stays", install(), given=STOCK, then={PD: [NONE], LD: [("P1", None, None, 0), BARE]}),
    Case("a later change keeps the rest", install(ld_id=None, ld_name="2F"), given=before(**EXAMPLE),
         then={PD: [("takatsu-pd-001", "田中邸 1F 店舗", "takatsu-co-001")],
               LD: [("ab012-345-c6789", "takatsu-wind01", "2F", 30), BARE]}),
    Case("by serial number", install(mac=None, serial="S1"), given=STOCK, then={LD: [("P1", None, None, 0), BARE]}),
    Case("by both", install(mac="aa:bb:cc:00:00:01", serial="S1"), given=STOCK),
    Case("another address", install(ld_address=3), given=STOCK, then={LD: [BARE, ("P1", None, None, 0)]}),
    Case("a repeat", install(**EXAMPLE), 10, given=before(**EXAMPLE), then={LD: [EXAMPLE_LD, BARE]}),
    Case("a repeat when the head-end is full", install(**EXAMPLE), 10,
         given=[*before(**EXAMPLE), ("mdm", "UPDATE HECONF SET CAPACITY = 0")]),
    Case("the LD_ID of another meter", install(ld_id="P2"), 3001, given=[*STOCK, *OTHER], then={LD: [BARE, BARE]}),
    Case("the LD_ID of another address of this meter", install(ld_address=3), 3001, given=before()),
    Case("the LD_ID of a removed logical device is free", install(ld_id="P2"),
         given=[*STOCK, *OTHER, ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE TABLE_KEY = 902")]),
    Case("the PD_ID of another device", install(pd_id="PD2"), 3001, given=[*STOCK, *OTHER], then={LD: [BARE, BARE]}),
    Case("another LD_ID stands there", install(ld_id="P9"), 3002, given=before(),
         then={LD: [("P1", None, None, 0), BARE]}),
    Case("no LD_ID for a point without one", install(ld_id=None, ld_name="x"), 1001, given=STOCK,
         then={LD: [BARE, BARE]}),
    Case("a disposed device", install(), 3002, given=[*STOCK, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")]),
    Case("a disposed concentrator", install(co_id="takatsu-co-001"), 3002,
         given=[*STOCK, ("mdm", "UPDATE CONCENTRATOR SET DELETED = 1 WHERE TABLE_KEY = 900")]),
    Case("MAC and serial number of two devices", install(serial="S2"), 3004, given=[*STOCK, *OTHER]),
    Case("an unknown MAC", install(mac="AABBCC00FFFF"), 2001, given=STOCK),
    Case("an unknown MAC with a known serial number", install(mac="AABBCC00FFFF", serial="S1"), 2001, given=STOCK),
    Case("an unknown serial number", install(mac=None, serial="S9"), 2001, given=STOCK),
    Case("an unknown address", install(ld_address=4), 2002, given=STOCK),
    Case("an unknown concentrator", install(co_id="nowhere"), 2003, given=STOCK),
    Case("an unknown cluster", install(cluster_id="nowhere"), 1003, given=STOCK),
    Case("the other head-end is full", install(co_id="takatsu-co-001"), 3003,
         given=[*STOCK, *OTHER, ("mdm", "UPDATE HECONF SET CAPACITY = 1 WHERE HEID = 2")],
         then={PD: [NONE], LD: [BARE, BARE]}),
    Case("a full head-end takes its own device", install(co_id="HE1"),
         given=[*STOCK, ("mdm", "UPDATE HECONF SET CAPACITY = 1 WHERE HEID = 1")]),
    Case("neither MAC nor serial number", install(mac=None), 1001, given=STOCK),
    Case("a MAC that is none", install(mac="AABB"), 1002, given=STOCK),
    Case("a serial number of 65 characters", install(mac=None, serial="S" * 65), 1002, given=STOCK),
    Case("a CO_ID of 16 characters", install(co_id="c" * 16), 1002, given=STOCK),
    Case("a CLUSTER_ID of 33 characters", install(cluster_id="k" * 33), 1002, given=STOCK),
    Case("a PD_ID of 16 characters", install(pd_id="P" * 16), 1002, given=STOCK),
    Case("a name of 129 characters", install(ld_name="x" * 129), 1002, given=STOCK),
    Case("a name of a device of 129 characters", install(pd_name="x" * 129), 1002, given=STOCK),
    Case("an injection is no LD_ID", install(ld_id="P1' OR '1'='1"), 1002, given=STOCK, then={LD: [BARE, BARE]}),
    Case("a negative capacity", install(contract_capacity=-1), 1004, given=STOCK),
    # Initial readings
    Case("the registers at the start", install(initial_readings="1=1234.5;3=0", installed_at=AT), given=STOCK,
         then={READINGS: [("P1", 1, AT, "I", 900, Decimal("1234.5")), ("P1", 3, AT, "I", 900, 0)]}),
    Case("the moment by default", install(initial_readings="1=5"), given=STOCK,
         then={"mdm:SELECT COUNT(*) FROM BOUNDARY_READING b WHERE b.READ_AT <= LOCALTIMESTAMP"
               " AND b.KIND = 'I' AND b.READING = 5": [(1,)]}),
    Case("a repeat of the registers", install(initial_readings="1=5", installed_at=AT), 10,
         given=before(initial_readings="1=5", installed_at=AT), then={READINGS: [("P1", 1, AT, "I", 900, 5)]}),
    Case("a repeat of the registers without moment", install(initial_readings="1=5"), 10,
         given=before(initial_readings="1=5", installed_at=AT), then={READINGS: [("P1", 1, AT, "I", 900, 5)]}),
    Case("registers that come later", install(initial_readings="1=5", installed_at=AT), given=before(),
         then={READINGS: [("P1", 1, AT, "I", 900, 5)]}),
    Case("a meter put up again is read again", install(initial_readings="1=5"),
         given=[*before(initial_readings="1=5", installed_at=AT),
                ("CLEAR_INSTALLATION", MAC, None, None, None, None, None)],
         then={"mdm:SELECT COUNT(*) FROM BOUNDARY_READING b": [(2,)]}),
    Case("other registers at that moment", install(initial_readings="1=6", installed_at=AT), 3001,
         given=before(initial_readings="1=5", installed_at=AT), then={READINGS: [("P1", 1, AT, "I", 900, 5)]}),
    Case("badly formed registers change nothing", install(initial_readings="1:5"), 1002, given=STOCK,
         then={LD: [BARE, BARE]}),
    Case("an item that the meter does not have", install(initial_readings="1=5;9=1"), 1003, given=STOCK,
         then={LD: [BARE, BARE], READINGS: []}),
]
