"""Cases of INSTALL_CONCENTRATOR."""

from case import Case

MAC = "112233445566"
STOCK = [
    ("mdm", "INSERT INTO CONCENTRATOR (TABLE_KEY, SERIAL, MAC, TYPE_ID) VALUES (900, 'C1', '112233445566', 2)"),
    ("mdm", "INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, TYPE_ID) VALUES (901, 'co-2', 2, 'C2', 2)"),
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'co-1', 'AABBCC000001', 11)"),
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (901, 'co-2', 'AABBCC000002', 11)"),
]
ROW = "mdm:SELECT o.CO_ID, o.HEID FROM CONCENTRATOR o WHERE o.TABLE_KEY = 900"
SECOND = "mdm:SELECT o.CO_ID, o.HEID FROM CONCENTRATOR o WHERE o.TABLE_KEY = 901"


def capacity(places):
    return ("mdm", f"UPDATE HECONF SET CAPACITY = {places}")


DONE = [*STOCK, ("INSTALL_CONCENTRATOR", MAC, None, "co-1", 1)]

CASES = [
    Case("the guide's example", (MAC, None, "takatsu-co-001", 1), given=STOCK, then={ROW: [("takatsu-co-001", 1)]}),
    Case("by serial number", (None, "C1", "co-1", 1), given=STOCK, then={ROW: [("co-1", 1)], SECOND: [("co-2", 2)]}),
    Case("by both", ("11:22:33:44:55:66", "C1", "co-1", 1), given=STOCK, then={ROW: [("co-1", 1)]}),
    Case("the name alone", (MAC, None, "co-9", None), given=DONE, then={ROW: [("co-9", 1)]}),
    Case("the head-end alone", (MAC, None, None, 3), given=DONE, then={ROW: [("co-1", 3)]}),
    Case("a repeat", (MAC, None, "co-1", 1), 10, given=DONE, then={ROW: [("co-1", 1)]}),
    Case("a repeat at a full head-end", (MAC, None, "co-1", 1), 10, given=[*DONE, capacity(0)]),
    Case("the CO_ID of another", (MAC, None, "co-2", 1), 3001, given=STOCK, then={ROW: [(None, 0)]}),
    Case("the CO_ID of a dummy", (MAC, None, "HE1", 1), 3001, given=STOCK),
    Case("the devices of the name find no room", (MAC, None, "co-1", 2), 3003, given=[*STOCK, capacity(1)],
         then={ROW: [(None, 0)]}),
    Case("the devices of the name find room", (MAC, None, "co-1", 2), given=[*STOCK, capacity(2)],
         then={ROW: [("co-1", 2)]}),
    Case("the devices find no room at the other head-end", (None, "C2", None, 1), 3003, given=[*DONE, capacity(1)],
         then={SECOND: [("co-2", 2)]}),
    Case("the devices of a new name find no room", (MAC, None, "co-1", None), 3003,
         given=[*STOCK, ("INSTALL_CONCENTRATOR", MAC, None, "co-9", 1), capacity(0)], then={ROW: [("co-9", 1)]}),
    Case("no devices need no room", (MAC, None, "co-9", 2), given=[*STOCK, capacity(0)], then={ROW: [("co-9", 2)]}),
    Case("a disposed concentrator", (MAC, None, "co-1", 1), 3002,
         given=[*STOCK, ("mdm", "UPDATE CONCENTRATOR SET DELETED = 1")]),
    Case("MAC and serial number of two", (MAC, "C2", "co-1", 1), 3004, given=STOCK),
    Case("an unknown MAC", ("1122334455FF", None, "co-1", 1), 2003, given=STOCK),
    Case("an unknown serial number", (None, "C9", "co-1", 1), 2003, given=STOCK),
    Case("an unknown head-end", (MAC, None, "co-1", 5), 1003, given=STOCK),
    Case("head-end 0 is none", (MAC, None, "co-1", 0), 1003, given=STOCK),
    Case("neither MAC nor serial number", (None, None, "co-1", 1), 1001),
    Case("nothing to set", (MAC, None, None, None), 1001, given=STOCK),
    Case("a MAC that is none", ("1122", None, "co-1", 1), 1002),
    Case("a serial number of 65 characters", (None, "S" * 65, "co-1", 1), 1002),
    Case("a CO_ID of 16 characters", (MAC, None, "c" * 16, 1), 1002, given=STOCK),
    Case("an injection is no CO_ID", (MAC, None, "' OR 1=1 --", 1), 1002, given=STOCK, then={ROW: [(None, 0)]}),
]
