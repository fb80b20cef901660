"""The logs of saving events and actions: two views, and their files, on every engine."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from case import do, plain_rows
from cases._adr import ACTIONS, EVENTS, directed
from cases._station import meter
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Result, Session

NOON = datetime(2026, 6, 2)
WILD = 'a "quoted", name\r\nof 名前 🔌'
Export = Callable[..., tuple[Result, str]]


def relation(
    customer: str, start: str, end: str | None, deleted: int = 0, point: str = "P1"
) -> Any:
    until = "NULL" if end is None else f"'{end}'"
    return (
        "vps",
        "INSERT INTO UC_LD_RELATION (CUSTOMER_ID, LD_ID, FROM_DATE, TO_DATE, DELETED)"
        f" VALUES ('{customer}', '{point}', '{start}', {until}, {deleted})",
    )


@pytest.fixture
def logged(session: Session) -> Session:
    """Two events with two actions each, and one event without."""
    for call in (*meter(901, 1, "P1", capacity="40"), *EVENTS, *ACTIONS):
        do(session, {}, call)
    session.execute("mdm", "UPDATE LOGICAL_DEVICE SET LD_NAME = ? WHERE LD_ID = 'P1'", [WILD])
    session.execute(
        "vps",
        "INSERT INTO ADR_POLICY"
        " (POLICY_ID, LD_ID, SUB_NUMBER, POLICY_NAME, TARGET_CAPACITY, DELETED)"
        " VALUES (900, 'P1', 1, 'evening', 20, 1)",
    )
    do(session, {}, relation("c1", "2025-01-01", "2026-06-02"))
    do(session, {}, relation("c2", "2026-06-02", None))
    return session


def seen(session: Session, catalog: Catalog, view: str, key: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(catalog.declaration(view).columns)
    return plain_rows(session.execute("vps", f"SELECT {columns} FROM {view} ORDER BY {key}"))


@pytest.fixture
def catalog(config: Config) -> Catalog:
    return Catalog(config.dialect)


BEGIN, END = "2026-06-02 18:00:00", "2026-06-02 20:00:00"
FIRST, SECOND = "2026-06-01 10:00:00", "2026-06-02 10:00:00"
SLOT = ("40", "20", BEGIN, END)
OF_E1, OF_E2 = (FIRST, "900", "e1", "2", "50.5"), (SECOND, "901", "e2", "3", None)
ACTION_ROWS = [
    ("900", *OF_E1, "900", "evening", "P1", WILD, "c2", *SLOT, "PLANNED", None),
    ("901", *OF_E1, "901", None, "P2", None, None, *SLOT, "RESERVED", "slot 4"),
    ("902", *OF_E2, "902", None, "P1", WILD, "c2", *SLOT, "FAILED", "no answer"),
    ("903", *OF_E2, "900", "evening", "P3", None, None, *SLOT, "PLANNED", None),
]
EVENT_ROWS = [
    ("900", "e1", FIRST, "2", BEGIN, END, None, "50.5", "far", "1", "1", "0"),
    ("901", "e2", SECOND, "3", BEGIN, END, "C1", None, "near", "1", "0", "1"),
    ("902", "e3", "2026-06-03 10:00:00", "1", BEGIN, END, None, None, None, "0", "0", "0"),
]


def test_the_views(logged: Session, catalog: Catalog) -> None:
    assert seen(logged, catalog, "ADR_ACTION_LOG", "ADR_ACTION_ID") == ACTION_ROWS
    assert seen(logged, catalog, "ADR_EVENT_LOG", "ADR_EVENT_ID") == EVENT_ROWS


CUSTOMERS: dict[str, tuple[list[Any], str | None]] = {
    "the day before his": ([relation("c1", "2026-06-03", None)], None),
    "his first day": ([relation("c1", "2026-06-02", None)], "c1"),
    "his last day": ([relation("c1", "2026-01-01", "2026-06-03")], "c1"),
    "no longer his": ([relation("c1", "2026-01-01", "2026-06-02")], None),
    "a contract that ended since": ([relation("c1", "2026-01-01", None, 1)], "c1"),
    "one that stands goes before": (
        [relation("c1", "2026-05-01", None, 1), relation("c2", "2026-01-01", None)],
        "c2",
    ),
    "the newer of two": (
        [relation("c1", "2026-01-01", None), relation("c2", "2026-05-01", None)],
        "c2",
    ),
    "of another point": ([relation("c1", "2026-01-01", None, point="P2")], None),
}


@pytest.mark.parametrize("what", CUSTOMERS)
def test_whose_point_it_was(session: Session, what: str) -> None:
    given, customer = CUSTOMERS[what]
    for call in (*EVENTS, *ACTIONS[:1], *given):
        do(session, {}, call)
    assert session.execute("vps", "SELECT CUSTOMER_ID FROM ADR_ACTION_LOG") == [(customer,)]


def test_an_action_outlives_all_that_it_names(session: Session) -> None:
    """Its meter was exchanged, its event purged."""
    do(session, {}, ACTIONS[0])
    for call in meter(901, 1, "P1"):
        do(session, {}, call)
    session.execute("mdm", "UPDATE LOGICAL_DEVICE SET DELETED = 1")
    rows = session.execute(
        "vps", "SELECT ADR_ACTION_ID, DRAS_EVENT_ID, LD_NAME FROM ADR_ACTION_LOG"
    )
    assert rows == [(900, None, None)]


@pytest.fixture(params=["exchange", "client"])
def export(
    request: pytest.FixtureRequest,
    config: Config,
    session: Session,
    catalog: Catalog,
    tmp_path: Path,
) -> Iterator[Export]:
    """Write a file by one of the two ways: what the rule answered, and the text of the file."""
    made: list[Path] = []

    def write(rule: str, **filters: object) -> tuple[Result, str]:
        path = (
            config.exchange if request.param == "exchange" else tmp_path
        ) / f"adr-{len(made)}.csv"
        made.append(path)
        if request.param == "exchange":
            filters["p_file_name"] = path.name
        else:
            rule += "_ROWS"
        takes = catalog.declaration(rule).takes
        assert set(filters) <= set(takes)
        arguments = [filters.get(name) for name in takes]
        if request.param == "exchange":
            result = session.call("vps", rule, *arguments)
        else:
            result = session.stream("vps", rule, arguments, path)
        return result, path.read_bytes().decode() if path.exists() else ""

    yield write
    for path in made:
        path.unlink(missing_ok=True)


def parsed(text: str, columns: Sequence[str]) -> list[list[str]]:
    """The rows of a file, its header and trailer checked; in order of their number."""
    header, *rows, trailer = csv.reader(StringIO(text, newline=""))
    assert header == list(columns)
    assert trailer == ["#END", str(len(rows))]
    assert text.endswith("\n")
    return sorted(rows)


def as_written(row: Sequence[str | None], decimals: Sequence[int]) -> list[str]:
    """A row of a view as a file has it: null is empty, an amount has four decimals."""
    return [
        "" if value is None else f"{float(value):.4f}" if place in decimals else value
        for place, value in enumerate(row)
    ]


def numbers(text: str) -> list[int]:
    return sorted(int(row[0]) for row in csv.reader(StringIO(text, newline="")) if row[0].isdigit())


def test_files_hold_what_the_views_show(logged: Session, catalog: Catalog, export: Export) -> None:
    for rule, expected, decimals in (
        ("ADR_ACTION_LOG", ACTION_ROWS, (5, 11, 12)),
        ("ADR_EVENT_LOG", EVENT_ROWS, (7,)),
    ):
        result, text = export(f"EXPORT_{rule}")
        assert result.code == 0
        rows = parsed(text, list(catalog.declaration(rule).columns))
        assert rows == [as_written(row, decimals) for row in expected]
    assert '"a ""quoted"", name\r\nof 名前 🔌"' in export("EXPORT_ADR_ACTION_LOG")[1]


ACTION_FILTERS: list[tuple[dict[str, object], list[int]]] = [
    ({"p_from": NOON}, [902, 903]),
    ({"p_from": datetime(2026, 6, 2, 10)}, [902, 903]),
    ({"p_to": datetime(2026, 6, 2, 10)}, [900, 901]),
    (
        {"p_from": datetime(2026, 6, 1, 10), "p_to": datetime(2026, 6, 2, 10, 0, 1)},
        [900, 901, 902, 903],
    ),
    ({"p_adr_event_id": 901}, [902, 903]),
    ({"p_adr_event_id": 900, "p_policy_id": 901}, [901]),
    ({"p_policy_id": 900}, [900, 903]),
    ({"p_ld_id": "P1"}, [900, 902]),
    ({"p_ld_id": "P1", "p_adr_event_id": 901}, [902]),
    ({"p_ld_id": "P1", "p_from": NOON}, [902]),
    ({"p_ld_id": "P1", "p_to": NOON, "p_state": "PLANNED"}, [900]),
    ({"p_state": "PLANNED"}, [900, 903]),
    ({"p_state": "RESERVED"}, [901]),
    ({"p_state": "FAILED", "p_adr_event_id": 901}, [902]),
]
EVENT_FILTERS: list[tuple[dict[str, object], list[int]]] = [
    ({"p_from": NOON}, [901, 902]),
    ({"p_to": datetime(2026, 6, 2, 10)}, [900]),
    ({"p_from": datetime(2026, 6, 2, 10), "p_to": datetime(2026, 6, 3, 10)}, [901]),
    ({"p_dras_event_id": "e2"}, [901]),
    ({"p_level": 2}, [900, 901]),
    ({"p_level": 3}, [901]),
    ({"p_level": 0}, [900, 901, 902]),
    ({"p_cluster_id": "C1"}, [901]),
    ({"p_status": "far"}, [900]),
    ({"p_status": "near", "p_level": 3, "p_from": NOON}, [901]),
]


def test_filters(logged: Session, export: Export) -> None:
    for rule, filters in (("ACTION", ACTION_FILTERS), ("EVENT", EVENT_FILTERS)):
        for given, expected in filters:
            result, text = export(f"EXPORT_ADR_{rule}_LOG", **given)
            assert (given, result.code, numbers(text)) == (given, 0, expected)


def test_nothing_to_write_leaves_no_file(logged: Session, export: Export) -> None:
    assert export("EXPORT_ADR_ACTION_LOG", p_adr_event_id=902) == (Result(11), "")
    assert export("EXPORT_ADR_EVENT_LOG", p_level=4) == (Result(11), "")


def test_the_longest_line(session: Session, export: Export) -> None:
    """Every text as long as its column, of characters that take four bytes or are doubled."""
    do(session, {}, directed(900, 900, FIRST))
    for call in meter(901, 1, "P1"):
        do(session, {}, call)
    session.execute(
        "vps",
        "INSERT INTO ADR_POLICY (POLICY_ID, LD_ID, SUB_NUMBER, TARGET_CAPACITY)"
        " VALUES (900, 'P1', 1, 20)",
    )
    for text in ("🔌", '"'):
        session.execute("vps", "UPDATE ADR_ACTION_HISTORY SET MESSAGE = ?", [text * 512])
        session.execute("mdm", "UPDATE LOGICAL_DEVICE SET LD_NAME = ?", [text * 128])
        session.execute("vps", "UPDATE ADR_POLICY SET POLICY_NAME = ?", [text * 64])
        result, written = export("EXPORT_ADR_ACTION_LOG")
        assert result.code == 0, result
        [row] = list(csv.reader(StringIO(written, newline="")))[1:-1]
        assert (row[7], row[9], row[16]) == (text * 64, text * 128, text * 512)


def test_many_lines(session: Session, export: Export) -> None:
    """More than one piece of what a client gets, and more than one block of a file."""
    rows = [(n, f"P{n}", "message, number " * 20) for n in range(1, 201)]
    for number, point, message in rows:
        do(session, {}, directed(number, 900, FIRST, point, MESSAGE=message.strip()))
    result, text = export("EXPORT_ADR_ACTION_LOG", p_adr_event_id=900)
    assert result.code == 0
    assert numbers(text) == [number for number, _, _ in rows]
    assert len(text.splitlines()) == len(rows) + 2
