"""Cases of REVISE_COMMON_KEY."""

from case import Case

MAC, CO_MAC = "AABBCC000001", "112233445566"
PASSWORD, COMMON = (b"\x01\x04test" + bytes(range(start, start + 60)) for start in (1, 65))
SESSION = b"\x01\x01k" + b"S" * 29


def mdm(statement):
    return ("mdm", statement)


def revise(kind="PD", mac=MAC, password=PASSWORD, common=COMMON, session=SESSION):
    return (kind, mac, password, common, session)


LINKED = mdm("UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'ALA_LINKED'")
# Two devices and a concentrator, each configured, with a certificate that holds for long.
UNLINKED = [
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'HE1', 'AABBCC000001', 11)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (901, 'HE1', 'AABBCC000002', 11)"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'c1', '112233445566', 2)"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (900, 'C', 'C1')"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (901, 'C', 'C1')"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (900, 'C', 'C1')"),
    mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, NOT_BEFORE, NOT_AFTER)"
        " VALUES ('C1', '2020-01-01 00:00:00', '2090-01-01 00:00:00')"),
    mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, NOT_BEFORE, NOT_AFTER)"
        " VALUES ('C2', '2020-01-01 00:00:00', '2021-01-01 00:00:00')"),
    mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, NOT_BEFORE, NOT_AFTER)"
        " VALUES ('C3', '2080-01-01 00:00:00', '2090-01-01 00:00:00')"),
    mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, REVOKED) VALUES ('C4', 1)"),
    mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL) VALUES ('C5')"),
]  # fmt: skip
GIVEN = [*UNLINKED, LINKED]


def keys(table):
    return (
        "mdm:SELECT x.TABLE_KEY, x.PROV_STAT, x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY,"
        " CASE WHEN x.KEY_UPDATED_AT > '2026-01-01 00:00:00' THEN 1 ELSE 0 END"
        f" FROM {table}_TRANSACTION x WHERE x.TABLE_KEY >= 900 ORDER BY x.TABLE_KEY"
    )


PD, CO = keys("CONTROLLER"), keys("CONCENTRATOR")
ALERTS = (
    "mdm:SELECT a.SEVERITY, a.ALERT_CODE, a.SOURCE, a.DEVICE, a.LD_ID, a.MESSAGE, CASE WHEN a.CLEARED_AT IS NULL THEN 1 ELSE 0 END"
    " FROM MDM_ALERT_HISTORY a ORDER BY a.ALERT_ID"
)
NEW = (None, None, None, 0)
DONE = (PASSWORD, COMMON, SESSION, 1)
OTHER = (901, "C", *NEW)
QUIET = {PD: [(900, "C", *NEW), OTHER], CO: [(900, "C", *NEW)], ALERTS: []}


def alert(message, mac=MAC, is_open=1, known=True):
    return (2, "SECURITY", "REVISE_COMMON_KEY", mac if known else None, None, f"{mac} asked for a key, but {message}", is_open)


def with_certificate(serial):
    return [*GIVEN, mdm(f"UPDATE CONTROLLER_TRANSACTION SET CERT_SERIAL = {serial} WHERE TABLE_KEY = 900")]


def with_alert(mac, code="SECURITY", cleared="NULL", known=True):
    device = f"'{mac}'" if known else "NULL"
    return mdm("INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, SOURCE, DEVICE, MESSAGE, CLEARED_AT)"
               f" VALUES ('2026-01-01 00:00:00', 2, '{code}', 'REVISE_COMMON_KEY', {device},"
               f" '{mac} asked for a key, but x', {cleared})")


def strangers(count):
    return [with_alert(f"02000000{n:04d}", known=False) for n in range(count)]


def refused(message):
    return {**QUIET, ALERTS: [alert(message)]}


DISPOSED = mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900")
STRANGER = "AABBCC00FFFF"
STRANGE = [alert("x", f"02000000{n:04d}", known=False) for n in range(2)]
LONGEST = b"\x01\x10" + b"k" * 16 + b"p" * 494
UNWRAPPED = [
    ("in clear of 64 bytes", bytes(range(64))),
    ("of another version", b"\x02" + SESSION[1:]),
    ("of version 0", b"\x00" + SESSION[1:]),
    ("without a key id", b"\x01\x00" + b"S" * 40),
    ("with a key id of 17 bytes", b"\x01\x11" + b"S" * 60),
    ("with a key id of 0x81 bytes", b"\x01\x81" + b"S" * 300),
    ("of a byte too few", SESSION[:-1]),
    ("of a byte too few for the longest key id", LONGEST[:46]),
    ("of its version alone", b"\x01"),
    ("of 513 bytes", LONGEST + b"p"),
]
OPEN = "mdm:SELECT COUNT(*) FROM MDM_ALERT_HISTORY a WHERE a.CLEARED_AT IS NULL"

