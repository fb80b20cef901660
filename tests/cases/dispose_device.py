"""Cases of DISPOSE_DEVICE."""

from case import Case

MAC, CO_MAC = "AABBCC000001", "112233445566"


def mdm(statement):
    return ("mdm", statement)


# A meter in stock with two logical devices, one that serves a point, and a concentrator.
DEVICES = [
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, SERIAL, MAC, TYPE_ID, POLL_CONFIG)"
        " VALUES (900, 'PD1', 'HE1', 'S1', 'AABBCC000001', 11, 1)"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, IP_ADDRESS, PROV_STAT, PASSWORD, COMMON_KEY, SESSION_KEY)"
        " VALUES (900, '10.0.0.1', 'A', 'p', 'c', 's')"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, TYPE_ID) VALUES (900, 900, 101)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID) VALUES (901, 900, 3, 102)"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID, DELETED) VALUES (902, 'P1', 900, 101, 1)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID, POLL_CONFIG)"
        " VALUES (901, 'co-2', 'S2', 'AABBCC000002', 11, 1)"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PASSWORD, COMMON_KEY, SESSION_KEY) VALUES (901, 'p', 'c', 's')"),
    mdm("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES (903, 'P2', 901, 101)"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, MAC, TYPE_ID, POLL_CONFIG)"
        " VALUES (900, 'co-1', 1, 'C1', '112233445566', 2, 1)"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, PASSWORD, COMMON_KEY, SESSION_KEY) VALUES (900, 'p', 'c', 's')"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, TYPE_ID) VALUES (901, 'co-2', 1, 'C2', 2)"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY) VALUES (901)"),
    *(mdm("INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT, STATE, MESSAGE)"
          f" VALUES ('r-{state}', {key}, '2026-04-01 00:00:00', '{state}', 'x')")
      for key in (900, 901) for state in ("WAITING", "RUNNING", "DONE")),
]  # fmt: skip
PD = "mdm:SELECT d.PD_ID, d.SERIAL, d.MAC, d.POLL_CONFIG, d.DELETED FROM CONTROLLER d ORDER BY d.TABLE_KEY"
CO = (
    "mdm:SELECT o.CO_ID, o.SERIAL, o.MAC, o.POLL_CONFIG, o.DELETED FROM CONCENTRATOR o"
    " WHERE o.TABLE_KEY >= 900 ORDER BY o.TABLE_KEY"
)
KEYS = (
    "mdm:SELECT x.IP_ADDRESS, x.PROV_STAT, x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY FROM CONTROLLER_TRANSACTION x"
    " ORDER BY x.TABLE_KEY"
)
CO_KEYS = (
    "mdm:SELECT x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY FROM CONCENTRATOR_TRANSACTION x WHERE x.TABLE_KEY = 900"
)
LD = "mdm:SELECT l.DELETED FROM LOGICAL_DEVICE l ORDER BY l.TABLE_KEY"
REBOOTS = (
    "mdm:SELECT r.STATE, r.MESSAGE, CASE WHEN r.FINISHED_AT IS NULL THEN 0 ELSE 1 END FROM REBOOT_RESERVATION r"
    " ORDER BY r.TABLE_KEY, r.RESERVATION_ID"
)
OPEN = [("DONE", "x", 0), ("RUNNING", "x", 0), ("WAITING", "x", 0)]
GONE = [("DONE", "x", 0), *[("FAILED", "the device was disposed of", 1)] * 2]
METER, OTHER = ("PD1", "S1", MAC, 1, 0), (None, "S2", "AABBCC000002", 1, 0)
BOX, FULL = ("co-1", "C1", CO_MAC, 1, 0), ("co-2", "C2", None, 0, 0)
UNTOUCHED = {
    PD: [METER, OTHER],
    CO: [BOX, FULL],
    KEYS: [("10.0.0.1", "A", "p", "c", "s"), (None, "N", "p", "c", "s")],
    CO_KEYS: [("p", "c", "s")],
    LD: [(0,), (0,), (1,), (0,)],
    REBOOTS: [*OPEN, *OPEN],
}
DISPOSED = {
    **UNTOUCHED,
    PD: [("PD1", "S1", MAC, 0, 1), OTHER],
    KEYS: [("10.0.0.1", "A", None, None, None), (None, "N", "p", "c", "s")],
    LD: [(1,), (1,), (1,), (0,)],
    REBOOTS: [*GONE, *OPEN],
}
CO_DISPOSED = {**UNTOUCHED, CO: [("co-1", "C1", CO_MAC, 0, 1), FULL], CO_KEYS: [(None, None, None)]}

CASES = [
    Case("a meter", (MAC, None), given=DEVICES, then=DISPOSED),
    Case("by serial number", (None, "S1"), given=DEVICES, then=DISPOSED),
    Case("by both, as people write it", ("aa:bb:cc-00-00-01", "S1"), given=DEVICES, then=DISPOSED),
    Case("a concentrator", (CO_MAC, None), given=DEVICES, then=CO_DISPOSED),
    Case("a concentrator by serial number", (None, "C1"), given=DEVICES, then=CO_DISPOSED),
    Case("a repeat", (MAC, None), 10, given=[*DEVICES, ("DISPOSE_DEVICE", MAC, None)], then=DISPOSED),
    Case("a repeat of a concentrator", (None, "C1"), 10, given=[*DEVICES, ("DISPOSE_DEVICE", CO_MAC, None)],
         then=CO_DISPOSED),
    Case("a meter that serves a point", (None, "S2"), 3002, given=DEVICES, then=UNTOUCHED),
    Case("a meter that was cleared", (None, "S2"), given=[*DEVICES, ("CLEAR_INSTALLATION", None, "S2", None, None, None, None)],
         then={PD: [METER, (None, "S2", "AABBCC000002", 0, 1)], LD: [(0,), (0,), (1,), (1,)], REBOOTS: [*OPEN, *GONE]}),
    Case("a concentrator with a device in service", (None, "C2"), 3002, given=DEVICES, then=UNTOUCHED),
    Case("a concentrator whose devices are all disposed of", (None, "C2"),
         given=[*DEVICES, mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 901")],
         then={CO: [BOX, ("co-2", "C2", None, 0, 1)]}),
    Case("MAC and serial number of two meters", (MAC, "S2"), 3004, given=DEVICES, then=UNTOUCHED),
    Case("MAC and serial number of two concentrators", (CO_MAC, "C2"), 3004, given=DEVICES, then=UNTOUCHED),
    Case("the MAC of a meter, the serial number of a concentrator", (MAC, "C1"), 3004, given=DEVICES, then=UNTOUCHED),
    Case("a disposed meter with another's serial number", (MAC, "S2"), 3004,
         given=[*DEVICES, ("DISPOSE_DEVICE", MAC, None)], then=DISPOSED),
    Case("an unknown MAC", ("AABBCC00FFFF", None), 2001, given=DEVICES, then=UNTOUCHED),
    Case("an unknown MAC with a known serial number", ("AABBCC00FFFF", "S1"), 2001, given=DEVICES, then=UNTOUCHED),
    Case("an unknown serial number", (None, "S9"), 2001, given=DEVICES),
    Case("nothing named", (None, None), 1001),
    Case("a MAC that is none", ("AABB", None), 1002),
    Case("a serial number of 65 characters", (None, "S" * 65), 1002),
    Case("an injection is no serial number", (None, "S1' OR '1'='1"), 1002, given=DEVICES, then=UNTOUCHED),
]
