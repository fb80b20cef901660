"""Cases of REGISTER_CONTROLLER."""

from decimal import Decimal

from case import Case

ORDER = (
    "pd_id", "co_id", "serial", "mac", "type_id", "pd_name", "poll_config", "ip_address", "port",
    "cert_serial", "password", "ld_id", "cluster_id", "ld_name", "ld_address", "ld_type_id",
    "contract_capacity", "relay_state",
)  # fmt: skip
MAC, SERIAL = "AABBCCDDEEFF", "OSSBN-01234-56"
WRAPPED = b"\x01\x01k0123456789abcdefghijklmnopqrs"
STOCK = {"serial": SERIAL, "mac": MAC, "type_id": 11, "ld_type_id": 101}
PD = (
    "mdm:SELECT d.PD_ID, d.CO_ID, d.SERIAL, d.MAC, d.TYPE_ID, d.PD_NAME, d.POLL_CONFIG, d.DELETED"
    " FROM CONTROLLER d"
)
COUNT = "mdm:SELECT COUNT(*) FROM CONTROLLER d"
HE = "mdm:SELECT d.CO_ID FROM CONTROLLER d WHERE d.MAC = 'AABBCCDDEEFF'"


def device(key, co_id, **columns):
    columns = {"TABLE_KEY": key, "CO_ID": f"'{co_id}'", "TYPE_ID": 11, **columns}
    names, values = ", ".join(columns), ", ".join(map(str, columns.values()))
    return ("mdm", f"INSERT INTO CONTROLLER ({names}) VALUES ({values})")


def setting(name, value):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


def register(**given):
    return tuple({**STOCK, **given}.get(name) for name in ORDER)


CLUSTER = ("vps", "INSERT INTO VPS_CLUSTER (CLUSTER_ID) VALUES ('takatsu-wind01')")
BEFORE = ("REGISTER_CONTROLLER", *register())
FULL_HE1 = [("mdm", "UPDATE HECONF SET CAPACITY = 1 WHERE HEID = 1"), device(901, "HE1")]
CONCENTRATOR = (
    "mdm",
    "INSERT INTO CONCENTRATOR (TABLE_KEY, CO_ID, HEID, SERIAL, MAC, TYPE_ID)"
    " VALUES (900, 'takatsu-co-001', 2, 'CO-SERIAL', '112233445566', 2)",
)

