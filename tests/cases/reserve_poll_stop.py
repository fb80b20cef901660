"""Cases of RESERVE_POLL_STOP."""

from datetime import datetime

from case import Case

AT, START = datetime(2026, 4, 1, 9, 30), datetime(2026, 3, 1)
MAC, CO_MAC = "AABBCC000001", "112233445566"
DEVICES = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
            " VALUES (900, 'HE1', 'S1', 'AABBCC000001', 11)"),
    ("mdm", "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, POLL_START_AT) VALUES (900, '2026-03-01 00:00:00')"),
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID) VALUES (901, 'HE1', 'S2', 11)"),
    ("mdm", "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY) VALUES (901)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P1', 900, 101)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P2', 901, 101)"),
    ("mdm", "INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
            " VALUES (900, 'c1', 'C1', '112233445566', 2)"),
    ("mdm", "INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY) VALUES (900)"),
]
PD = "mdm:SELECT x.POLL_STOP_AT, x.POLL_START_AT FROM CONTROLLER_TRANSACTION x ORDER BY x.TABLE_KEY"
CO = "mdm:SELECT x.POLL_STOP_AT, x.POLL_START_AT FROM CONCENTRATOR_TRANSACTION x WHERE x.TABLE_KEY = 900"
DONE = {PD: [(AT, START), (None, None)], CO: [(None, None)]}

CASES = [
    Case("by MAC", ("aa:bb:cc:00:00:01", None, None, AT), given=DEVICES, then=DONE),
    Case("by serial number", (None, "S1", None, AT), given=DEVICES, then=DONE),
    Case("by LD_ID", (None, None, "P1", AT), given=DEVICES, then=DONE),
    Case("by all three", (MAC, "S1", "P1", AT), given=DEVICES, then=DONE),
    Case("a device without MAC", (None, "S2", None, AT), given=DEVICES, then={PD: [(None, START), (AT, None)]}),
    Case("a concentrator by MAC", (CO_MAC, None, None, AT), given=DEVICES,
         then={PD: [(None, START), (None, None)], CO: [(AT, None)]}),
    Case("a concentrator by serial number", (None, "C1", None, AT), given=DEVICES, then={CO: [(AT, None)]}),
    Case("another moment", (MAC, None, None, AT), given=[*DEVICES, ("RESERVE_POLL_STOP", MAC, None, None, datetime(2027, 1, 1))],
         then=DONE),
    Case("a repeat", (MAC, None, None, AT), 10, given=[*DEVICES, ("RESERVE_POLL_STOP", MAC, None, None, AT)], then=DONE),
    Case("the moment of the start", (MAC, None, None, START), 1004, given=DEVICES, then={PD: [(None, START), (None, None)]}),
    Case("MAC and serial number of two devices", (MAC, "S2", None, AT), 3004, given=DEVICES,
         then={PD: [(None, START), (None, None)]}),
    Case("MAC and LD_ID of two devices", (MAC, None, "P2", AT), 3004, given=DEVICES),
    Case("a concentrator and an LD_ID", (CO_MAC, None, "P1", AT), 3004, given=DEVICES),
    Case("a disposed device", (MAC, None, None, AT), 3002, given=[*DEVICES, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")]),
    Case("an unknown MAC", ("AABBCC00FFFF", None, None, AT), 2001, given=DEVICES),
    Case("an unknown MAC with a known serial number", ("AABBCC00FFFF", "S1", None, AT), 2001, given=DEVICES),
    Case("an unknown serial number", (None, "S9", None, AT), 2001, given=DEVICES),
    Case("an unknown LD_ID", (None, None, "P9", AT), 2002, given=DEVICES),
    Case("no device", (None, None, None, AT), 1001),
    Case("no moment", (MAC, None, None, None), 1001, given=DEVICES),
    Case("a MAC that is none", ("AABB", None, None, AT), 1002),
    Case("an injection is no serial number", (None, "' OR 1=1 --", None, AT), 1002, given=DEVICES),
    Case("an injection is no LD_ID", (None, None, "' OR 1=1 --", AT), 1002, given=DEVICES),
]
