"""What the portal shows of an account: ADR_VPS_ACCOUNT and EXPORT_VPS_LOG, on every engine."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from case import plain_rows, today
from cases._portal import MAIL, METERS, OPEN, account, customer, relation
from cases._station import slot
from kenshin.config import Config
from kenshin.engines import Session

COLUMNS = "a.LD_ID, a.LD_NAME, a.CONTRACT_CAPACITY, a.PD_ID, a.VPA_MAC, a.VPA_STATE"
SHOWN = f"SELECT {COLUMNS} FROM ADR_VPS_ACCOUNT a ORDER BY a.LD_ID, a.VPA_MAC"
P1, P2 = ("P1", "old", "30", "PD1"), ("P2", None, "0", "PD1")
HEADER = ["LD_ID", "LD_NAME", "SUB_NUMBER", "MEASURED_TIME", "USAGE_VALUE", "QUOTE", "CO2"]
START, END = datetime(2026, 1, 14), datetime(2026, 1, 17)


def do(session: Session, *calls: tuple[str, ...]) -> None:
    for call in calls:
        session.execute(*call)


def terminal(mac: str, point: str | None, device: str = "PD1", deleted: int = 0) -> tuple[str, str]:
    of = "NULL" if point is None else f"'{point}'"
    return (
        "vps",
        "INSERT INTO VPA_DEVICE (PD_ID, LD_ID, MAC, DELETED)"
        f" VALUES ('{device}', {of}, '{mac}', {deleted})",
    )


def shown(session: Session) -> list[tuple[object, ...]]:
    return plain_rows(session.execute("vps", SHOWN))


# --- ADR_VPS_ACCOUNT ------------------------------------------------------------------


def test_a_row_for_each_point_and_terminal(session: Session) -> None:
    do(session, *OPEN, relation(point="P2"))
    do(session, terminal("A", "P1"), terminal("B", None), terminal("C", "P1", deleted=1))
    do(session, terminal("D", None, "PD2"), terminal("E", "P7"))
    assert shown(session) == [
        (*P1, "A", "1"),
        (*P1, "B", "1"),
        (*P2, "B", "1"),
    ]


def test_what_an_account_row_says(session: Session) -> None:
    do(session, *METERS, customer(), relation(end="2099-01-01"))
    do(session, account(temporary=1, locked="2099-01-01", edit=0, state=0))
    rest = ("2026-01-01", "2099-01-01", "d", None)
    query = (
        "SELECT a.VPS_ACCOUNT_ID, a.CUSTOMER_ID, a.NAME, a.TEMPORARY, a.LOCKED_UNTIL, a.EDIT_RIGHT,"
        " a.STATE, a.UPDATED_AT, a.FROM_DATE, a.TO_DATE, a.PD_NAME, a.VPA_DEVICE_ID"
        " FROM ADR_VPS_ACCOUNT a"
    )
    assert plain_rows(session.execute("vps", query)) == [
        (MAIL, "C-1", "N", "1", "2099-01-01 00:00:00", "0", "0", None, *rest)
    ]


def test_two_accounts_of_a_customer_show_the_same_point(session: Session) -> None:
    do(session, *OPEN, account("other@example.jp"), account("zoo@example.jp", deleted=1))
    assert shown(session) == [(*P1, None, None)] * 2


@pytest.mark.parametrize("end_of", [today, lambda: date(2026, 1, 2)], ids=["today", "before"])
def test_a_point_that_is_no_longer_his_is_not_shown(
    session: Session, end_of: Callable[[], date]
) -> None:
    end = end_of()
    do(session, *METERS, customer(), relation(end=f"{end}"), account(), terminal("A", "P1"))
    assert shown(session) == [(None,) * 6]


def test_a_point_of_today_or_later_is_shown(session: Session) -> None:
    tomorrow = today() + timedelta(days=1)
    do(session, *METERS, customer(), account())
    do(session, relation(end=f"{tomorrow}"), relation(point="P2", start=f"{tomorrow}"))
    assert [row[0] for row in shown(session)] == ["P1", "P2"]


def test_a_point_that_no_device_reads_is_shown_bare(session: Session) -> None:
    do(session, *OPEN, ("mdm", "UPDATE LOGICAL_DEVICE SET LD_ID = NULL"), terminal("A", "P1"))
    assert shown(session) == [("P1", None, None, None, "A", "1")]


@pytest.mark.parametrize("table", ["UTILITY_CUSTOMER", "VPS_ACCOUNT"])
def test_what_was_removed_is_not_shown(session: Session, table: str) -> None:
    do(session, *OPEN, ("vps", f"UPDATE {table} SET DELETED = 1"))
    assert shown(session) == []


def test_a_cancelled_contract_shows_no_point(session: Session) -> None:
    do(session, *OPEN, ("vps", "UPDATE UC_LD_RELATION SET DELETED = 1"))
    assert shown(session) == [(None,) * 6]


# --- EXPORT_VPS_LOG -------------------------------------------------------------------


@pytest.fixture(params=["exchange", "client"])
def exported(request: pytest.FixtureRequest, config: Config, session: Session, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Exports a log by one of the two ways, and gives its lines as fields."""
    made: list[Path] = []

    def export(start: datetime = START, end: datetime = END, mail: str = MAIL) -> list[list[str]]:
        name = f"{request.node.name.split('[')[0]}-{len(made)}.csv"
        if request.param == "client":
            made.append(tmp_path / name)
            result = session.stream("vps", "EXPORT_VPS_LOG_ROWS", (mail, start, end), made[-1])
        else:
            made.append(config.exchange / name)
            result = session.call("vps", "EXPORT_VPS_LOG", mail, start, end, name)
            assert session.call("vps", "EXPORT_VPS_LOG", mail, start, end, name).code == 5001
        assert result.code == 0, result
        with made[-1].open(encoding="utf-8", newline="") as file:
            header, *rows, trailer = csv.reader(file)
        assert header == HEADER
        assert trailer == ["#END", str(len(rows))]
        return sorted(rows)

    yield export
    for path in made:
        path.unlink(missing_ok=True)


