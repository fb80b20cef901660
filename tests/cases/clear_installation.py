"""Cases of CLEAR_INSTALLATION."""

from datetime import date, datetime
from decimal import Decimal

from case import Case

MAC, AT = "AABBCC000001", datetime(2026, 4, 1, 9, 30)


def clear(mac=MAC, serial=None, ld_id=None, cancel=None, removed_at=None, readings=None):
    return (mac, serial, ld_id, cancel, removed_at, readings)


def by_point(ld_id="P1", **rest):
    return clear(None, None, ld_id, **rest)


def mdm(statement):
    return ("mdm", statement)


def vps(statement):
    return ("vps", statement)


# A device with two points behind a concentrator of head-end 2, and one with a third point.
METERS = [
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, TYPE_ID) VALUES (900, 'co-1', 2, 2)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, MAC, TYPE_ID, PD_NAME)"
        " VALUES (900, 'PD1', 'co-1', 'S1', 'AABBCC000001', 12, 'x')"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, CLUSTER_ID, LD_NAME, TYPE_ID, CONTRACT_CAPACITY,"
        " RELAY_STATE) VALUES (900, 'P1', 900, 'c', 'x', 101, 30, 0)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID)"
        " VALUES (901, 'P2', 900, 3, 102)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, TYPE_ID) VALUES (901, 'PD3', 'HE1', 'S3', 11)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES (902, 'P3', 901, 101)"),
]  # fmt: skip
# A has P1 alone, B has P2 and P3, D left P1 a year ago and has nothing now.
CONTRACTS = [
    *(vps(f"INSERT INTO UTILITY_CUSTOMER (CUSTOMER_ID) VALUES ('{c}')") for c in "ABD"),
    *(vps(f"INSERT INTO VPS_ACCOUNT (VPS_ACCOUNT_ID, CUSTOMER_ID) VALUES ('{c}@x.jp', '{c}')") for c in "ABD"),
    vps("INSERT INTO VPS_ACCOUNT (VPS_ACCOUNT_ID, CUSTOMER_ID) VALUES ('A2@x.jp', 'A')"),
    vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE) VALUES ('A', 'P1', '2025-01-01')"),
    vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE) VALUES ('B', 'P2', '2025-01-01')"),
    vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE) VALUES ('B', 'P3', '2025-01-01')"),
    vps("INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE, TO_DATE)"
        " VALUES ('D', 'P1', '2024-01-01', '2025-01-01')"),
    *(vps(f"INSERT INTO VPA_DEVICE (PD_ID, LD_ID, MAC) VALUES ('PD{n}', 'P{p}', '00000000000{p}')")
      for n, p in ((1, 1), (1, 2), (3, 3))),
    vps("INSERT INTO VPA_DEVICE (PD_ID, MAC) VALUES ('PD1', '000000000009')"),
    *(vps(f"INSERT INTO ADR_POLICY (LD_ID, SUB_NUMBER, TARGET_CAPACITY) VALUES ('P{n}', 2, 10)") for n in (1, 2, 3)),
]  # fmt: skip
ALL = [*METERS, *CONTRACTS]
PD = "mdm:SELECT d.PD_ID, d.PD_NAME, d.CO_ID, d.SERIAL, d.DELETED FROM CONTROLLER d ORDER BY d.TABLE_KEY"
LD = (
    "mdm:SELECT l.LD_ID, l.CLUSTER_ID, l.LD_NAME, l.CONTRACT_CAPACITY, l.RELAY_STATE, l.DELETED"
    " FROM LOGICAL_DEVICE l ORDER BY l.TABLE_KEY"
)
READINGS = (
    "mdm:SELECT b.LD_ID, b.SUB_NUMBER, b.READ_AT, b.KIND, b.PD_TABLE_KEY, b.READING"
    " FROM BOUNDARY_READING b ORDER BY b.SUB_NUMBER"
)
CUSTOMERS = "vps:SELECT c.CUSTOMER_ID FROM UTILITY_CUSTOMER c WHERE c.DELETED = 0 ORDER BY c.CUSTOMER_ID"
ACCOUNTS = "vps:SELECT a.VPS_ACCOUNT_ID FROM VPS_ACCOUNT a WHERE a.DELETED = 0 ORDER BY a.VPS_ACCOUNT_ID"
RELATIONS = (
    "vps:SELECT r.CUSTOMER_ID, r.LD_ID FROM UC_LD_RELATION r WHERE r.DELETED = 0 ORDER BY r.CUSTOMER_ID, r.LD_ID"
)
TERMINALS = "vps:SELECT v.MAC FROM VPA_DEVICE v WHERE v.DELETED = 0 ORDER BY v.MAC"
POLICIES = "vps:SELECT p.LD_ID FROM ADR_POLICY p WHERE p.DELETED = 0 ORDER BY p.LD_ID"

