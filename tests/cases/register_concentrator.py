"""Cases of REGISTER_CONCENTRATOR."""

from case import Case

ORDER = ("co_id", "heid", "serial", "mac", "type_id", "poll_config", "ip_address", "port", "cert_serial", "password")
MAC, SERIAL = "112233445566", "OSSBN-98765-43"
WRAPPED = b"\x01\x01k0123456789abcdefghijklmnopqrs"
STOCK = {"serial": SERIAL, "mac": MAC, "type_id": 2}


def register(**given):
    return tuple({**STOCK, **given}.get(name) for name in ORDER)


BEFORE = ("REGISTER_CONCENTRATOR", *register())
CO = (
    "mdm:SELECT o.CO_ID, o.HEID, o.SERIAL, o.MAC, o.TYPE_ID, o.POLL_CONFIG, o.DELETED"
    " FROM CONCENTRATOR o WHERE o.TYPE_ID <> 0"
)
COUNT = "mdm:SELECT COUNT(*) FROM CONCENTRATOR o WHERE o.TYPE_ID <> 0"
DISPOSED = ("mdm", "UPDATE CONCENTRATOR SET DELETED = 1 WHERE TYPE_ID <> 0")
DEVICE = (
    "mdm",
    "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
    " VALUES (900, 'HE1', 'PD-SERIAL', 'AABBCC000001', 11)",
)


def limit(value):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = 'CO_LIMIT'")


CASES = [
    Case("the guide's example, everything else by default", register(),
         then={CO: [(None, 0, SERIAL, MAC, 2, 0, 0)],
               "mdm:SELECT x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY,"
               " x.PROV_STAT, x.ACTIVATION, x.POLL_START_AT, x.POLL_STOP_AT FROM CONCENTRATOR_TRANSACTION x"
               " JOIN CONCENTRATOR o ON o.TABLE_KEY = x.TABLE_KEY WHERE o.TYPE_ID <> 0":
                   [(None, None, None, None, None, None, "N", 1, None, None)]}),
    Case("every column given", register(co_id="takatsu-co-001", heid=2, poll_config=1, ip_address="10.0.0.1",
                                        port=4059, cert_serial="2038113", password=WRAPPED),
         then={CO: [("takatsu-co-001", 2, SERIAL, MAC, 2, 1, 0)],
               "mdm:SELECT x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PASSWORD FROM CONCENTRATOR_TRANSACTION x"
               " JOIN CONCENTRATOR o ON o.TABLE_KEY = x.TABLE_KEY WHERE o.TYPE_ID <> 0":
                   [("10.0.0.1", 4059, "2038113", WRAPPED)]}),
    Case("two concentrators without CO_ID", register(serial="S2", mac=None), given=[BEFORE], then={COUNT: [(2,)]}),
    Case("a CO_ID is enough", register(co_id="c1", serial=None, mac=None),
         then={CO: [("c1", 0, None, None, 2, 0, 0)]}),
    Case("a MAC is normalised", register(mac="11:22-33:44:55:66"), then={CO: [(None, 0, SERIAL, MAC, 2, 0, 0)]}),
    Case("head-end 0 is not installed", register(heid=0), then={CO: [(None, 0, SERIAL, MAC, 2, 0, 0)]}),
    Case("a repeat changes nothing", register(poll_config=1), 10, given=[BEFORE],
         then={CO: [(None, 0, SERIAL, MAC, 2, 0, 0)]}),
    Case("a repeat at the limit", register(), 10, given=[BEFORE, limit(1)]),
    Case("the same MAC with another serial number", register(serial="OTHER"), 3001, given=[BEFORE],
         then={COUNT: [(1,)]}),
    Case("the same concentrator with a CO_ID", register(co_id="c1"), 3001, given=[BEFORE]),
    Case("the CO_ID of a dummy", register(co_id="HE1"), 3001),
    Case("the MAC of a device", register(mac="AABBCC000001"), 3001, given=[DEVICE]),
    Case("the serial number of a device", register(serial="PD-SERIAL"), 3001, given=[DEVICE]),
    Case("a disposed concentrator again", register(), 3002, given=[BEFORE, DISPOSED]),
    Case("the MAC of a disposed concentrator", register(serial="OTHER"), 3002, given=[BEFORE, DISPOSED]),
    Case("an unknown type", register(type_id=99), 2009),
    Case("the type of the dummies", register(type_id=0), 2009),
    Case("CO_LIMIT reached", register(serial="S2", mac=None), 3003, given=[BEFORE, limit(1)], then={COUNT: [(1,)]}),
    Case("the dummies do not count", register(), given=[limit(1)], then={COUNT: [(1,)]}),
    Case("disposed ones do not count", register(serial="S2", mac=None), given=[BEFORE, DISPOSED, limit(1)],
         then={COUNT: [(2,)]}),
    Case("nothing to find it by", register(serial=None, mac=None), 1001),
    Case("no type", register(type_id=None), 1001),
    Case("an unknown head-end", register(heid=5), 1003),
    Case("a CO_ID of 16 characters", register(co_id="c" * 16), 1002),
    Case("a serial number of 65 characters", register(serial="S" * 65), 1002),
    Case("a CERT_SERIAL of 65 characters", register(cert_serial="c" * 65), 1002),
    Case("a MAC that is none", register(mac="112233"), 1002),
    Case("an IP address that is none", register(ip_address="10.0.0"), 1002),
    Case("a clear password", register(password=b"ossbn1234"), 1002),
    Case("a bare key is no wrapped one", register(password=b"k" * 32), 1002),
    Case("a wrapped password of a byte too few", register(password=WRAPPED[:-1]), 1002),
    Case("an injection is no CO_ID", register(co_id="' OR 1=1 --"), 1002),
    Case("a polling setting of 2", register(poll_config=2), 1004),
    Case("a port of 65536", register(port=65536), 1004),
]
