"""Cases of RESERVE_REBOOT."""

from case import Case

MAC = "AABBCC000001"


def mdm(statement):
    return ("mdm", statement)


DEVICES = [
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID) VALUES (900, 'HE1', 'S1', 'AABBCC000001', 11)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID) VALUES (901, 'HE1', 'S2', 11)"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID) VALUES (900, 'co-1', 'C1', '112233445566', 2)"),
]
QUEUE = (
    "mdm:SELECT r.RESERVATION_ID, r.TABLE_KEY, r.REQUESTED_BY, r.STATE, r.ATTEMPTS, r.STARTED_AT, r.FINISHED_AT,"
    " r.MESSAGE, CASE WHEN r.REQUESTED_AT IS NULL THEN 0 ELSE 1 END"
    " FROM REBOOT_RESERVATION r ORDER BY r.RESERVATION_ID, r.TABLE_KEY"
)


def waits(request, key, by=None):
    return (request, key, by, "WAITING", 0, None, None, None, 1)


ONE = [*DEVICES, ("RESERVE_REBOOT", "firmware-2", MAC, None, "operator")]
DONE = [*ONE, mdm("UPDATE REBOOT_RESERVATION SET STATE = 'DONE', ATTEMPTS = 1")]

CASES = [
    Case("a meter", ("firmware-2", MAC, None, "operator"), given=DEVICES,
         then={QUEUE: [waits("firmware-2", 900, "operator")]}),
    Case("by serial number", ("firmware-2", None, "S2", None), given=DEVICES, then={QUEUE: [waits("firmware-2", 901)]}),
    Case("by both", ("r", "aa-bb-cc:00:00:01", "S1", None), given=DEVICES, then={QUEUE: [waits("r", 900)]}),
    Case("another meter of the same request", ("firmware-2", None, "S2", "x"), given=ONE,
         then={QUEUE: [waits("firmware-2", 900, "operator"), waits("firmware-2", 901, "x")]}),
    Case("the same meter in another request", ("firmware-3", MAC, None, None), given=ONE,
         then={QUEUE: [waits("firmware-2", 900, "operator"), waits("firmware-3", 900)]}),
    Case("a repeat", ("firmware-2", MAC, None, "x"), 10, given=ONE, then={QUEUE: [waits("firmware-2", 900, "operator")]}),
    Case("a repeat of what is done", ("firmware-2", MAC, None, "operator"), 10, given=DONE,
         then={QUEUE: [("firmware-2", 900, "operator", "DONE", 1, None, None, None, 1)]}),
    Case("who asked has a name of 128 characters", ("r", MAC, None, "名" * 128), given=DEVICES,
         then={QUEUE: [waits("r", 900, "名" * 128)]}),
    Case("who asked has a name of 129 characters", ("r", MAC, None, "名" * 129), 1002, given=DEVICES, then={QUEUE: []}),
    Case("a concentrator", ("r", "112233445566", None, None), 2001, given=DEVICES, then={QUEUE: []}),
    Case("an unknown MAC", ("r", "AABBCC00FFFF", None, None), 2001, given=DEVICES, then={QUEUE: []}),
    Case("an unknown serial number", ("r", None, "S9", None), 2001, given=DEVICES, then={QUEUE: []}),
    Case("a disposed meter", ("r", MAC, None, None), 3002,
         given=[*DEVICES, mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900")], then={QUEUE: []}),
    Case("MAC and serial number of two meters", ("r", MAC, "S2", None), 3004, given=DEVICES, then={QUEUE: []}),
    Case("no request", (None, MAC, None, None), 1001, given=DEVICES, then={QUEUE: []}),
    Case("no device", ("r", None, None, None), 1001, given=DEVICES, then={QUEUE: []}),
    Case("a request of 36 characters", ("r" * 36, MAC, None, None), given=DEVICES, then={QUEUE: [waits("r" * 36, 900)]}),
    Case("a request of 37 characters", ("r" * 37, MAC, None, None), 1002, given=DEVICES, then={QUEUE: []}),
    Case("a MAC that is none", ("r", "AABB", None, None), 1002, given=DEVICES),
    Case("a serial number of 65 characters", ("r", None, "S" * 65, None), 1002, given=DEVICES),
    Case("an injection is no request", ("r'; DELETE FROM CONTROLLER; --", MAC, None, None), 1002, given=DEVICES,
         then={QUEUE: []}),
]
