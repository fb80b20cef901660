"""Cases of REVISE_VPA_COMMON_KEY."""

from case import Case

MAC = "AABBCC000009"
PASSWORD, COMMON = (b"\x01\x04test" + bytes(range(start, start + 60)) for start in (1, 65))
SESSION = b"\x01\x01k" + b"S" * 29


def vps(statement):
    return ("vps", statement)


def revise(mac=MAC, password=PASSWORD, common=COMMON, session=SESSION):
    return (mac, password, common, session)


UNLINKED = [
    vps("INSERT INTO VPA_DEVICE (VPA_DEVICE_ID, PD_ID, MAC) VALUES (900, 'PD1', 'AABBCC000009')"),
    vps("INSERT INTO VPA_DEVICE (VPA_DEVICE_ID, PD_ID, MAC) VALUES (901, 'PD1', 'AABBCC000010')"),
    vps("INSERT INTO VPA_DEVICE_TRANSACTION (VPA_DEVICE_ID) VALUES (900)"),
    vps("INSERT INTO VPA_DEVICE_TRANSACTION (VPA_DEVICE_ID) VALUES (901)"),
]
GIVEN = [*UNLINKED, ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'ALA_LINKED'")]
KEYS = (
    "vps:SELECT x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY, x.STATE,"
    " CASE WHEN x.KEY_UPDATED_AT > '2026-01-01 00:00:00' THEN 1 ELSE 0 END"
    " FROM VPA_DEVICE_TRANSACTION x ORDER BY x.VPA_DEVICE_ID"
)
NEW = (None, None, None, 1, 0)
DONE = {KEYS: [(PASSWORD, COMMON, SESSION, 1, 1), NEW]}
QUIET = {KEYS: [NEW, NEW]}
SUSPENDED = {KEYS: [(None, None, None, 0, 0), NEW]}


CASES = [
    Case("a terminal gets its keys", revise(), given=GIVEN, then=DONE),
    Case("separators and lower case are normalised", revise("aa:bb:cc:00-00-09"), given=GIVEN, then=DONE),
    Case("a repeat", revise(), given=[*GIVEN, ("REVISE_VPA_COMMON_KEY", *revise())], then=DONE),
    Case("new ones", revise(), then=DONE,
         given=[*GIVEN, ("REVISE_VPA_COMMON_KEY", *revise(common=SESSION)),
                vps("UPDATE VPA_DEVICE_TRANSACTION SET KEY_UPDATED_AT = '2020-01-01 00:00:00' WHERE VPA_DEVICE_ID = 900")]),
    Case("what is null stays: the session key alone", revise(password=None, common=None),
         given=[*GIVEN, ("REVISE_VPA_COMMON_KEY", *revise(session=COMMON))], then=DONE),
    Case("what is null stays: the common key alone", revise(password=None, session=None),
         given=[*GIVEN, ("REVISE_VPA_COMMON_KEY", *revise(common=SESSION))], then=DONE),
    Case("what is null stays: the password alone", revise(common=None, session=None),
         given=[*GIVEN, ("REVISE_VPA_COMMON_KEY", *revise(password=SESSION))], then=DONE),
    Case("a removed terminal", revise(), 3002,
         given=[*GIVEN, vps("UPDATE VPA_DEVICE SET DELETED = 1 WHERE VPA_DEVICE_ID = 900")], then=QUIET),
    Case("a suspended terminal", revise(), 3002,
         given=[*GIVEN, vps("UPDATE VPA_DEVICE SET STATE = 0 WHERE VPA_DEVICE_ID = 900")], then=QUIET),
    Case("a terminal whose communication is suspended", revise(), 3002,
         given=[*GIVEN, vps("UPDATE VPA_DEVICE_TRANSACTION SET STATE = 0 WHERE VPA_DEVICE_ID = 900")], then=SUSPENDED),
    Case("another terminal is suspended", revise(), then=DONE,
         given=[*GIVEN, vps("UPDATE VPA_DEVICE SET STATE = 0, DELETED = 1 WHERE VPA_DEVICE_ID = 901")]),
    Case("a MAC of no terminal", revise("AABBCC00FFFF"), 2001, given=GIVEN, then=QUIET),
    Case("no authentication server", revise(), 4002, given=UNLINKED, then=QUIET),
    Case("no MAC", revise(None), 1001, given=GIVEN, then=QUIET),
    Case("nothing to store", revise(password=None, common=None, session=None), 1001, given=GIVEN, then=QUIET),
    Case("a MAC that is none", revise("AABB"), 1002, given=GIVEN, then=QUIET),
    Case("an injection is no MAC", revise("' OR 1=1 --"), 1002, given=GIVEN, then=QUIET),
    Case("a bare password", revise(password=b"ossbn1234"), 1002, given=GIVEN, then=QUIET),
    Case("a bare common key", revise(common=bytes(16)), 1002, given=GIVEN, then=QUIET),
    Case("a session key of 28 bytes", revise(session=b"S" * 28), 1002, given=GIVEN, then=QUIET),
    Case("a session key of 513 bytes", revise(session=b"S" * 513), 1002, given=GIVEN, then=QUIET),
]  # fmt: skip