CASES = [
    Case("the guide's example, everything else by default", register(),
         then={PD: [(None, "HE1", SERIAL, MAC, 11, None, 0, 0)],
               "mdm:SELECT x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PASSWORD, x.COMMON_KEY, x.SESSION_KEY,"
               " x.PROV_STAT, x.ACTIVATION, x.POLL_START_AT, x.POLL_STOP_AT FROM CONTROLLER_TRANSACTION x"
               " JOIN CONTROLLER d ON d.TABLE_KEY = x.TABLE_KEY":
                   [(None, None, None, None, None, None, "N", 1, None, None)],
               "mdm:SELECT l.LD_ID, l.CLUSTER_ID, l.LD_NAME, l.LD_ADDRESS, l.TYPE_ID, l.CONTRACT_CAPACITY,"
               " l.RELAY_STATE, l.DELETED FROM LOGICAL_DEVICE l JOIN CONTROLLER d ON d.TABLE_KEY = l.PD_TABLE_KEY":
                   [(None, None, None, 2, 101, 0, 1, 0)]}),
    Case("every column given", register(
             pd_id="takatsu-pd-001", co_id="takatsu-co-001", pd_name="田中邸 1F 店舗", poll_config=1,
             ip_address="10.0.0.1", port=4059, cert_serial="2038112", password=WRAPPED,
             ld_id="ab012-345-c6789", cluster_id="takatsu-wind01", ld_name="1F 店舗 AC 三相", ld_address=3,
             contract_capacity=Decimal("30.5"), relay_state=0),
         given=[CLUSTER, CONCENTRATOR],
         then={PD: [("takatsu-pd-001", "takatsu-co-001", SERIAL, MAC, 11, "田中邸 1F 店舗", 1, 0)],
               "mdm:SELECT x.IP_ADDRESS, x.PORT, x.CERT_SERIAL, x.PASSWORD, x.PROV_STAT FROM CONTROLLER_TRANSACTION x"
               " JOIN CONTROLLER d ON d.TABLE_KEY = x.TABLE_KEY": [("10.0.0.1", 4059, "2038112", WRAPPED, "N")],
               "mdm:SELECT l.LD_ID, l.CLUSTER_ID, l.LD_NAME, l.LD_ADDRESS, l.CONTRACT_CAPACITY, l.RELAY_STATE"
               " FROM LOGICAL_DEVICE l":
                   [("ab012-345-c6789", "takatsu-wind01", "1F 店舗 AC 三相", 3, Decimal("30.5"), 0)]}),
    Case("a MAC is normalised", register(mac="aa:bb-cc:dd:ee:ff"), then={HE: [("HE1",)]}),
    Case("a serial number is enough (pattern D)", register(mac=None),
         then={PD: [(None, "HE1", SERIAL, None, 11, None, 0, 0)]}),
    Case("a PD_ID is enough", register(mac=None, serial=None, pd_id="PD1"),
         then={PD: [("PD1", "HE1", None, None, 11, None, 0, 0)]}),
    Case("a repeat changes nothing", register(), 10, given=[BEFORE], then={COUNT: [(1,)]}),
    Case("a repeat with other values changes nothing", register(pd_name="x", poll_config=1), 10, given=[BEFORE],
         then={PD: [(None, "HE1", SERIAL, MAC, 11, None, 0, 0)]}),
    Case("a repeat when all places are taken", register(), 10, given=[BEFORE, setting("MDM_LIMIT", 1)]),
    Case("the same MAC with another serial number", register(serial="OTHER"), 3001, given=[BEFORE],
         then={COUNT: [(1,)]}),
    Case("the same serial number with another MAC", register(mac="AABBCCDDEE00"), 3001, given=[BEFORE]),
    Case("the same MAC without serial number", register(serial=None), 3001, given=[BEFORE]),
    Case("the same device with a PD_ID", register(pd_id="PD1"), 3001, given=[BEFORE]),
    Case("the same device of another type", register(type_id=12), 3001, given=[BEFORE]),
    Case("a PD_ID in use", register(pd_id="PD1"), 3001, given=[device(900, "HE1", PD_ID="'PD1'")]),
    Case("the MAC of a concentrator", register(mac="112233445566"), 3001, given=[CONCENTRATOR]),
    Case("the serial number of a concentrator", register(serial="CO-SERIAL"), 3001, given=[CONCENTRATOR]),
    Case("an LD_ID in use", register(ld_id="P1"), 3001,
         given=[("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES ('P1', 900, 101)")],
         then={COUNT: [(0,)]}),
    Case("the LD_ID of a deleted logical device is free", register(ld_id="P1"),
         given=[("mdm", "INSERT INTO LOGICAL_DEVICE (LD_ID, PD_TABLE_KEY, TYPE_ID, DELETED)"
                        " VALUES ('P1', 900, 101, 1)")]),
    Case("the MAC of a disposed device", register(serial="OTHER"), 3002,
         given=[BEFORE, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")]),
    Case("a disposed device again", register(), 3002,
         given=[BEFORE, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")], then={COUNT: [(1,)]}),
    Case("the MAC of a disposed concentrator", register(mac="112233445566"), 3002,
         given=[CONCENTRATOR, ("mdm", "UPDATE CONCENTRATOR SET DELETED = 1 WHERE TABLE_KEY = 900")]),
    Case("a disposed concentrator before it", register(co_id="takatsu-co-001"), 3002,
         given=[CONCENTRATOR, ("mdm", "UPDATE CONCENTRATOR SET DELETED = 1 WHERE TABLE_KEY = 900")]),
    Case("an unknown type", register(type_id=99), 2009, then={COUNT: [(0,)]}),
    Case("an unknown type of logical device", register(ld_type_id=99), 2009),
    Case("an unknown concentrator", register(co_id="nowhere"), 2003),
    Case("an unknown cluster", register(cluster_id="nowhere"), 1003),
    # Allocation
    Case("FILL takes the first with room", register(), given=FULL_HE1, then={HE: [("HE2",)]}),
    Case("FILL fills the first although another is empty", register(), given=[device(901, "HE1")],
         then={HE: [("HE1",)]}),
    Case("devices behind a concentrator count for its head-end", register(),
         given=[("mdm", "UPDATE HECONF SET CAPACITY = 1"), CONCENTRATOR, device(901, "takatsu-co-001"),
                device(902, "HE1")], then={HE: [("HE3",)]}),
    Case("disposed devices take no room", register(), given=[*FULL_HE1, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")],
         then={HE: [("HE1",)]}),
    Case("a head-end that is off gets nothing", register(),
         given=[("mdm", "UPDATE HECONF SET ENABLED = 0 WHERE HEID = 1")], then={HE: [("HE2",)]}),
    Case("BALANCE takes the emptiest", register(),
         given=[setting("HE_ALLOCATION", "BALANCE"), device(901, "HE1"), device(902, "HE2"), device(903, "HE4")],
         then={HE: [("HE3",)]}),
    Case("BALANCE takes the lowest of equals", register(),
         given=[setting("HE_ALLOCATION", "BALANCE"), device(901, "HE1")], then={HE: [("HE2",)]}),
    Case("BALANCE passes over one that is full", register(),
         given=[setting("HE_ALLOCATION", "BALANCE"), ("mdm", "UPDATE HECONF SET CAPACITY = 0 WHERE HEID = 1")],
         then={HE: [("HE2",)]}),
    Case("all head-ends are full", register(), 3003, given=[("mdm", "UPDATE HECONF SET CAPACITY = 0")],
         then={COUNT: [(0,)]}),
    Case("the head-end of the concentrator is full", register(co_id="HE1"), 3003, given=FULL_HE1),
    Case("the head-end of the concentrator has room", register(co_id="HE1"),
         given=[("mdm", "UPDATE HECONF SET CAPACITY = 2 WHERE HEID = 1"), device(901, "HE1")]),
    Case("a concentrator in stock has no limit", register(co_id="takatsu-co-001"),
         given=[CONCENTRATOR, ("mdm", "UPDATE CONCENTRATOR SET HEID = 0 WHERE TABLE_KEY = 900")]),
    Case("MDM_LIMIT reached", register(), 3003, given=[setting("MDM_LIMIT", 1), device(901, "HE1")]),
    Case("one place left of MDM_LIMIT", register(), given=[setting("MDM_LIMIT", 2), device(901, "HE1")]),
    Case("LD_LIMIT reached", register(), 3003, given=[
        setting("LD_LIMIT", 1),
        ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, TYPE_ID) VALUES (901, 901, 101)")]),
    # Arguments
    Case("nothing to find it by", register(serial=None, mac=None), 1001),
    Case("no type", register(type_id=None), 1001),
    Case("no type of logical device", register(ld_type_id=None), 1001),
    Case("a PD_ID of 15 characters", register(pd_id="P" * 15)),
    Case("a PD_ID of 16 characters", register(pd_id="P" * 16), 1002),
    Case("an LD_ID of 33 characters", register(ld_id="P" * 33), 1002),
    Case("a serial number of 65 characters", register(serial="S" * 65), 1002),
    Case("a name of 128 characters", register(pd_name="邸" * 128)),
    Case("a name of 129 characters", register(pd_name="邸" * 129), 1002),
    Case("a name of a logical device of 129 characters", register(ld_name="x" * 129), 1002),
    Case("a CO_ID of 16 characters", register(co_id="c" * 16), 1002),
    Case("a CERT_SERIAL of 65 characters", register(cert_serial="c" * 65), 1002),
    Case("a CLUSTER_ID of 33 characters", register(cluster_id="k" * 33), 1002),
    *(Case(f"a MAC of twelve digits, but as {mac}", register(mac=mac), 1002)
      for mac in ("A:ABBCCDDEEFF", "AA::BBCCDDEEFF", ":AABBCCDDEEFF", "AABBCCDDEEFF-")),
    Case("a MAC of eleven digits", register(mac="AABBCCDDEEF"), 1002),
    Case("an empty MAC", register(mac=""), 1002),
    Case("an IP address that is none", register(ip_address="10.0.0.256"), 1002),
    Case("a clear password", register(password=b"ossbn1234"), 1002),
    Case("a bare key is no wrapped one", register(password=b"k" * 32), 1002),
    Case("a wrapped password of a byte too few", register(password=WRAPPED[:-1]), 1002),
    Case("a password of 513 bytes", register(password=WRAPPED.ljust(513)), 1002),
    Case("an injection is no serial number", register(serial="'; DROP TABLE CONTROLLER; --"), 1002),
    Case("an injection is a name", register(pd_name="'); DELETE FROM CONTROLLER; --"),
         then={PD: [(None, "HE1", SERIAL, MAC, 11, "'); DELETE FROM CONTROLLER; --", 0, 0)]}),
    Case("a line end is no part of a serial number", register(serial="S1\n"), 1002),
    Case("a polling setting of 2", register(poll_config=2), 1004),
    Case("a relay state of 2", register(relay_state=2), 1004),
    Case("a port of 0", register(port=0), 1004),
    Case("a port of 65536", register(port=65536), 1004),
    Case("an address of 0", register(ld_address=0), 1004),
    Case("a negative capacity", register(contract_capacity=-1), 1004),
]
