"""Cases of ADD_LOGICAL_DEVICE."""

from decimal import Decimal

from case import Case

ORDER = ("pd_table_key", "ld_id", "cluster_id", "ld_name", "ld_address", "ld_type_id", "contract_capacity", "relay_state")
METER = [
    ("mdm", "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID) VALUES (900, 'HE1', 'AABBCC000001', 12)"),
    ("mdm", "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID) VALUES (901, 'P1', 900, 101)"),
    ("vps", "INSERT INTO VPS_CLUSTER (CLUSTER_ID) VALUES ('takatsu-wind01')"),
]
ROWS = (
    "mdm:SELECT l.LD_ID, l.PD_TABLE_KEY, l.CLUSTER_ID, l.LD_NAME, l.LD_ADDRESS, l.TYPE_ID, l.CONTRACT_CAPACITY,"
    " l.RELAY_STATE, l.DELETED FROM LOGICAL_DEVICE l WHERE l.TABLE_KEY <> 901"
)
COUNT = "mdm:SELECT COUNT(*) FROM LOGICAL_DEVICE l"


def add(**given):
    return tuple({"pd_table_key": 900, "ld_type_id": 102, "ld_address": 3, **given}.get(name) for name in ORDER)


def limit(value):
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = 'LD_LIMIT'")


DELETED = ("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1 WHERE TABLE_KEY = 901")

CASES = [
    Case("the guide's example", add(ld_id="ab012-345-c6790", cluster_id="takatsu-wind01", ld_name="2F 居住 AC 単相",
                                    ld_type_id=101, contract_capacity=Decimal("20"), relay_state=0), given=METER,
         then={ROWS: [("ab012-345-c6790", 900, "takatsu-wind01", "2F 居住 AC 単相", 3, 101, 20, 0, 0)]}),
    Case("everything by default but the address", add(), given=METER,
         then={ROWS: [(None, 900, None, None, 3, 102, 0, 1, 0)]}),
    Case("the default address", add(ld_address=None), given=[*METER, DELETED],
         then={ROWS: [(None, 900, None, None, 2, 102, 0, 1, 0)]}),
    Case("a repeat with its LD_ID", add(ld_id="P2"), 10, given=[*METER, ("ADD_LOGICAL_DEVICE", *add(ld_id="P2"))],
         then={COUNT: [(2,)]}),
    Case("a repeat at the limit", add(ld_id="P2"), 10,
         given=[*METER, ("ADD_LOGICAL_DEVICE", *add(ld_id="P2")), limit(1)]),
    Case("a repeat without LD_ID may be another meter", add(), 3001, given=[*METER, ("ADD_LOGICAL_DEVICE", *add())],
         then={COUNT: [(2,)]}),
    Case("the address is taken", add(ld_address=2), 3001, given=METER, then={COUNT: [(1,)]}),
    Case("the default address is taken", add(ld_address=None), 3001, given=METER),
    Case("the LD_ID is taken", add(ld_id="P1"), 3001, given=METER),
    Case("the LD_ID of a deleted one is free", add(ld_id="P1"), given=[*METER, DELETED],
         then={ROWS: [("P1", 900, None, None, 3, 102, 0, 1, 0)]}),
    Case("an unknown device", add(pd_table_key=999), 2001, given=METER),
    Case("a disposed device", add(), 3002, given=[*METER, ("mdm", "UPDATE CONTROLLER SET DELETED = 1")]),
    Case("an unknown type", add(ld_type_id=99), 2009, given=METER),
    Case("LD_LIMIT reached", add(), 3003, given=[*METER, limit(1)], then={COUNT: [(1,)]}),
    Case("one place left", add(), given=[*METER, limit(2)], then={COUNT: [(2,)]}),
    Case("deleted ones take no place", add(), given=[*METER, DELETED, limit(1)], then={COUNT: [(2,)]}),
    Case("no device", add(pd_table_key=None), 1001, given=METER),
    Case("no type", add(ld_type_id=None), 1001, given=METER),
    Case("an unknown cluster", add(cluster_id="nowhere"), 1003, given=METER),
    Case("a CLUSTER_ID of 33 characters", add(cluster_id="k" * 33), 1002, given=METER),
    Case("an LD_ID of 33 characters", add(ld_id="P" * 33), 1002, given=METER),
    Case("a name of 129 characters", add(ld_name="x" * 129), 1002, given=METER),
    Case("an injection is no LD_ID", add(ld_id="x'; DELETE FROM LOGICAL_DEVICE; --"), 1002, given=METER),
    Case("an address of 0", add(ld_address=0), 1004, given=METER),
    Case("an address of 65536", add(ld_address=65536), 1004, given=METER),
    Case("a negative capacity", add(contract_capacity=-1), 1004, given=METER),
    Case("a relay state of 2", add(relay_state=2), 1004, given=METER),
]