CASES = [
    Case("a configured device gets its keys", revise(), given=GIVEN,
         then={PD: [(900, "A", *DONE), OTHER], CO: QUIET[CO], ALERTS: []}),
    Case("a concentrator too", revise("CO", CO_MAC), given=GIVEN,
         then={PD: QUIET[PD], CO: [(900, "A", *DONE)], ALERTS: []}),
    Case("separators and lower case are normalised", revise(mac="aa:bb:cc:00-00-01"), given=GIVEN,
         then={PD: [(900, "A", *DONE), OTHER]}),
    Case("an authenticated device gets new ones", revise(common=SESSION),
         given=[*GIVEN, ("REVISE_COMMON_KEY", *revise()),
                mdm("UPDATE CONTROLLER_TRANSACTION SET KEY_UPDATED_AT = '2020-01-01 00:00:00'")],
         then={PD: [(900, "A", PASSWORD, SESSION, SESSION, 1), OTHER]}),
    Case("a repeat", revise(), given=[*GIVEN, ("REVISE_COMMON_KEY", *revise())],
         then={PD: [(900, "A", *DONE), OTHER], ALERTS: []}),
    Case("what is null stays: the session key alone", revise(password=None, common=None),
         given=[*GIVEN, ("REVISE_COMMON_KEY", *revise(session=COMMON))], then={PD: [(900, "A", *DONE), OTHER]}),
    Case("what is null stays: the common key alone", revise(password=None, session=None),
         given=[*GIVEN, ("REVISE_COMMON_KEY", *revise(common=SESSION))], then={PD: [(900, "A", *DONE), OTHER]}),
    Case("what is null stays: the password alone", revise(common=None, session=None),
         given=[*GIVEN, ("REVISE_COMMON_KEY", *revise(password=SESSION))], then={PD: [(900, "A", *DONE), OTHER]}),
    Case("a secret of 512 bytes", revise(password=LONGEST), given=GIVEN,
         then={PD: [(900, "A", LONGEST, COMMON, SESSION, 1), OTHER]}),
    Case("a certificate without dates", revise(), given=with_certificate("'C5'"),
         then={PD: [(900, "A", *DONE), OTHER], ALERTS: []}),
    Case("success clears the open alert of the device", revise(),
         given=[*GIVEN, with_alert("AABBCC000002"), with_alert(MAC), with_alert(MAC, "OTHER")],
         then={ALERTS: [alert("x", "AABBCC000002"), alert("x", is_open=0),
                        (2, "OTHER", "REVISE_COMMON_KEY", MAC, None, f"{MAC} asked for a key, but x", 1)]}),
    Case("and that from the time before it was registered", revise(),
         given=[*GIVEN, *strangers(2), with_alert(MAC, known=False)],
         then={ALERTS: [*STRANGE[:2], alert("x", is_open=0, known=False)]}),
    # What a device may not ----------------------------------------------------------
    Case("an alert of the severity that the station set", revise(), 4001,
         given=[*with_certificate("'C4'"), mdm("UPDATE ALERT_KIND SET SEVERITY = 1 WHERE ALERT_CODE = 'SECURITY'")],
         then={ALERTS: [(1, *alert("its certificate C4 is revoked")[1:])]}),
    Case("an alert of a kind whose row is gone", revise(), 4001,
         given=[*with_certificate("'C4'"), mdm("DELETE FROM ALERT_KIND")],
         then={ALERTS: [(4, *alert("its certificate C4 is revoked")[1:])]}),
    Case("a revoked certificate", revise(), 4001, given=with_certificate("'C4'"),
         then=refused("its certificate C4 is revoked")),
    Case("an expired certificate", revise(), 4001, given=with_certificate("'C2'"),
         then=refused("its certificate C2 has expired")),
    Case("a certificate that is not valid yet", revise(), 4001, given=with_certificate("'C3'"),
         then=refused("its certificate C3 is not valid yet")),
    Case("an unknown certificate", revise(), 4001, given=with_certificate("'C9'"),
         then=refused("its certificate C9 is unknown")),
    Case("no certificate", revise(), 4001, given=with_certificate("NULL"), then=refused("it has no certificate")),
    Case("a revoked certificate of an authenticated device", revise(), 4001,
         given=[*with_certificate("'C4'"), mdm("UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'A' WHERE TABLE_KEY = 900")],
         then={PD: [(900, "A", *NEW), OTHER], ALERTS: [alert("its certificate C4 is revoked")]}),
    Case("a revoked certificate of a device that is not configured", revise(), 4001,
         given=[*with_certificate("'C4'"), mdm("UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'D' WHERE TABLE_KEY = 900")],
         then={ALERTS: [alert("its certificate C4 is revoked")]}),
    Case("a revoked certificate of a concentrator", revise("CO", CO_MAC), 4001,
         given=[*GIVEN, mdm("UPDATE CONCENTRATOR_TRANSACTION SET CERT_SERIAL = 'C4'")],
         then={**QUIET, ALERTS: [alert("its certificate C4 is revoked", CO_MAC)]}),
    Case("an alert that is open already", revise(), 4001, given=[*with_certificate("'C4'"), with_alert(MAC)],
         then={**QUIET, ALERTS: [alert("x")]}),
    Case("an alert of another device", revise(), 4001, given=[*with_certificate("'C4'"), with_alert("AABBCC000002")],
         then={ALERTS: [alert("x", "AABBCC000002"), alert("its certificate C4 is revoked")]}),
    Case("an alert of another kind", revise(), 4001, given=[*with_certificate("'C4'"), with_alert(MAC, "OTHER")],
         then={OPEN: [(2,)]}),
    Case("an alert from the time before it was registered", revise(), 4001,
         given=[*with_certificate("'C4'"), with_alert(MAC, known=False)], then={ALERTS: [alert("x", known=False)]}),
    Case("an alert that was cleared", revise(), 4001,
         given=[*with_certificate("'C4'"), with_alert(MAC, cleared="'2026-01-02 00:00:00'")],
         then={ALERTS: [alert("x", is_open=0), alert("its certificate C4 is revoked")]}),
    Case("an alert is raised however many are open", revise(), 4001,
         given=[*with_certificate("'C4'"), *strangers(100)], then={OPEN: [(101,)]}),
    Case("a disposed device", revise(), 3002, given=[*GIVEN, DISPOSED], then=refused("it was disposed of")),
    Case("a disposed device with a revoked certificate", revise(), 3002, given=[*with_certificate("'C4'"), DISPOSED],
         then=refused("it was disposed of")),
    Case("a device with an address only", revise(), 3002,
         given=[*GIVEN, mdm("UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'D' WHERE TABLE_KEY = 900")],
         then={PD: [(900, "D", *NEW), OTHER], ALERTS: []}),
    Case("a new device", revise(), 3002,
         given=[*GIVEN, mdm("UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'N' WHERE TABLE_KEY = 900")],
         then={PD: [(900, "N", *NEW), OTHER], ALERTS: []}),
    Case("a MAC of no device", revise(mac=STRANGER), 2001, given=GIVEN,
         then={**QUIET, ALERTS: [alert("it is not registered", STRANGER, known=False)]}),
    Case("a MAC of no device again", revise(mac=STRANGER), 2001, given=[*GIVEN, with_alert(STRANGER, known=False)],
         then={ALERTS: [alert("x", STRANGER, known=False)]}),
    Case("a MAC of no device again, with 100 alerts open", revise(mac=STRANGER), 2001,
         given=[*GIVEN, *strangers(99), with_alert(STRANGER, known=False)], then={OPEN: [(100,)]}),
    Case("a MAC of no device, with 100 alerts of devices open", revise(mac=STRANGER), 2001,
         given=[*GIVEN, *(with_alert(f"02000000{n:04d}") for n in range(100))], then={OPEN: [(101,)]}),
    Case("a MAC of no device, with 100 alerts cleared", revise(mac=STRANGER), 2001,
         given=[*GIVEN, *strangers(100), mdm("UPDATE MDM_ALERT_HISTORY SET CLEARED_AT = GENERATED_TIME")],
         then={OPEN: [(1,)]}),
    Case("a MAC of no device, with 99 alerts open", revise(mac=STRANGER), 2001,
         given=[*GIVEN, *strangers(99)], then={OPEN: [(100,)]}),
    Case("a MAC of no device, with 100 alerts open", revise(mac=STRANGER), 2001,
         given=[*GIVEN, *strangers(100)], then={OPEN: [(100,)]}),
    Case("a device called a concentrator", revise("CO"), 2001, given=GIVEN,
         then={**QUIET, ALERTS: [alert("it is not registered", known=False)]}),
    Case("a concentrator called a device", revise(mac=CO_MAC), 2001, given=GIVEN,
         then={**QUIET, ALERTS: [alert("it is not registered", CO_MAC, known=False)]}),
    Case("no authentication server", revise(), 4002, given=UNLINKED, then=QUIET),
    Case("a MAC of no device and no authentication server", revise(mac=STRANGER), 4002, given=UNLINKED, then=QUIET),
    # Arguments ----------------------------------------------------------------------
    Case("no class", revise(None), 1001, given=GIVEN, then=QUIET),
    Case("no MAC", revise(mac=None), 1001, given=GIVEN, then=QUIET),
    Case("nothing to store", revise(password=None, common=None, session=None), 1001, given=GIVEN, then=QUIET),
    Case("a MAC that is none", revise(mac="AABB"), 1002, given=GIVEN, then=QUIET),
    Case("an injection is no MAC", revise(mac="' OR 1=1 --"), 1002, given=GIVEN, then=QUIET),
    Case("a bare password", revise(password=b"ossbn1234"), 1002, given=GIVEN, then=QUIET),
    Case("a bare common key", revise(common=bytes(16)), 1002, given=GIVEN, then=QUIET),
    *(Case(f"a session key {what}", revise(session=session), 1002, given=GIVEN, then=QUIET) for what, session in UNWRAPPED),
    Case("an empty password", revise(password=b""), 1002, given=GIVEN, then=QUIET),
    Case("another class", revise("HE"), 1003, given=GIVEN, then=QUIET),
    Case("a class in lower case", revise("pd"), 1003, given=GIVEN, then=QUIET),
    Case("an injection as class", revise("PD' OR '1'='1"), 1003, given=GIVEN, then=QUIET),
]  # fmt: skip