PD1, PD3 = ("PD1", "x", "co-1", "S1", 0), ("PD3", None, "HE1", "S3", 0)
STOCK = (None, None, "HE2", "S1", 0)
P1, P2, P3 = ("P1", "c", "x", 30, 0, 0), ("P2", None, None, 0, 1, 0), ("P3", None, None, 0, 1, 0)
BARE1, BARE = (None, None, None, 0, 0, 0), (None, None, None, 0, 1, 0)
UNTOUCHED = {
    PD: [PD1, PD3],
    LD: [P1, P2, P3],
    READINGS: [],
    CUSTOMERS: [("A",), ("B",), ("D",)],
    ACCOUNTS: [("A2@x.jp",), ("A@x.jp",), ("B@x.jp",), ("D@x.jp",)],
    RELATIONS: [("A", "P1"), ("B", "P2"), ("B", "P3"), ("D", "P1")],
    TERMINALS: [("000000000001",), ("000000000002",), ("000000000003",), ("000000000009",)],
    POLICIES: [("P1",), ("P2",), ("P3",)],
}
P1_ENDED = {
    CUSTOMERS: [("B",), ("D",)],
    ACCOUNTS: [("B@x.jp",), ("D@x.jp",)],
    RELATIONS: [("B", "P2"), ("B", "P3"), ("D", "P1")],
    TERMINALS: [("000000000002",), ("000000000003",), ("000000000009",)],
    POLICIES: [("P2",), ("P3",)],
}
BOTH_ENDED = {
    **P1_ENDED,
    RELATIONS: [("B", "P3"), ("D", "P1")],
    TERMINALS: [("000000000003",)],
    POLICIES: [("P3",)],
}
ONE_LEFT = [*ALL, ("CLEAR_INSTALLATION", *by_point("P2"))]

