"""Cases of RENEW_CERTIFICATE."""

from datetime import datetime, timedelta

from case import Case

MAC, CO_MAC, OTHER_MAC = "AABBCC000001", "112233445566", "AABBCC000002"
NEW, LOWER = "7D00F1A2", "7d00f1a2"
LAST = datetime.now() + timedelta(days=1)


def mdm(statement):
    return ("mdm", statement)


def certificate(serial, start="'2020-01-01 00:00:00'", end="'2090-01-01 00:00:00'", revoked=0):
    return mdm("INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, NOT_BEFORE, NOT_AFTER, REVOKED)"
               f" VALUES ('{serial}', {start}, {end}, {revoked})")


# Two devices and a concentrator, each bound to a certificate of its own that has ended.
GIVEN = [
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'HE1', 'AABBCC000001', 11)"),
    mdm("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (901, 'HE1', 'AABBCC000002', 11)"),
    mdm("INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'c1', '112233445566', 2)"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (900, 'A', 'OLD1')"),
    mdm("INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (901, 'A', 'OLD2')"),
    mdm("INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, PROV_STAT, CERT_SERIAL) VALUES (900, 'A', 'OLD3')"),
    *(certificate(f"OLD{n}", end="'2021-01-01 00:00:00'") for n in (1, 2, 3)),
    certificate(NEW), certificate(LOWER),
    certificate("SHORT", end=f"'{LAST:%Y-%m-%d %H:%M:%S}'"), certificate("OPEN", "NULL", "NULL"),
    certificate("REVOKED", revoked=1), certificate("PENDING", "'2080-01-01 00:00:00'"),
    certificate("EXPIRED", end="'2021-01-01 00:00:00'"),
]  # fmt: skip


def bound(table):
    return f"mdm:SELECT x.TABLE_KEY, x.PROV_STAT, x.CERT_SERIAL FROM {table}_TRANSACTION x WHERE x.TABLE_KEY >= 900 ORDER BY x.TABLE_KEY"


PD, CO = bound("CONTROLLER"), bound("CONCENTRATOR")
OTHER = (901, "A", "OLD2")
AS_BEFORE = {PD: [(900, "A", "OLD1"), OTHER], CO: [(900, "A", "OLD3")]}


def now(serial):
    return {**AS_BEFORE, PD: [(900, "A", serial), OTHER]}


def given(statement):
    return [*GIVEN, mdm(statement)]


CASES = [
    Case("a device gets its new certificate", (MAC, NEW), given=GIVEN, then=now(NEW)),
    Case("a concentrator too", (CO_MAC, NEW), given=GIVEN, then={**AS_BEFORE, CO: [(900, "A", NEW)]}),
    Case("separators and lower case are normalised", ("aa:bb:cc:00-00-01", NEW), given=GIVEN, then=now(NEW)),
    Case("one that ends soon", (MAC, "SHORT"), given=GIVEN, then=now("SHORT")),
    Case("one without an end", (MAC, "OPEN"), given=GIVEN, then=now("OPEN")),
    Case("the first one of a device registered without", (MAC, NEW),
         given=given("UPDATE CONTROLLER_TRANSACTION SET CERT_SERIAL = NULL WHERE TABLE_KEY = 900"), then=now(NEW)),
    Case("back to one of before that still holds", (MAC, NEW),
         given=[*GIVEN, ("RENEW_CERTIFICATE", MAC, NEW), ("RENEW_CERTIFICATE", MAC, "SHORT")], then=now(NEW)),
    Case("a new device", (MAC, NEW), given=given("UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'N' WHERE TABLE_KEY = 900"),
         then={PD: [(900, "N", NEW), OTHER]}),
    Case("a repeat", (MAC, NEW), 10, given=[*GIVEN, ("RENEW_CERTIFICATE", MAC, NEW)], then=now(NEW)),
    Case("a repeat, though another device was registered with it since", (MAC, NEW), 10,
         given=[*GIVEN, ("RENEW_CERTIFICATE", MAC, NEW),
                mdm(f"UPDATE CONTROLLER_TRANSACTION SET CERT_SERIAL = '{NEW}' WHERE TABLE_KEY = 901")]),
    Case("another case is another certificate", (MAC, NEW), given=[*GIVEN, ("RENEW_CERTIFICATE", MAC, LOWER)], then=now(NEW)),
    # Whose it cannot be ------------------------------------------------------------
    Case("one of another device", (MAC, NEW), 3004, given=[*GIVEN, ("RENEW_CERTIFICATE", OTHER_MAC, NEW)],
         then={PD: [(900, "A", "OLD1"), (901, "A", NEW)]}),
    Case("one of a concentrator", (MAC, NEW), 3004, given=[*GIVEN, ("RENEW_CERTIFICATE", CO_MAC, NEW)],
         then={PD: AS_BEFORE[PD]}),
    Case("one of a device, for a concentrator", (CO_MAC, NEW), 3004, given=[*GIVEN, ("RENEW_CERTIFICATE", MAC, NEW)],
         then={CO: AS_BEFORE[CO]}),
    Case("one of a device that was disposed of", (MAC, NEW),
         given=[*GIVEN, ("RENEW_CERTIFICATE", OTHER_MAC, NEW), mdm("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 901")],
         then={PD: [(900, "A", NEW), (901, "A", NEW)]}),
    Case("a disposed device", (MAC, NEW), 3002, given=given("UPDATE CONTROLLER SET DELETED = 1 WHERE TABLE_KEY = 900"),
         then=AS_BEFORE),
    Case("a disposed concentrator", (CO_MAC, NEW), 3002, given=given("UPDATE CONCENTRATOR SET DELETED = 1 WHERE TABLE_KEY = 900"),
         then=AS_BEFORE),
    Case("a revoked certificate", (MAC, "REVOKED"), 3002, given=GIVEN, then=AS_BEFORE),
    Case("a certificate that is not valid yet", (MAC, "PENDING"), 3002, given=GIVEN, then=AS_BEFORE),
    Case("an expired certificate", (MAC, "EXPIRED"), 3002, given=GIVEN, then=AS_BEFORE),
    Case("the one that has ended", (MAC, "OLD1"), 3002, given=GIVEN, then=AS_BEFORE),
    Case("an unknown certificate", (MAC, "NEVER"), 2004, given=GIVEN, then=AS_BEFORE),
    Case("an unknown certificate to which it is bound", (MAC, "NEVER"), 2004,
         given=given("UPDATE CONTROLLER_TRANSACTION SET CERT_SERIAL = 'NEVER' WHERE TABLE_KEY = 900"), then=now("NEVER")),
    Case("a MAC of no device", ("AABBCC00FFFF", NEW), 2001, given=GIVEN, then=AS_BEFORE),
    # Arguments ----------------------------------------------------------------------
    Case("no MAC", (None, NEW), 1001, given=GIVEN, then=AS_BEFORE),
    Case("no serial number", (MAC, None), 1001, given=GIVEN, then=AS_BEFORE),
    Case("a MAC that is none", ("AABB", NEW), 1002, given=GIVEN, then=AS_BEFORE),
    Case("an empty serial number", (MAC, ""), 1002, given=GIVEN, then=AS_BEFORE),
    Case("a serial number of 65 characters", (MAC, "2" * 65), 1002, given=GIVEN, then=AS_BEFORE),
    Case("an injection is no MAC", ("' OR 1=1 --", NEW), 1002, given=GIVEN, then=AS_BEFORE),
    Case("an injection is no serial number", (MAC, "' OR 1=1 --"), 1002, given=GIVEN, then=AS_BEFORE),
]
