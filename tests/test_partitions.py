"""Partitions of the histories: made, packed and dropped, and never a row that was not to go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from click.testing import CliRunner

from batches import INTERVAL as SLOT
from batches import SOON, START, Site, names
from case import do, plain_rows
from cases._archive import ARCHIVES
from cases._station import usage
from conftest import RolledBack
from kenshin.cli import kenshin
from kenshin.commands.purge import purge as purge_verb
from kenshin.config import Config
from kenshin.cycle import Cycle
from kenshin.engines import Result, Session, open_session

TABLES = ("QUOTE_HISTORY", "USAGE_HISTORY")
IN_USE = 3002
NOTHING = 11
T = datetime(2025, 7, 14, 10, 0)
DAY = timedelta(days=1)
PARTITIONED = pytest.mark.parametrize("engine", ["mysql", "mariadb"], indirect=True)
LATER = "P_LATER"
COLUMNS = {
    "USAGE_HISTORY": "LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS",
    "QUOTE_HISTORY": "LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, SOURCE",
}


@dataclass
class Histories:
    """Both histories of an installation, and who calls rules on them."""

    config: Config
    session: Session
    path: Path

    # --- Given ------------------------------------------------------------------------------

    def clear(self) -> None:
        """No row, one partition, and the settings of a new installation."""
        for table in TABLES:
            self.alter(table, "TRUNCATE TABLE {}")
        self.divide()
        for name, value in (
            ("INTERVAL_MINUTES", 30),
            ("USAGE_DAYS", 60),
            ("REPOLL_DEADLINE_DAYS", 44),
            ("QUOTE_MONTHS", 60),
            ("ARCHIVE_HISTORY", 0),
        ):
            self.setting(name, value)
        for table in ("ARCHIVE_LOG", "USAGE_GAP", "RULE_ERROR"):
            self.session.execute("vps", f"DELETE FROM {table}")

    def divide(self, *moments: datetime) -> None:
        """Partitions that end with these slots, whatever there was."""
        if self.config.dialect == "firebird":
            return
        parts = [
            f"PARTITION P{at:%Y%m%d%H%M} VALUES LESS THAN ('{at + timedelta(seconds=1)}')"
            for at in moments
        ]
        parts.append(f"PARTITION {LATER} VALUES LESS THAN (MAXVALUE)")
        for table in TABLES:
            self.alter(
                table,
                f"ALTER TABLE {{}} PARTITION BY RANGE COLUMNS (MEASURED_TIME) ({', '.join(parts)})",
            )

    def alter(self, table: str, statement: str) -> None:
        if self.config.dialect == "firebird":
            statement = "DELETE FROM {}"
        self.session.execute("vps", statement.format(table))

    def setting(self, name: str, value: int) -> None:
        self.session.execute(
            "mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'"
        )

    def slots(self, *moments: datetime) -> None:
        """Slots of two points in both histories, not in the order of their key."""
        with self.session.transaction():
            for number, at in enumerate(moments):
                for point in ("P2", "P1"):
                    for call in usage(point, at, 100 + number, number):
                        do(self.session, {}, call)

    def archived(self, table: str, start: datetime, end: datetime, removed: bool = False) -> None:
        """A month that was archived."""
        self.session.execute(
            "vps",
            "INSERT INTO ARCHIVE_LOG (TABLE_NAME, MONTH_START, MONTH_END, BEGUN_AT, ARCHIVED_AT,"
            " REMOVED_AT) VALUES (?, ?, ?, ?, ?, ?)",
            [table, start.date(), end.date(), end, end, end if removed else None],
        )

    # --- Called -----------------------------------------------------------------------------

    def call(self, rule: str, at: datetime | None = T) -> Result:
        return self.session.call_alone("vps", rule, at)

    def done(self, rule: str, at: datetime = T) -> list[tuple[Any, ...]]:
        """Call a rule that has something to do, until it has done it; its rows."""
        result = self.call(rule, at)
        assert result.code == 0, result
        return plain_rows(result.rows)

    # --- Seen -------------------------------------------------------------------------------

    def partitions(self, table: str = "USAGE_HISTORY") -> dict[str, str]:
        """The partitions in their order, each with its bound; none on Firebird."""
        if self.config.dialect == "firebird":
            return {}
        rows = self.session.execute(
            "vps",
            "SELECT p.PARTITION_NAME, p.PARTITION_DESCRIPTION FROM information_schema.PARTITIONS p"
            " WHERE p.TABLE_SCHEMA = DATABASE() AND p.TABLE_NAME = ?"
            " AND p.PARTITION_NAME IS NOT NULL ORDER BY p.PARTITION_ORDINAL_POSITION",
            [table],
        )
        return {str(name): str(bound).strip("'") for name, bound in rows}

    def both(self) -> dict[str, dict[str, str]]:
        return {table: self.partitions(table) for table in TABLES}

    def filled(self, table: str = "USAGE_HISTORY") -> dict[str, list[str]]:
        """The slots of each partition that has some."""
        found = {}
        for name in self.partitions(table):
            rows = self.session.execute(
                "vps",
                f"SELECT DISTINCT h.MEASURED_TIME FROM {table} PARTITION ({name}) h ORDER BY 1",
            )
            if rows:
                found[name] = [f"{at:%d %H:%M}" for (at,) in rows]
        return found

    def rows(self, where: str = "1 = 1") -> dict[str, list[tuple[Any, ...]]]:
        """All rows, which is more than a checksum of them."""
        return {
            table: self.session.execute(
                "vps", f"SELECT {COLUMNS[table]} FROM {table} WHERE {where} ORDER BY 1, 2, 3"
            )
            for table in TABLES
        }

    def errors(self) -> list[tuple[Any, ...]]:
        return self.session.execute("vps", "SELECT ROUTINE, MESSAGE FROM RULE_ERROR")

    @contextmanager
    def other(self) -> Iterator[Session]:
        with open_session(self.config) as session:
            yield session

    def verify(self) -> tuple[int, str]:
        """What `kenshin db verify` says of it."""
        result = CliRunner().invoke(kenshin, ["--config", str(self.path), "db", "verify"])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output


@pytest.fixture
def histories(site: Site) -> Iterator[Histories]:
    site.configure()
    with site.session() as session:
        found = Histories(site.config, session, site.path)
        found.clear()
        yield found


def at(text: str) -> datetime:
    """A moment of July 2025, as 14 10:00."""
    return datetime.strptime(f"2025-07-{text}", "%Y-%m-%d %H:%M")


def snapshots(first: datetime, last: datetime, step: timedelta = SLOT) -> list[str]:
    """The names of partitions of snapshots."""
    found = []
    while first <= last:
        found.append(f"P{first:%Y%m%d%H%M}")
        first += step
    return found


def days(*numbers: int) -> list[str]:
    """The names of partitions of days of July 2025."""
    return [f"P202507{number:02}" for number in numbers]


# --- Room for what comes --------------------------------------------------------------------


@PARTITIONED
def test_room_is_made_once(histories: Histories) -> None:
    assert histories.call("EXTEND_HISTORY").code == 0
    made = [*snapshots(at("14 09:30"), at("14 22:00")), LATER]
    for table in TABLES:
        assert list(histories.partitions(table)) == made
    # The bound lies a second behind the last slot.
    assert histories.partitions()["P202507141000"] == "2025-07-14 10:00:01"
    assert histories.partitions()[LATER] == "MAXVALUE"
    for later in (at("14 10:00"), at("14 10:29"), at("14 16:29"), at("10 00:00")):
        assert histories.call("EXTEND_HISTORY", later).code == NOTHING
    assert list(histories.partitions()) == made
    # Less than six hours are left.
    assert histories.call("EXTEND_HISTORY", at("14 16:31")).code == 0
    assert list(histories.partitions()) == [*snapshots(at("14 09:30"), at("15 04:30")), LATER]
    assert histories.both()["QUOTE_HISTORY"] == histories.both()["USAGE_HISTORY"]


@PARTITIONED
def test_room_is_made_from_now_on(histories: Histories) -> None:
    before = datetime.now()
    assert histories.call("EXTEND_HISTORY", None).code == 0
    name = list(histories.partitions())[-2]
    last = datetime.strptime(name, "P%Y%m%d%H%M")
    assert before + timedelta(hours=11) < last <= datetime.now() + timedelta(hours=12)


@PARTITIONED
def test_a_slot_stands_in_its_own_partition(histories: Histories) -> None:
    histories.done("EXTEND_HISTORY")
    moments = [at(f"14 {text}") for text in ("00:30", "09:30", "10:00", "10:30", "22:00", "22:30")]
    histories.slots(*moments)
    for table in TABLES:
        assert histories.filled(table) == {
            "P202507140930": ["14 00:30", "14 09:30"],  # the first one has all that is older
            "P202507141000": ["14 10:00"],
            "P202507141030": ["14 10:30"],
            "P202507142200": ["14 22:00"],
            LATER: ["14 22:30"],
        }


@PARTITIONED
def test_what_an_earlier_release_kept_in_one_place_gets_its_days(histories: Histories) -> None:
    """The slot at midnight is of the day that ends; days that are over have one partition."""
    texts = ("10 00:00", "10 00:30", "11 00:00", "11 12:00", "12 23:30", "13 00:00", "13 00:30",
             "14 00:00", "14 09:30", "14 10:00")  # fmt: skip
    histories.slots(*map(at, texts))
    rows = histories.rows()
    histories.done("EXTEND_HISTORY")
    for table in TABLES:
        assert list(histories.partitions(table)) == [
            "P202507090000",
            *days(9, 10, 11, 12),
            *snapshots(at("13 00:30"), at("14 22:00")),
            LATER,
        ]
        assert histories.filled(table) == {
            "P20250709": ["10 00:00"],
            "P20250710": ["10 00:30", "11 00:00"],
            "P20250711": ["11 12:00"],
            "P20250712": ["12 23:30", "13 00:00"],
            "P202507130030": ["13 00:30"],
            "P202507140000": ["14 00:00"],
            "P202507140930": ["14 09:30"],
            "P202507141000": ["14 10:00"],
        }
    assert histories.rows() == rows
    assert histories.call("EXTEND_HISTORY").code == NOTHING


@PARTITIONED
def test_what_came_while_nobody_made_room_is_moved(histories: Histories) -> None:
    histories.done("EXTEND_HISTORY", at("10 10:00"))
    texts = ("10 22:00", "10 22:30", "11 00:00", "11 00:30", "12 12:00", "13 12:00", "14 10:00")
    histories.slots(*map(at, texts))
    rows = histories.rows()
    assert len(histories.filled()[LATER]) == 6
    histories.done("EXTEND_HISTORY")
    assert list(histories.partitions()) == [
        *snapshots(at("10 09:30"), at("11 00:00")),
        *days(11, 12),
        *snapshots(at("13 00:30"), at("14 22:00")),
        LATER,
    ]
    assert histories.filled() == {
        "P202507102200": ["10 22:00"],
        "P202507102230": ["10 22:30"],
        "P202507110000": ["11 00:00"],
        "P20250711": ["11 00:30"],
        "P20250712": ["12 12:00"],
        "P202507131200": ["13 12:00"],
        "P202507141000": ["14 10:00"],
    }
    assert histories.rows() == rows


@PARTITIONED
@pytest.mark.parametrize("minutes", [15, 60])
def test_another_interval(histories: Histories, minutes: int) -> None:
    histories.setting("INTERVAL_MINUTES", minutes)
    histories.done("EXTEND_HISTORY", T + timedelta(minutes=14))
    step = timedelta(minutes=minutes)
    assert list(histories.partitions()) == [*snapshots(T - step, at("14 22:00"), step), LATER]


@PARTITIONED
def test_the_interval_is_changed(histories: Histories) -> None:
    """Partitions of snapshots end where days do, all the same."""
    histories.done("EXTEND_HISTORY", at("14 09:30"))
    histories.setting("INTERVAL_MINUTES", 60)
    histories.done("EXTEND_HISTORY", at("14 22:00"))
    hour = timedelta(hours=1)
    assert list(histories.partitions()) == [
        *snapshots(at("14 09:00"), at("14 21:30")),
        *snapshots(at("14 22:30"), at("14 23:30"), hour),
        *snapshots(at("15 00:00"), at("15 10:00"), hour),
        LATER,
    ]


# --- Days that are over ---------------------------------------------------------------------


@PARTITIONED
def test_days_are_packed_one_a_call(histories: Histories) -> None:
    histories.done("EXTEND_HISTORY", at("10 10:00"))
    histories.done("EXTEND_HISTORY", at("12 10:00"))
    for hour in range(9, 62, 4):
        histories.slots(
            at("10 00:00") + timedelta(hours=hour), at("10 00:30") + timedelta(hours=hour)
        )
    rows = histories.rows()

    # The 11th is not over by a day.
    late = at("12 23:59")
    assert [histories.done("PACK_HISTORY", late)[0] for _ in TABLES] == [
        (table, "2025-07-10") for table in TABLES
    ]
    assert histories.call("PACK_HISTORY", late).code == NOTHING
    young = [*snapshots(at("11 00:30"), at("12 22:00")), LATER]
    for table in TABLES:
        assert list(histories.partitions(table)) == [*days(10), *young]
    assert histories.partitions()["P20250710"] == "2025-07-11 00:00:01"
    assert histories.rows() == rows

    # Of each history the oldest day first.
    packed = [row for _ in range(4) for row in histories.done("PACK_HISTORY", at("14 00:00"))]
    assert packed == [(table, f"2025-07-{day}") for table in TABLES for day in (11, 12)]
    assert histories.call("PACK_HISTORY", at("14 00:00")).code == NOTHING
    for table in TABLES:
        assert list(histories.partitions(table)) == [*days(10, 11, 12), LATER]
    assert histories.rows() == rows
    assert histories.filled()["P20250710"][0] == "10 09:00"
    # The next day goes on where the last one ended, in its middle.
    histories.done("EXTEND_HISTORY", at("12 22:00"))
    assert list(histories.partitions())[3:5] == ["P202507122230", "P202507122300"]
    assert histories.rows() == rows


@PARTITIONED
def test_a_day_that_got_partitions_again_is_packed_again(histories: Histories) -> None:
    histories.done("EXTEND_HISTORY", at("10 10:00"))
    histories.slots(at("10 12:00"))
    for table in TABLES:
        assert histories.done("PACK_HISTORY", at("12 00:00")) == [(table, "2025-07-10")]
    histories.done("EXTEND_HISTORY", at("10 22:00"))
    histories.slots(at("10 22:30"))
    for table in TABLES:
        assert histories.done("PACK_HISTORY", at("12 00:00")) == [(table, "2025-07-10")]
    assert list(histories.partitions())[:2] == ["P20250710", "P202507110030"]
    assert histories.filled() == {"P20250710": ["10 12:00", "10 22:30"]}


@PARTITIONED
def test_a_pack_that_was_not_finished_is_gone_on_with(histories: Histories) -> None:
    """Between its two copies a day has one partition under the name of its last snapshot."""
    histories.divide(at("10 00:00"), at("11 00:00"), at("11 00:30"))
    histories.slots(at("10 12:00"), at("11 00:00"))
    rows = histories.rows()
    found = [row for _ in range(4) for row in histories.done("PACK_HISTORY", at("12 00:00"))]
    assert found == [(table, f"2025-07-{day}") for table in TABLES for day in ("09", "10")]
    assert list(histories.partitions()) == [*days(9, 10), "P202507110030", LATER]
    assert histories.rows() == rows


# --- Days that go ---------------------------------------------------------------------------


def kept_a_day(histories: Histories) -> None:
    histories.setting("USAGE_DAYS", 1)
    histories.setting("REPOLL_DEADLINE_DAYS", 1)


@PARTITIONED
def test_whole_days_go(histories: Histories) -> None:
    kept_a_day(histories)
    histories.slots(*(at("10 00:30") + timedelta(hours=6) * n for n in range(16)), at("12 00:00"))
    histories.done("EXTEND_HISTORY")
    quotes = histories.partitions("QUOTE_HISTORY")
    before = histories.rows()
    kept = histories.rows("MEASURED_TIME > '2025-07-12 00:00:00'")

    # Counted back from the 13th the 12th is kept, and quotes are for 60 months.
    assert histories.done("DROP_HISTORY", at("13 10:00")) == [("USAGE_HISTORY", "3")]
    assert list(histories.partitions())[:2] == days(11, 12)
    assert "P20250711" not in histories.filled()
    assert histories.rows()["USAGE_HISTORY"] == kept["USAGE_HISTORY"]
    assert histories.rows()["QUOTE_HISTORY"] == before["QUOTE_HISTORY"]
    assert histories.partitions("QUOTE_HISTORY") == quotes
    assert histories.call("DROP_HISTORY", at("13 10:00")).code == NOTHING

    # What comes late stands in the lowest one, and goes with the next call.
    histories.slots(at("09 12:00"))
    assert histories.filled()["P20250711"] == ["09 12:00"]
    assert histories.done("DROP_HISTORY", at("13 10:00")) == [("USAGE_HISTORY", "1")]
    assert histories.rows()["USAGE_HISTORY"] == kept["USAGE_HISTORY"]


@PARTITIONED
def test_quotes_go_by_months(histories: Histories) -> None:
    histories.setting("QUOTE_MONTHS", 1)
    months = [datetime(2025, month, 1) for month in (5, 6, 7)]
    histories.divide(*months)
    histories.slots(*months, *(month + SLOT for month in months))
    assert histories.done("DROP_HISTORY", T) == [("QUOTE_HISTORY", "2"), ("USAGE_HISTORY", "1")]
    assert list(histories.partitions("QUOTE_HISTORY")) == ["P202506010000", "P202507010000", LATER]
    times = [row[2] for row in histories.rows()["QUOTE_HISTORY"]]
    assert sorted(set(times)) == [months[1] + SLOT, months[2], months[2] + SLOT]
    # Of readings the first partition alone ends before 15 May; what is behind it goes by row.
    assert next(iter(histories.partitions("USAGE_HISTORY"))) == "P202505010000"
    assert len(histories.rows()["USAGE_HISTORY"]) == 2 * 5
    assert histories.call("DROP_HISTORY", T).code == NOTHING


MONTHS = [datetime(2025, month, 1) for month in range(1, 8)]
FEB, MARCH, APRIL, MAY = MONTHS[1:5]


@PARTITIONED
@pytest.mark.parametrize(
    ("slots", "archived", "kept"),
    [
        ([FEB, MARCH, APRIL], [FEB, MARCH], [APRIL]),
        ([FEB, MARCH, APRIL], [], [FEB, MARCH, APRIL]),
        ([FEB, MARCH, APRIL], [MARCH, APRIL], [FEB, MARCH, APRIL]),
        ([FEB, MARCH, APRIL], [FEB, APRIL], [MARCH, APRIL]),
        ([FEB, APRIL], [FEB, APRIL], [APRIL]),
        ([FEB, MAY], [FEB, MARCH, APRIL, MAY], [MAY]),
    ],
    ids=[
        "one after the other",
        "none",
        "an older one is not archived",
        "one between is not archived",
        "one between had no row",
        "one is within its retention",
    ],
)
def test_what_is_not_archived_stays(
    histories: Histories, slots: Sequence[datetime], archived: Sequence[datetime],
    kept: Sequence[datetime],
) -> None:  # fmt: skip
    """Counted back from 14 July, readings are kept from 15 May on."""
    histories.session.execute(*ARCHIVES)
    histories.divide(*MONTHS)
    histories.slots(*(month + SLOT for month in slots))
    before = histories.rows()
    for month in archived:
        histories.archived("USAGE_HISTORY", month, MONTHS[MONTHS.index(month) + 1])
    assert histories.call("DROP_HISTORY").code == (NOTHING if slots == kept else 0)
    assert sorted({row[2] - SLOT for row in histories.rows()["USAGE_HISTORY"]}) == list(kept)
    assert histories.rows()["QUOTE_HISTORY"] == before["QUOTE_HISTORY"]
    assert histories.call("DROP_HISTORY").code == NOTHING

    # By row the other archived months go, too.
    while histories.session.call("vps", "PURGE_HISTORY", T, None).code != NOTHING:
        pass
    left = {row[2] - SLOT for row in histories.rows()["USAGE_HISTORY"]}
    assert left == set(slots) - {month for month in archived if month < MAY}


@PARTITIONED
def test_months_that_are_gone_are_in_nobodys_way(histories: Histories) -> None:
    histories.session.execute(*ARCHIVES)
    histories.divide(*MONTHS)
    histories.slots(MARCH + SLOT, APRIL, APRIL + SLOT)
    for table in TABLES:
        histories.archived(table, FEB, MARCH, removed=True)
        histories.archived(table, MARCH, APRIL)
    assert histories.done("DROP_HISTORY") == [("USAGE_HISTORY", "4")]
    assert {row[2] for row in histories.rows()["USAGE_HISTORY"]} == {APRIL + SLOT}
    assert next(iter(histories.partitions())) == "P202504010000"


# --- Beside others --------------------------------------------------------------------------


RULES = ("EXTEND_HISTORY", "PACK_HISTORY", "DROP_HISTORY")


def due(histories: Histories) -> None:
    """Something to do for each rule at T."""
    kept_a_day(histories)
    histories.divide(at("10 23:30"), at("11 00:00"), at("13 00:00"))
    histories.slots(at("10 12:00"), at("11 00:00"), at("12 12:00"), at("14 09:30"), T)


def patience(histories: Histories) -> list[tuple[Any, ...]]:
    """What a rule sets for itself."""
    return histories.session.execute(
        "vps", "SELECT @@lock_wait_timeout, @@group_concat_max_len, @kenshin_alter"
    )


@PARTITIONED
@pytest.mark.parametrize("rule", RULES)
def test_nobodys_transaction_is_ended(histories: Histories, rule: str) -> None:
    due(histories)
    rows, partitions = histories.rows(), histories.both()
    session = histories.session
    with pytest.raises(RolledBack), session.transaction():
        for call in usage("P3", T, "1", "1"):
            do(session, {}, call)
        result = session.call("vps", rule, T)
        assert (result.code, result.rows) == (IN_USE, [])
        assert result.message == (
            f"{rule} alters tables, which would commit your transaction: call it outside of one"
        )
        assert len(histories.rows()["USAGE_HISTORY"]) == len(rows["USAGE_HISTORY"]) + 1
        raise RolledBack
    assert (histories.rows(), histories.both()) == (rows, partitions)
    assert histories.errors() == []


@PARTITIONED
@pytest.mark.parametrize("rule", RULES)
def test_a_table_that_is_in_use_is_left_for_later(histories: Histories, rule: str) -> None:
    due(histories)
    rows, partitions, settings = histories.rows(), histories.both(), patience(histories)
    with histories.other() as other:
        other.begin()
        for table in TABLES:
            other.execute("vps", f"SELECT * FROM {table} WHERE MEASURED_TIME = '{T}'")
        result = histories.call(rule)
        assert (result.code, result.rows) == (IN_USE, [])
        assert result.message.endswith("_HISTORY is in use: call again")
        # It writes still, and nobody waits for what was given up.
        other.execute("vps", f"DELETE FROM USAGE_HISTORY WHERE MEASURED_TIME = '{T}'")
        other.rollback()
    assert (histories.rows(), histories.both()) == (rows, partitions)
    assert patience(histories) == settings
    assert histories.errors() == []
    assert histories.call(rule).code == 0
    assert histories.both() != partitions
    assert patience(histories) == settings


@PARTITIONED
@pytest.mark.parametrize("rule", RULES)
def test_two_at_once_end_well(histories: Histories, rule: str) -> None:
    due(histories)
    rows = histories.rows("MEASURED_TIME > '2025-07-13 00:00:00'")
    start = Barrier(2)

    def call() -> list[int]:
        codes: list[int] = []
        with open_session(histories.config) as session:
            start.wait()
            while not codes or codes[-1] != NOTHING:
                codes.append(session.call_alone("vps", rule, T).code)
        return codes

    with ThreadPoolExecutor() as pool:
        found = [future.result() for future in [pool.submit(call), pool.submit(call)]]
    assert histories.errors() == []
    assert {code for codes in found for code in codes} <= {0, NOTHING, IN_USE}
    assert any(0 in codes for codes in found)
    assert histories.rows("MEASURED_TIME > '2025-07-13 00:00:00'") == rows
    assert {
        "EXTEND_HISTORY": lambda names: names[-2:] == ["P202507142200", LATER],
        "PACK_HISTORY": lambda names: names[:2] == days(10, 12),
        "DROP_HISTORY": lambda names: names[0] == "P202507130000",
    }[rule](list(histories.partitions()))


@PARTITIONED
def test_a_rule_that_fails_leaves_no_setting_behind(histories: Histories) -> None:
    settings = patience(histories)
    for table in TABLES:
        histories.alter(table, "ALTER TABLE {} PARTITION BY KEY (LD_ID) (PARTITION P_LATER)")
    assert histories.call("EXTEND_HISTORY").code == 9000
    assert patience(histories)[0][:2] == settings[0][:2]
    assert [rule for rule, _ in histories.errors()] == ["EXTEND_HISTORY"]


@PARTITIONED
def test_a_history_that_somebody_made_one_piece_stays_so(histories: Histories) -> None:
    for table in TABLES:
        histories.alter(table, "ALTER TABLE {} REMOVE PARTITIONING")
    for rule in ("EXTEND_HISTORY", "PACK_HISTORY", "DROP_HISTORY"):
        assert histories.call(rule).code == 11


# --- Where there are none -------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["firebird-embedded", "firebird-server"], indirect=True)
def test_firebird_has_none(histories: Histories) -> None:
    due(histories)
    rows = histories.rows()
    for rule in RULES:
        for moment in (T, at("16 10:00"), None):
            result = histories.call(rule, moment)
            assert (result.code, result.rows) == (NOTHING, [])
            assert histories.session.call("vps", rule, moment).code == NOTHING
    assert histories.rows() == rows
    ahead = datetime.now() + 3 * DAY
    assert histories.call("DROP_HISTORY", ahead).code == 1004


# --- The verbs ------------------------------------------------------------------------------


@dataclass
class Day:
    """What stands and was written at the end of a few cycles."""

    tables: dict[str, list[tuple[Any, ...]]]
    usage: dict[str, list[bytes]]


def cycles(site: Site, histories: Histories) -> Day:
    """Cycles with a loss that is read later, and prices."""
    site.clear()
    histories.clear()
    for slot in range(4):
        now = START + slot * SLOT
        site.log(1, now, without=(902,) if slot == 1 else ())
        site.log(2, now)
        if slot == 3:
            site.past(1, now, START + SLOT, [902])
        outcome = site.cycle(now if slot == 0 else None, now + SOON)
        assert outcome.status == 0, outcome.said
    usage_files = {
        name: sorted((site.outbox / name).read_bytes().split(b"\n")) for name in names(site.outbox)
    }
    assert len(usage_files) == 5
    return Day(site.tables(passing=False), usage_files)


@PARTITIONED
def test_nobody_sees_a_difference(
    site: Site, histories: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Cycle, "_make_room", lambda *_: True)
        before = cycles(site, histories)
        assert list(histories.filled()) == [LATER]
    after = cycles(site, histories)
    # The cycle of a snapshot is ready for the one behind it.
    assert list(histories.filled()) == snapshots(START, START + 3 * SLOT)
    assert LATER not in histories.filled("QUOTE_HISTORY")
    assert after.usage == before.usage
    for name, rows in before.tables.items():
        assert after.tables[name] == rows, name

    # A cycle over what stood in one place.
    histories.divide()
    stood = histories.rows()
    assert histories.call("EXTEND_HISTORY", START + 4 * SLOT).code == 0
    assert histories.rows() == stood
    assert list(histories.filled())[-2:] == snapshots(START + 2 * SLOT, START + 3 * SLOT)


@PARTITIONED
def test_a_cycle_goes_on_when_there_is_no_room(site: Site, histories: Histories) -> None:
    site.clear()
    with histories.other() as other:
        other.begin()
        for table in TABLES:
            other.execute("vps", f"SELECT COUNT(*) FROM {table}")
        for heid in (1, 2):
            site.log(heid, START)
        assert site.cycle(START, START + SOON).status == 0
        other.rollback()
    assert list(histories.filled()) == [LATER]
    for heid in (1, 2):
        site.log(heid, START + SLOT)
    assert site.cycle(None, START + SLOT + SOON).status == 0
    assert LATER not in histories.filled()


def purge(site: Site, moment: datetime) -> str:
    done = CliRunner().invoke(purge_verb, ["--at", f"{moment:%Y-%m-%d %H:%M}"], obj=site.path)
    assert done.exit_code == 0, done.output
    return done.output


@PARTITIONED
def test_purge_packs_and_drops(site: Site, histories: Histories) -> None:
    cycles(site, histories)
    rows = histories.rows()
    young = histories.both()
    assert "packed" not in purge(site, START + DAY)
    assert histories.both() == young
    assert purge(site, START + 2 * DAY).endswith("purge: removed nothing; packed 2 days\n")
    assert list(histories.partitions()) == ["P20260114", LATER]
    assert histories.rows() == rows
    assert purge(site, START + 2 * DAY).endswith("purge: removed nothing\n")

    # Readings go after 60 days; the first cycle had one partition more before it.
    assert "USAGE_HISTORY partitions 1" in purge(site, START + 70 * DAY)
    assert histories.rows()["USAGE_HISTORY"] == []
    assert histories.rows()["QUOTE_HISTORY"] == rows["QUOTE_HISTORY"]
    assert list(histories.partitions()) == ["P20260114", LATER]
    assert histories.errors() == []


@PARTITIONED
def test_verify_knows_partitions(site: Site, histories: Histories) -> None:
    """Which there are is nothing to it, but that there are some is."""
    assert histories.verify()[0] == 0, histories.verify()[1]
    cycles(site, histories)
    purge(site, START + 2 * DAY)
    status, said = histories.verify()
    assert status == 0, said
    histories.alter("USAGE_HISTORY", "ALTER TABLE {} REMOVE PARTITIONING")
    status, said = histories.verify()
    assert status == 1
    (line,) = [line for line in said.splitlines() if "USAGE_HISTORY" in line]
    assert "division" in line
    assert not [line for line in said.splitlines() if "QUOTE_HISTORY" in line]
    rows = histories.rows()
    done = CliRunner().invoke(kenshin, ["--config", str(site.path), "db", "apply"])
    assert done.exit_code == 0, done.output
    assert histories.verify()[0] == 0
    assert list(histories.partitions()) == [LATER]
    assert histories.rows() == rows