CASES = [
    Case("a device goes back into stock, the contracts stay", clear(), given=ALL,
         then={**UNTOUCHED, PD: [STOCK, PD3], LD: [BARE1, BARE, P3]}),
    Case("by serial number", clear(None, "S1"), given=ALL, then={PD: [STOCK, PD3], LD: [BARE1, BARE, P3]}),
    Case("by both", clear("aa:bb:cc:00:00:01", "S1", cancel=0), given=ALL, then={PD: [STOCK, PD3]}),
    Case("by LD_ID alone", by_point(), given=ALL, then={**UNTOUCHED, LD: [BARE1, P2, P3]}),
    Case("by device and LD_ID", clear(ld_id="P2"), given=ALL, then={**UNTOUCHED, LD: [P1, BARE, P3]}),
    Case("a device with a concentrator that is not installed keeps it", clear(),
         given=[*ALL, mdm("UPDATE CONCENTRATOR SET HEID = 0 WHERE TABLE_KEY = 900")],
         then={PD: [(None, None, "co-1", "S1", 0), PD3]}),
    Case("a device in stock but for its name", clear(),
         given=[*ALL, ("CLEAR_INSTALLATION", *clear()), mdm("UPDATE CONTROLLER SET PD_NAME = 'y' WHERE TABLE_KEY = 900")],
         then={PD: [STOCK, PD3]}),
    Case("a repeat", clear(), 10, given=[*ALL, ("CLEAR_INSTALLATION", *clear())],
         then={PD: [STOCK, PD3], LD: [BARE1, BARE, P3]}),
    Case("a repeat with cancelling", clear(cancel=1), 10, given=[*ALL, ("CLEAR_INSTALLATION", *clear(cancel=1))],
         then=BOTH_ENDED),
    Case("a repeat by LD_ID", by_point(), 10, given=[*ALL, ("CLEAR_INSTALLATION", *by_point())]),
    Case("a repeat by LD_ID with cancelling", by_point(cancel=1), 10,
         given=[*ALL, ("CLEAR_INSTALLATION", *by_point(cancel=1))], then=P1_ENDED),
    Case("an LD_ID that is installed nowhere", by_point("P9"), 10, given=ALL, then=UNTOUCHED),
    Case("an LD_ID that the named device no longer has", clear(ld_id="P9"), 10, given=ALL, then=UNTOUCHED),
    # Cancelling
    Case("the contract of a point ends", by_point(cancel=1), given=ALL,
         then={**UNTOUCHED, **P1_ENDED, LD: [BARE1, P2, P3]}),
    Case("he owned the point to the end of that day", by_point(cancel=1, removed_at=AT), given=ALL,
         then={"vps:SELECT r.CUSTOMER_ID, r.TO_DATE FROM UC_LD_RELATION r WHERE r.DELETED = 1 AND r.LD_ID = 'P1' AND r.CUSTOMER_ID = 'A'":
               [("A", date(2026, 4, 2))]}),
    Case("a customer with another point stays", by_point("P2", cancel=1), given=ALL,
         then={**UNTOUCHED, LD: [P1, BARE, P3], RELATIONS: [("A", "P1"), ("B", "P3"), ("D", "P1")],
               TERMINALS: [("000000000001",), ("000000000003",), ("000000000009",)], POLICIES: [("P1",), ("P3",)]}),
    Case("the contracts of all points of a device end", clear(cancel=1), given=ALL,
         then={**UNTOUCHED, **BOTH_ENDED, PD: [STOCK, PD3], LD: [BARE1, BARE, P3]}),
    Case("a customer goes with the last of his points", clear(cancel=1),
         given=[*ALL, vps("UPDATE UC_LD_RELATION SET LD_ID = 'P1' WHERE LD_ID = 'P3'")],
         then={CUSTOMERS: [("D",)], ACCOUNTS: [("D@x.jp",)], RELATIONS: [("D", "P1")]}),
    Case("a point that ended before the removal keeps nobody", by_point("P2", cancel=1),
         given=[*ALL, vps("UPDATE UC_LD_RELATION SET TO_DATE = '2026-01-01' WHERE LD_ID = 'P3'")],
         then={CUSTOMERS: [("A",), ("D",)]}),
    Case("a deleted relation keeps nobody", by_point("P2", cancel=1),
         given=[*ALL, vps("UPDATE UC_LD_RELATION SET DELETED = 1 WHERE LD_ID = 'P3'")],
         then={CUSTOMERS: [("A",), ("D",)]}),
    Case("a contract that ends at a moment given", by_point(cancel=1, removed_at=datetime(2024, 6, 1)), given=ALL,
         then={CUSTOMERS: [("B",)], RELATIONS: [("B", "P2"), ("B", "P3")]}),
    Case("the last point takes the terminals of the device along", by_point(cancel=1), given=ONE_LEFT,
         then={TERMINALS: [("000000000002",), ("000000000003",)]}),
    Case("a contract ends after the meter is gone", by_point(cancel=1),
         given=[*ALL, ("CLEAR_INSTALLATION", *by_point())], then={**UNTOUCHED, **P1_ENDED, LD: [BARE1, P2, P3]}),
    Case("readings of a meter that is gone are of nobody", clear(ld_id="P1", cancel=1, readings="1=5"),
         given=[*ALL, ("CLEAR_INSTALLATION", *by_point())], then={**P1_ENDED, LD: [BARE1, P2, P3], READINGS: []}),
    Case("a deleted account keeps the time of that", by_point(cancel=1),
         given=[*ALL, vps("UPDATE VPS_ACCOUNT SET DELETED = 1, UPDATED_AT = '2026-01-01 00:00:00'")],
         then={"vps:SELECT COUNT(*) FROM VPS_ACCOUNT a WHERE a.UPDATED_AT = '2026-01-01 00:00:00'": [(4,)]}),
    # Last readings
    Case("the registers at the end", by_point(removed_at=AT, readings="1=1236.5;3=0"), given=ALL,
         then={**UNTOUCHED, LD: [BARE1, P2, P3],
               READINGS: [("P1", 1, AT, "R", 900, Decimal("1236.5")), ("P1", 3, AT, "R", 900, 0)]}),
    Case("the registers of a device with one point", clear(removed_at=AT, readings="1=5"), given=ONE_LEFT,
         then={READINGS: [("P1", 1, AT, "R", 900, 5)], PD: [STOCK, PD3]}),
    Case("the registers of a device with two points", clear(readings="1=5"), 1002, given=ALL, then=UNTOUCHED),
    Case("badly formed registers change nothing", by_point(cancel=1, readings="1:5"), 1002, given=ALL, then=UNTOUCHED),
    Case("an item that the meter does not have", by_point("P2", readings="2=5"), 1003, given=ALL, then=UNTOUCHED),
    Case("other registers at that moment", by_point(removed_at=AT, readings="1=6"), 3001,
         given=[*ALL, mdm("INSERT INTO BOUNDARY_READING (LD_ID, SUB_NUMBER, READ_AT, KIND, PD_TABLE_KEY, READING)"
                          " VALUES ('P1', 1, '2026-04-01 09:30:00', 'R', 900, 5)")],
         then={LD: [P1, P2, P3]}),
    Case("registers that were stored before", by_point(removed_at=AT, readings="1=5"),
         given=[*ALL, mdm("INSERT INTO BOUNDARY_READING (LD_ID, SUB_NUMBER, READ_AT, KIND, PD_TABLE_KEY, READING)"
                          " VALUES ('P1', 1, '2026-04-01 09:30:00', 'R', 900, 5)")],
         then={LD: [BARE1, P2, P3], READINGS: [("P1", 1, AT, "R", 900, 5)]}),
    Case("a repeat with registers", by_point(removed_at=AT, readings="1=5"), 10,
         given=[*ALL, ("CLEAR_INSTALLATION", *by_point(removed_at=AT, readings="1=5"))],
         then={READINGS: [("P1", 1, AT, "R", 900, 5)]}),
    # Arguments
    Case("a disposed device", clear(), 3002, given=[*ALL, mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900")],
         then={LD: [P1, P2, P3]}),
    Case("a point of a disposed device is freed", by_point(),
         given=[*ALL, mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900")], then={LD: [BARE1, P2, P3]}),
    Case("MAC and serial number of two devices", clear(serial="S3"), 3004, given=ALL, then=UNTOUCHED),
    Case("MAC and LD_ID of two devices", clear(ld_id="P3"), 3004, given=ALL, then=UNTOUCHED),
    Case("an unknown MAC", clear("AABBCC00FFFF"), 2001, given=ALL),
    Case("an unknown serial number", clear(None, "S9"), 2001, given=ALL),
    Case("nothing named", clear(None), 1001),
    Case("a MAC that is none", clear("AABB"), 1002),
    Case("a MAC with a separator within a pair", clear("A:ABBCC00000:1"), 1002),
    Case("a serial number of 65 characters", clear(None, "S" * 65), 1002),
    Case("an LD_ID of 33 characters", by_point("P" * 33), 1002),
    Case("an injection is no LD_ID", by_point("P1' OR '1'='1", cancel=1), 1002, given=ALL, then=UNTOUCHED),
    Case("a cancel flag of 2", clear(cancel=2), 1004, given=ALL, then=UNTOUCHED),
]
