"""No rule reads more of a history than the range that it is told: rows read are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from case import Call, do
from cases._archive import ARCHIVES, SHA, closed
from cases._portal import MAIL, account, customer, relation
from cases._station import log_taken, meter, prices
from conftest import Installations, RolledBack
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.engines import Result, Session, open_session

# 40 points with 4 slots a day for 70 days: three days of January, February, March and a week. Each
# history has a partition a day, and many for the last days and the next hours.
POINTS = [f"P{number:02}" for number in range(1, 41)]
FIRST, LAST = datetime(2025, 1, 29), datetime(2025, 4, 9)
DAY, QUARTER, YOUNG = timedelta(days=1), timedelta(hours=6), timedelta(minutes=15)
SLOTS = [FIRST + number * QUARTER for number in range(1, (LAST - FIRST) // QUARTER + 1)]
ROWS = len(POINTS) * len(SLOTS)
A_DAY = len(POINTS) * 4
MIDDLE = datetime(2025, 3, 5)
JANUARY, LAST_OF_JANUARY = date(2025, 1, 1), date(2025, 1, 31)
AT = datetime(2025, 3, 20)
TABLES = ("USAGE_HISTORY", "QUOTE_HISTORY")
PARTITIONS = 200  # at least
SETTINGS = {"QUOTE_MONTHS": 1, "USAGE_DAYS": 10, "REPOLL_DEADLINE_DAYS": 10}
MONTHS = closed("2025-01-01", "2025-02-01", "2025-03-01")
SEALED = (
    "vps",
    "INSERT INTO ARCHIVE_LOG (TABLE_NAME, MONTH_START, MONTH_END, BEGUN_AT)"
    " VALUES ('QUOTE_HISTORY', '2025-01-01', '2025-02-01', '2025-03-20')",
)
NOTED = ("vps", "UPDATE ARCHIVE_LOG SET ARCHIVED_AT = '2025-03-20'")
READ = "SHOW SESSION STATUS LIKE 'Handler_read%'"


@dataclass(frozen=True)
class Told:
    """A call that is told what to look at, and how many rows it may read for that."""

    title: str
    rule: str
    arguments: Sequence[Any]
    most: int
    code: int = 0
    given: Sequence[Call] = ()


def setting(name: str, value: object) -> Call:
    return ("mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'")


def bills(*lines: str) -> list[Call]:
    """The lines of a bill file, staged."""
    texts = ["LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE", *lines, f"#END,{len(lines)}"]
    rows = []
    for number, text in enumerate(texts, 1):
        fields = [f"'{field}'" for field in text.split(",")]
        rows.append(f"({number}, {', '.join([*fields, *['NULL'] * (4 - len(fields))])})")
    return [
        ("vps", "CALL STAGE_BILL_LINE()"),
        (
            "vps",
            "INSERT INTO BILL_LINE (LINE_NO, LD_ID, SUB_NUMBER, MEASURED_TIME, QUOTE)"
            f" VALUES {', '.join(rows)}",
        ),
    ]


NOW = datetime.now().replace(microsecond=0)
CURRENT = (
    "vps",
    "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE)"
    f" VALUES ('P01', 2, '{NOW}', 1)",
)

TARIFF = prices("GLOBAL", tiers=(10,))
NO_HEAD_END = ("mdm", "UPDATE HECONF SET ENABLED = 0")
CUSTOMER = [customer(), relation(point="P01", start="2024-01-01"), account()]
SUMS = "USAGE_VALUE=480.0000;REVISION=0;QUOTE=0.0000;CO2=0.0000"

# To ask every partition once, or to read one more day, is beyond each of these numbers.
CASES = [
    Told("a day of a point", "QUERY_USAGE", ("P01", None, MIDDLE, MIDDLE + DAY, None, None), 330),
    Told("the first page", "QUERY_USAGE", ("P01", 1, FIRST, LAST, None, 4), 450),
    Told("a page amid all", "QUERY_USAGE", ("P01", 1, FIRST, LAST, MIDDLE, 4), 450),
    Told("the last page", "QUERY_USAGE", ("P01", 1, FIRST, LAST, LAST - DAY, 4), 800),
    Told("a day", "EXPORT_USAGE_ROWS", (MIDDLE, MIDDLE + DAY, "ONTIME"), 900),
    Told("a snapshot", "EXPORT_USAGE_ROWS", (LAST, LAST + YOUNG, "ONTIME"), 150),
    Told("a day", "EXPORT_USAGE", (MIDDLE, MIDDLE + DAY, "USAGE.csv", "ONTIME"), 740),
    Told("a day", "EXPORT_VPS_LOG_ROWS", (MAIL, MIDDLE, MIDDLE + DAY), 200, given=CUSTOMER),
    Told("a snapshot", "DIAGNOSE", (MIDDLE, MIDDLE + QUARTER), 950),
    Told("a day", "SIMULATE_BILL", (MIDDLE, MIDDLE + DAY), 7500, given=TARIFF),
    Told("a snapshot", "PRICE_CYCLE", (MIDDLE, MIDDLE), 4500, given=TARIFF),
    Told("the oldest month", "CLOSE_MONTH", (None,), 900, given=[NO_HEAD_END]),
    Told("a month", "CLOSE_MONTH", (LAST_OF_JANUARY,), 900, given=[NO_HEAD_END]),
    Told("closed months", "ARCHIVE_DUE", (AT,), 120, given=[ARCHIVES, *MONTHS]),
    Told("no closed month", "ARCHIVE_DUE", (AT,), 120, given=[ARCHIVES]),
    Told("a page", "ARCHIVE_QUOTE_ROWS", (JANUARY, None, 5), 250, given=[SEALED]),
    Told("another page", "ARCHIVE_QUOTE_ROWS", (JANUARY, "P20", 5), 250, given=[SEALED]),
    Told(
        "a month", "NOTE_ARCHIVED", ("QUOTE_HISTORY", JANUARY, 480, 40, SUMS, "f", SHA), 1300,
        given=[SEALED],
    ),
    Told("a step of a day", "PURGE_HISTORY", (AT, A_DAY), 280),
    Told(
        "a step of an archived month", "PURGE_HISTORY", (AT, A_DAY), 280,
        given=[ARCHIVES, *MONTHS, SEALED, NOTED],
    ),
    Told(
        "nothing to remove", "PURGE_HISTORY", (datetime(2025, 2, 5), None), 120, code=11,
        given=[setting("USAGE_DAYS", 30), setting("QUOTE_MONTHS", 3)],
    ),
    Told("a day of a point", "ADR_PROFILE", ("P01", 2, 1), 80, given=[CURRENT]),
    Told("a slot", "CORRECT_QUOTE", ("P01", 1, MIDDLE, Decimal(5)), 250, given=TARIFF),
    Told(
        "two bills", "IMPORT_BILL_ROWS", ("BILL.csv", "PAST"), 160,
        given=bills(f"P01,1,{MIDDLE},5", f"P02,1,{MIDDLE},5"),
    ),
    Told("a snapshot", "MARK_SNAPSHOT_MISSING", (1, LAST + QUARTER), 1300),
]  # fmt: skip
VIEWS = [
    (f"SNAPSHOT_COMPLETENESS WHERE MEASURED_TIME = '{MIDDLE}'", 1, 240),
    (f"SNAPSHOT_COMPLETENESS WHERE MEASURED_TIME BETWEEN '{MIDDLE}' AND '{MIDDLE + DAY}'", 5, 600),
    ("REPOLL_TARGET", 0, 120),
    ("HEAD_END_COMPLETENESS", 1, 120),
]  # fmt: skip


@dataclass
class Station:
    """The installation, and who calls its rules."""

    session: Session
    catalog: Catalog

    def fill(self) -> None:
        """Rows first, then partitions."""
        with self.session.transaction():
            for number, point in enumerate(POINTS, 901):
                for call in meter(number, 1, point):
                    do(self.session, {}, call)
            for table, columns, values in (
                ("USAGE_HISTORY", "READING, USAGE_VALUE, STATUS", "100, 1, 0"),
                ("QUOTE_HISTORY", "USAGE_VALUE, QUALITY, SOURCE", "1, 'M', 'N'"),
            ):
                for point in POINTS:
                    rows = ", ".join(f"('{point}', 1, '{at}', {values})" for at in SLOTS)
                    self.session.execute(
                        "vps",
                        f"INSERT INTO {table} (LD_ID, SUB_NUMBER, MEASURED_TIME, {columns})"
                        f" VALUES {rows}",
                    )
            for name, value in SETTINGS.items():
                do(self.session, {}, setting(name, value))
        # Of a quarter of an hour, so that there are many.
        do(self.session, {}, setting("INTERVAL_MINUTES", YOUNG // timedelta(minutes=1)))
        assert self.session.call_alone("vps", "EXTEND_HISTORY", LAST).code == 0
        do(self.session, {}, setting("INTERVAL_MINUTES", 30))
        for table in TABLES:
            self.session.execute("vps", f"ANALYZE TABLE {table}")

    def database(self, rule: str) -> str:
        return self.catalog.objects[rule][0]

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        try:
            with self.session.transaction():
                yield
                raise RolledBack
        except RolledBack:
            pass

    def reads(self) -> int:
        """Rows that this connection has asked for until now."""
        return sum(int(value) for _, value in self.session.execute("", READ))

    def idle(self) -> int:
        """Those that it takes to ask for this number."""
        first, second = self.reads(), self.reads()
        return second - first

    def count(self, told: Told) -> tuple[Result, int]:
        """What a call answers, and how many rows it asks for, its routines being known."""
        database_of = {name: found[0] for name, found in self.catalog.objects.items()}
        found = []
        for _ in range(2):
            with self.taken_back():
                (self.session.config.exchange / "USAGE.csv").unlink(missing_ok=True)
                for call in told.given:
                    do(self.session, database_of, call)
                idle = self.idle()
                before = self.reads()
                result = self.session.call(self.database(told.rule), told.rule, *told.arguments)
                found.append((result, self.reads() - before - idle))
        return found[-1]


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def station(request: pytest.FixtureRequest, installations: Installations) -> Iterator[Station]:
    config = installations.new(request.param, "pruning")
    release.apply(config)
    with open_session(config) as session:
        made = Station(session, Catalog(config.dialect))
        made.fill()
        yield made


def test_the_histories_have_partitions(station: Station) -> None:
    rows = station.session.execute(
        "vps",
        "SELECT p.TABLE_NAME, COUNT(p.PARTITION_NAME) FROM information_schema.PARTITIONS p"
        " WHERE p.TABLE_SCHEMA = DATABASE() AND p.PARTITION_NAME IS NOT NULL"
        " GROUP BY p.TABLE_NAME",
    )
    assert {name for name, _ in rows} == set(TABLES)
    assert min(count for _, count in rows) > PARTITIONS
    for table in TABLES:
        assert station.session.execute("vps", f"SELECT COUNT(*) FROM {table}") == [(ROWS,)]


@pytest.mark.parametrize("told", [pytest.param(c, id=f"{c.rule}: {c.title}") for c in CASES])
def test_reads_what_it_is_told(station: Station, told: Told) -> None:
    result, read = station.count(told)
    assert result.code == told.code, result
    assert read <= told.most


@pytest.mark.parametrize(("view", "rows", "most"), VIEWS)
def test_a_view_reads_what_it_is_asked_for(
    station: Station, view: str, rows: int, most: int
) -> None:
    with station.taken_back():
        for call in (
            (
                "vps",
                "INSERT INTO USAGE_GAP (LD_ID, SUB_NUMBER, MEASURED_TIME)"
                f" VALUES ('P01', 1, '{MIDDLE}')",
            ),
            log_taken(1, MIDDLE),
        ):
            do(station.session, {}, call)
        idle = station.idle()
        before = station.reads()
        found = station.session.execute("vps", f"SELECT * FROM {view}")
        read = station.reads() - before - idle
    assert len(found) == rows
    assert read <= most


def test_the_oldest_days_go_first(station: Station) -> None:
    with station.taken_back():
        result = station.session.call("vps", "PURGE_HISTORY", AT, 2 * A_DAY + 5)
        assert result.rows == [("USAGE_HISTORY", 2 * A_DAY + 5)]
        left = station.session.execute(
            "vps",
            "SELECT COUNT(*), MIN(h.MEASURED_TIME) FROM USAGE_HISTORY h"
            f" WHERE h.MEASURED_TIME <= '{FIRST + 3 * DAY}'",
        )
    assert left == [(A_DAY - 5, FIRST + 2 * DAY + QUARTER)]
