"""What the operators' views of devices show, on every engine."""

from __future__ import annotations

from datetime import datetime

from case import plain_rows
from kenshin.engines import Session

T1, T2 = datetime(2026, 4, 1), datetime(2026, 4, 2)


def test_provisioning_progress(session: Session) -> None:
    """Disposed devices and the dummies of the head-ends do not count."""
    for key, concentrator, kind, state, at, deleted in (
        (900, "HE1", 11, "A", "'2026-04-02 00:00:00'", 0),
        (901, "HE1", 11, "A", "'2026-04-01 00:00:00'", 0),
        (902, "HE1", 11, "A", "'2026-03-01 00:00:00'", 1),
        (903, "HE1", 12, "A", "NULL", 0),
        (904, "HE1", 11, "D", "NULL", 0),
        (905, "HE2", 11, "A", "NULL", 0),
        (906, "co-x", 77, "N", "NULL", 0),
    ):
        session.execute(
            "mdm",
            "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, TYPE_ID, DELETED)"
            f" VALUES ({key}, '{concentrator}', {kind}, {deleted})",
        )
        session.execute(
            "mdm",
            "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT, KEY_UPDATED_AT)"
            f" VALUES ({key}, '{state}', {at})",
        )
    for key, deleted in ((900, 0), (901, 0), (902, 1)):
        session.execute(
            "mdm",
            "INSERT INTO CONCENTRATOR (TABLE_KEY, HEID, TYPE_ID, DELETED)"
            f" VALUES ({key}, 2, 2, {deleted})",
        )
        session.execute(
            "mdm",
            f"INSERT INTO CONCENTRATOR_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES ({key}, 'C')",
        )
    rows = session.execute(
        "mdm",
        "SELECT v.HEID, v.CLASS, v.TYPE_ID, v.PROV_STAT, v.DEVICES, v.OLDEST_KEY_AT"
        " FROM PROVISIONING_PROGRESS v"
        " ORDER BY COALESCE(v.HEID, 99), v.CLASS, v.TYPE_ID, v.PROV_STAT",
    )
    assert plain_rows(rows) == plain_rows(
        [
            (1, "PD", 11, "A", 2, T1),
            (1, "PD", 11, "D", 1, None),
            (1, "PD", 12, "A", 1, None),
            (2, "CO", 2, "C", 2, None),
            (2, "PD", 11, "A", 1, None),
            (None, "PD", 77, "N", 1, None),
        ]
    )
    names = session.execute(
        "mdm",
        "SELECT v.CLASS, v.TYPE_ID, v.TYPE_NAME FROM PROVISIONING_PROGRESS v"
        " WHERE v.HEID = 2 OR v.HEID IS NULL ORDER BY v.TYPE_ID",
    )
    known = {
        kind: session.execute("mdm", f"SELECT y.TYPE_NAME FROM {table} y WHERE y.TYPE_ID = {kind}")
        for kind, table in ((2, "CONCENTRATOR_TYPE"), (11, "CONTROLLER_TYPE"))
    }
    assert names == [("CO", 2, *known[2][0]), ("PD", 11, *known[11][0]), ("PD", 77, None)]


def test_reboot_progress(session: Session) -> None:
    for request, key, at, state in (
        ("a", 900, T2, "WAITING"),
        ("a", 901, T1, "RUNNING"),
        ("a", 902, T2, "RUNNING"),
        ("a", 903, T2, "DONE"),
        ("a", 904, T2, "FAILED"),
        ("b", 900, T2, "DONE"),
        ("b", 901, T2, "DONE"),
    ):
        session.execute(
            "mdm",
            "INSERT INTO REBOOT_RESERVATION (RESERVATION_ID, TABLE_KEY, REQUESTED_AT, STATE)"
            f" VALUES ('{request}', {key}, '{at}', '{state}')",
        )
    rows = session.execute(
        "mdm",
        "SELECT v.RESERVATION_ID, v.REQUESTED_AT, v.WAITING, v.RUNNING, v.DONE, v.FAILED"
        " FROM REBOOT_PROGRESS v ORDER BY v.RESERVATION_ID",
    )
    assert plain_rows(rows) == plain_rows([("a", T1, 1, 2, 1, 1), ("b", T2, 0, 0, 2, 0)])