def slots(session: Session, point: str, *times: str, sub: int = 1) -> None:
    for at in times:
        do(session, *slot(point, f"2026-01-{at}:00", "0.5", "S", "12.34", "0.2", sub=sub))


def times(rows: list[list[str]], point: str = "P1") -> list[str]:
    return [row[3][8:16] for row in rows if row[0] == point]


def test_a_line_of_the_log(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *OPEN)
    do(session, *slot("P1", "2026-01-14 10:00:00", "0.5", "S", "12.34", "0.2"))
    do(session, *slot("P1", "2026-01-14 10:30:00", None))
    first, second = exported()
    assert [*first[:4], *map(float, first[4:])] == [
        *("P1", "old", "1", "2026-01-14 10:00:00"),
        *(0.5, 12.34, 0.2),
    ]
    assert second == ["P1", "old", "1", "2026-01-14 10:30:00", "", "", ""]


@pytest.mark.parametrize("name", ['2F, "left"', "two\nlines", "\u540d\U0001f50c", "'; --", ""])
def test_a_name_may_hold_anything(session: Session, exported, name: str) -> None:  # type: ignore[no-untyped-def]
    do(session, *OPEN)
    session.execute("mdm", "UPDATE LOGICAL_DEVICE SET LD_NAME = ? WHERE TABLE_KEY = 900", [name])
    slots(session, "P1", "14 10:00", "14 10:30")
    assert [row[1] for row in exported()] == [name, name]


def test_a_point_without_a_name(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *OPEN, relation(point="P2"))
    slots(session, "P2", "14 10:00")
    assert [row[:2] for row in exported()] == [["P2", ""]]


def test_a_slot_is_of_the_day_in_which_it_begins(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *METERS, customer(), account())
    do(session, relation(start="2026-01-15", end="2026-01-16"))
    slots(session, "P1", "15 00:00", "15 00:30", "15 23:30", "16 00:00", "16 00:30")
    assert times(exported()) == ["15 00:30", "15 23:30", "16 00:00"]


def test_neighbours_in_time_have_each_slot_once(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *METERS, customer(), account(), relation(end="2026-01-15"))
    do(session, customer("C-2"), account("two@example.jp", "C-2"))
    do(session, relation("C-2", start="2026-01-15"))
    slots(session, "P1", "14 23:30", "15 00:00", "15 00:30")
    assert times(exported()) == ["14 23:30", "15 00:00"]
    assert times(exported(mail="two@example.jp")) == ["15 00:30"]


def test_a_customer_who_left_does_not_learn_the_new_name(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *METERS, customer(), account(), relation(end="2026-01-15"))
    slots(session, "P1", "14 10:00")
    assert [row[:2] for row in exported()] == [["P1", ""]]


def test_all_days_of_a_customer_who_came_back(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *METERS, customer(), account(), relation(end="2026-01-15"))
    do(session, relation(start="2026-01-16"))
    slots(session, "P1", "14 10:00", "15 10:00", "16 10:00")
    assert times(exported()) == ["14 10:00", "16 10:00"]


def test_all_points_and_items_and_no_other(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *OPEN, relation(point="P2"), relation(point="P3"), relation(point="P4", deleted=1))
    slots(session, "P1", "14 10:00")
    slots(session, "P1", "14 10:00", sub=2)
    for point in ("P2", "P3", "P4", "P5"):
        slots(session, point, "14 10:00")
    assert [(row[0], row[2]) for row in exported()] == [
        ("P1", "1"),
        ("P1", "2"),
        ("P2", "1"),
        ("P3", "1"),
    ]


def test_the_range_includes_its_start_alone(session: Session, exported) -> None:  # type: ignore[no-untyped-def]
    do(session, *OPEN)
    slots(session, "P1", "14 09:30", "14 10:00", "14 10:30", "14 11:00")
    rows = exported(datetime(2026, 1, 14, 10), datetime(2026, 1, 14, 11), MAIL.upper())
    assert times(rows) == ["14 10:00", "14 10:30"]
