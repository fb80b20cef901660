"""Cases of SYNC_HE from the rows of the installation; changes of MDM-DB itself are in test_he_db."""

from case import Case
from kenshin.paths import ROOT


def first_rows(table):
    path = ROOT / "fixtures" / "tables" / "mdm" / f"{table.lower()}.csv"
    return len(path.read_text(encoding="utf-8").splitlines()) - 1 if path.exists() else 0


TABLES = (
    "CONCENTRATOR", "CONCENTRATOR_TRANSACTION", "CONCENTRATOR_TYPE", "CONTROLLER", "CONTROLLER_TRANSACTION",
    "CONTROLLER_TYPE", "HECONF", "LOGICAL_DEVICE", "LOGICAL_DEVICE_TYPE", "MDM_CONFIG", "PARAM_GROUP",
)  # fmt: skip
FIRST = {table: first_rows(table) for table in TABLES}


def counts(**changes):
    return [(name, *changes.get(name, (0, 0, 0))) for name in FIRST]


def he(statement):
    return ("he", statement)


SYNCED = ("SYNC_HE",)

CASES = [
    Case("an empty HE-DB gets all rows", rows=[(name, rows, 0, 0) for name, rows in FIRST.items()],
         then={"he:SELECT h.HEID, h.API_URL, h.ENABLED FROM HECONF h ORDER BY h.HEID": [(n, None, 1) for n in range(1, 5)],
               "he:SELECT o.TABLE_KEY, o.CO_ID, o.HEID FROM CONCENTRATOR o ORDER BY o.TABLE_KEY":
                   [(n, f"HE{n}", n) for n in range(1, 5)],
               "he:SELECT c.\"VALUE\" FROM MDM_CONFIG c WHERE c.NAME = 'HE_SYNC'": [("1",)]}),
    Case("a repeat changes nothing", given=[SYNCED], rows=counts()),
    Case("a row is missing", given=[SYNCED, he("DELETE FROM HECONF WHERE HEID = 2")], rows=counts(HECONF=(1, 0, 0)),
         then={"he:SELECT COUNT(*) FROM HECONF h": [(4,)]}),
    Case("a row too many", given=[SYNCED, he("INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, TYPE_ID) VALUES (1, 'HE1', 11)")],
         rows=counts(CONTROLLER=(0, 0, 1)), then={"he:SELECT COUNT(*) FROM CONTROLLER d": [(0,)]}),
    Case("a row differs", given=[SYNCED, he("UPDATE CONCENTRATOR SET HEID = 3, POLL_CONFIG = 1 WHERE TABLE_KEY = 1")],
         rows=counts(CONCENTRATOR=(0, 1, 0)),
         then={"he:SELECT o.HEID, o.POLL_CONFIG FROM CONCENTRATOR o WHERE o.TABLE_KEY = 1": [(1, 0)]}),
    Case("a null becomes a value", given=[SYNCED, he("UPDATE CONCENTRATOR SET CO_ID = NULL WHERE TABLE_KEY = 1")],
         rows=counts(CONCENTRATOR=(0, 1, 0)),
         then={"he:SELECT o.CO_ID FROM CONCENTRATOR o WHERE o.TABLE_KEY = 1": [("HE1",)]}),
    Case("a value becomes null", given=[SYNCED, he("UPDATE HECONF SET API_URL = 'x'")],
         rows=counts(HECONF=(0, 4, 0)), then={"he:SELECT MAX(h.API_URL) FROM HECONF h": [(None,)]}),
    Case("a key of two columns", given=[SYNCED, he("UPDATE PARAM_GROUP SET SCALER = 9 WHERE GROUP_ID = 1 AND SUB_NUMBER = 2"),
                                        he("DELETE FROM PARAM_GROUP WHERE GROUP_ID = 2"),
                                        he("INSERT INTO PARAM_GROUP (GROUP_ID, SUB_NUMBER, KIND) VALUES (1, 9, 'INSTANT')")],
         rows=counts(PARAM_GROUP=(1, 1, 1)),
         then={"he:SELECT g.SCALER FROM PARAM_GROUP g WHERE g.GROUP_ID = 1 ORDER BY g.SUB_NUMBER": [(-2,), (-1,), (-2,), (-1,)]}),
    Case("several tables at once", given=[SYNCED, he("DELETE FROM CONTROLLER_TYPE"), he("UPDATE MDM_CONFIG SET \"VALUE\" = 'x' WHERE NAME = 'HE_SYNC'"),
                                          he("INSERT INTO LOGICAL_DEVICE (TABLE_KEY, PD_TABLE_KEY, TYPE_ID) VALUES (1, 1, 101)")],
         rows=counts(CONTROLLER_TYPE=(3, 0, 0), MDM_CONFIG=(0, 1, 0), LOGICAL_DEVICE=(0, 0, 1))),
]
