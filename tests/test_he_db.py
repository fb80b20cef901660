"""HE-DB after committed changes of MDM-DB: on Firebird another file, which sees nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from case import plain_rows
from kenshin.config import Config
from kenshin.engines import Session, open_session

SNAPSHOT = "2026-04-01 10:00:00"
# Device 900 of head-end 1 misses two readings of its first item, device 901 of head-end 2 one.
GIVEN = [
    *(
        ("mdm", statement)
        for key, heid in ((900, 1), (901, 2))
        for statement in (
            "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID, POLL_CONFIG)"
            f" VALUES ({key}, 'HE{heid}', 'AABBCC000{key}', 11, 1)",
            "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, PORT)"
            f" VALUES ({key}, 'C', 4059)",
            "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID)"
            f" VALUES ({key}, 'HEDB{key}', {key}, 101)",
            "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
            f" VALUES ({heid}, '{SNAPSHOT}', 'ONTIME', '', 'DONE')",
        )
    ),
    *(
        ("vps", statement)
        for key, slot in ((900, "10:00:00"), (900, "09:30:00"), (901, "09:00:00"))
        for statement in (
            "INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, STATUS)"
            f" VALUES ('HEDB{key}', 1, '2026-04-01 {slot}', 1)",
            "INSERT INTO USAGE_GAP (LD_ID, SUB_NUMBER, MEASURED_TIME)"
            f" VALUES ('HEDB{key}', 1, '2026-04-01 {slot}')",
        )
    ),
]
TAKEN_BACK = [
    ("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'HE_SYNC'"),
    ("mdm", "DELETE FROM CONTROLLER WHERE TABLE_KEY IN (900, 901)"),
    ("mdm", "DELETE FROM CONTROLLER_TRANSACTION WHERE TABLE_KEY IN (900, 901)"),
    ("mdm", "DELETE FROM LOGICAL_DEVICE WHERE TABLE_KEY IN (900, 901)"),
    ("mdm", f"DELETE FROM COLLECTION_LOG WHERE SNAPSHOT_TIME = '{SNAPSHOT}'"),
    ("vps", "DELETE FROM USAGE_HISTORY WHERE LD_ID LIKE 'HEDB%'"),
    ("vps", "DELETE FROM USAGE_GAP WHERE LD_ID LIKE 'HEDB%'"),
]
TABLES = (
    "CONCENTRATOR", "CONCENTRATOR_TRANSACTION", "CONCENTRATOR_TYPE", "CONTROLLER",
    "CONTROLLER_TRANSACTION", "CONTROLLER_TYPE", "HECONF", "LOGICAL_DEVICE", "LOGICAL_DEVICE_TYPE",
    "MDM_CONFIG", "PARAM_GROUP",
)  # fmt: skip
TAKEN_BACK += [("he", f"DELETE FROM {table}") for table in TABLES]


@pytest.fixture
def committed(config: Config) -> Iterator[Session]:
    with open_session(config) as session:
        try:
            for database, statement in GIVEN:
                session.execute(database, statement)
            yield session
        finally:
            for database, statement in TAKEN_BACK:
                session.execute(database, statement)


def synced(session: Session) -> dict[str, tuple[int, ...]]:
    """What SYNC_HE did: the tables that it touched, with rows added, changed and removed."""
    result = session.call("he", "SYNC_HE")
    assert result.code == 0, result
    assert [row[0].strip() for row in result.rows] == list(TABLES)
    return {name.strip(): tuple(counts) for name, *counts in result.rows if any(counts)}


def test_changes_of_mdm_reach_he(committed: Session) -> None:
    first = synced(committed)
    assert (
        first["CONTROLLER"]
        == first["CONTROLLER_TRANSACTION"]
        == first["LOGICAL_DEVICE"]
        == (2, 0, 0)
    )
    assert synced(committed) == {}

    committed.execute(
        "mdm", "UPDATE CONTROLLER SET SERIAL = 'S1', POLL_CONFIG = 0 WHERE TABLE_KEY = 900"
    )
    committed.execute("mdm", "UPDATE CONTROLLER_TRANSACTION SET PORT = NULL WHERE TABLE_KEY = 901")
    # What a head-end need not know is no change.
    committed.execute("mdm", "UPDATE CONTROLLER SET PD_NAME = 'x' WHERE TABLE_KEY = 901")
    committed.execute("mdm", "DELETE FROM LOGICAL_DEVICE WHERE TABLE_KEY = 901")
    assert synced(committed) == {
        "CONTROLLER": (0, 1, 0), "CONTROLLER_TRANSACTION": (0, 1, 0), "LOGICAL_DEVICE": (0, 0, 1),
    }  # fmt: skip
    devices = committed.execute(
        "he",
        "SELECT d.TABLE_KEY, d.SERIAL, d.POLL_CONFIG, x.PORT FROM CONTROLLER d"
        " JOIN CONTROLLER_TRANSACTION x ON x.TABLE_KEY = d.TABLE_KEY ORDER BY d.TABLE_KEY",
    )
    assert plain_rows(devices) == plain_rows([(900, "S1", 0, 4059), (901, None, 1, None)])
    assert synced(committed) == {}


def test_nothing_is_synchronised_when_it_is_off(committed: Session) -> None:
    assert committed.call("mdm", "SET_CONFIG", "HE_SYNC", "0").code == 0
    result = committed.call("he", "SYNC_HE")
    assert (result.code, result.rows) == (4002, [])
    assert committed.execute("he", "SELECT COUNT(*) FROM HECONF h") == [(0,)]


def test_a_head_end_gets_its_missing_readings(committed: Session) -> None:
    synced(committed)

    def targets(heid: int) -> list[tuple[object, ...]]:
        result = committed.call("he", "EXPORT_REPOLL_TARGET", heid)
        assert result.code == (0 if result.rows else 11)
        return result.rows

    # The oldest first.
    assert targets(1) == [
        (900, 2, 1, datetime(2026, 4, 1, 9, 30)), (900, 2, 1, datetime(2026, 4, 1, 10)),
    ]  # fmt: skip
    assert targets(2) == [(901, 2, 1, datetime(2026, 4, 1, 9))]
    assert targets(3) == []
    committed.execute("mdm", "UPDATE CONTROLLER SET POLL_CONFIG = 0 WHERE TABLE_KEY = 900")
    assert targets(1) == []
