"""Months of the histories leave as Parquet, and are read again as they were."""

from __future__ import annotations

import csv
import errno
import io
import json
import random
import re
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from actors import write_config
from cases._archive import ARCHIVES, closed
from conftest import Installations
from kenshin import config as configuration
from kenshin import release
from kenshin.archive import ArchiveError, Layout, archive_month, held, history, months, places
from kenshin.archive import write as writing
from kenshin.archive.manifest import Totals, path_of, verify
from kenshin.archive.places import ASIDE
from kenshin.catalog import Catalog
from kenshin.commands.history import history as history_verb
from kenshin.commands.purge import purge as purge_verb
from kenshin.config import Config, Syslog
from kenshin.engines import Session, open_session
from kenshin.engines.base import TryAgain
from kenshin.lock import Busy
from kenshin.rules import RuleFailed, Rules
from waiting import PATIENCE

# Counted back from here, readings are kept from 16 May 2025 on, and quotes from 1 May.
AT = datetime(2025, 7, 15, 10, 0)
FIRST, END = datetime(2025, 3, 1), datetime(2025, 6, 10)
MARCH, APRIL, MAY = date(2025, 3, 1), date(2025, 4, 1), date(2025, 5, 1)
STEP = timedelta(days=1)
POINTS = ("a-point", "b-point")
TABLES = ("USAGE_HISTORY", "QUOTE_HISTORY", "USAGE_REVISION")
DUE = [(table, month) for month in (MARCH, APRIL) for table in TABLES]
# What a table may hold at the worst: quotes, line ends, letters of more bytes than one.
REASON = 'it\'s "quoted", \n and 停電, ünd €'
ROUND = {MARCH: APRIL, APRIL: MAY}


@dataclass
class Station:
    """An installation with three months of histories, two of which are due."""

    config: Config
    session: Session
    rules: Rules
    toml: Path

    @property
    def folder(self) -> Path:
        assert self.config.archive
        return self.config.archive

    def fill(self) -> None:
        """The same rows each time, some with nothing in them."""
        dice = random.Random(20250715)
        with self.session.transaction():
            for table in (*TABLES, "USAGE_GAP", "ARCHIVE_LOG", "MONTH_CLOSED"):
                self.session.execute("vps", f"DELETE FROM {table}")
            self.session.execute("mdm", "DELETE FROM MDM_ALERT_HISTORY")
            for call in closed("2025-03-01", "2025-04-01", "2025-05-01", "2025-06-01"):
                self.session.execute(*call)
            self.config_value("QUOTE_MONTHS", 2)
            self.session.execute(*ARCHIVES)
            for point in POINTS:
                for item in (1, 2):
                    at = FIRST
                    while at <= END:
                        self._slot(dice, point, item, at)
                        at += STEP

    def config_value(self, name: str, value: int) -> None:
        self.session.execute(
            "mdm", f"UPDATE MDM_CONFIG SET \"VALUE\" = '{value}' WHERE NAME = '{name}'"
        )

    def _slot(self, dice: random.Random, point: str, item: int, at: datetime) -> None:
        known = dice.random() > 0.1
        usage = Decimal(dice.randrange(-90, 9000)) / (100 if item == 1 else 10000)
        reading = Decimal(dice.randrange(10**9)) / 100
        late = at + STEP if not known and dice.random() < 0.5 else None
        self.session.execute(
            "vps",
            "INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE,"
            " STATUS, REPOLL_READING, REPOLL_USAGE, REPOLLED_AT, REPOLLS)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [point, item, at, reading if known else None, usage if known else None,
             0 if known else 1, reading if late else None, usage if late else None, late,
             1 if late else 0],
        )  # fmt: skip
        self.session.execute(
            "vps",
            "INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY,"
            " METHOD, REVISION, QUOTE, CO2, SOURCE, UPDATED_AT)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [point, item, at, usage if known or late else None, "M" if known else "N", None,
             dice.randrange(3), usage * 3 if item == 1 else None, None, "S", at],
        )  # fmt: skip
        if not known:
            for number in range(dice.randrange(3)):
                self.session.execute(
                    "vps",
                    "INSERT INTO USAGE_REVISION (LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION,"
                    " USAGE_VALUE, QUALITY, REASON, RECORDED_AT) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    [point, item, at, number, usage, "N", REASON, at + STEP],
                )

    def purge(self, *arguments: str) -> Result:
        """Run the verb; its exit status and line."""
        return CliRunner().invoke(
            purge_verb, ["--at", f"{AT:%Y-%m-%d %H:%M}", *arguments], obj=self.toml
        )

    def series(self, folder: Path | None = None) -> dict[tuple[str, int], list[dict[str, Any]]]:
        """All that is known of every item, online and archived."""
        return {
            (point, item): history(self.rules, folder, (point, item, FIRST, END))
            for point in POINTS
            for item in (1, 2)
        }

    def rows(self, table: str, where: str = "1 = 1") -> list[tuple[Any, ...]]:
        columns = ", ".join(self.rules.catalog.declaration(table).columns)
        query = f"SELECT {columns} FROM {table} WHERE {where} ORDER BY 1, 2, 3, 4"
        return self.session.execute("vps", query)

    def counts(self) -> dict[str, int]:
        return {table: len(self.rows(table)) for table in TABLES}

    def archive(self, table: str = "QUOTE_HISTORY", month: date = MARCH) -> Path:
        """Archive one month; its file."""
        archive_month(self.rules, self.folder, table, (month, ROUND[month]), AT)
        return Layout.of(self.rules.catalog, table).file(self.folder, month)

    def archived(self) -> list[tuple[str, date]]:
        rows = self.rules.rows("ARCHIVED_MONTH", "ORDER BY MONTH_START")
        return [(row["TABLE_NAME"], row["MONTH_START"]) for row in rows]

    def open_alerts(self) -> list[tuple[Any, ...]]:
        return self.session.execute(
            "mdm",
            "SELECT MESSAGE FROM MDM_ALERT_HISTORY WHERE ALERT_CODE = 'ARCHIVE_FAILED'"
            " AND CLEARED_AT IS NULL",
        )


@pytest.fixture(scope="module")
def made(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "archive")
    release.apply(config)
    return config


@pytest.fixture
def station(made: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    log = Syslog(to=f"unix:{tmp_path}/nowhere")
    config = replace(made, archive=tmp_path / "archive", inbox=tmp_path / "inbox", syslog=log)
    monkeypatch.setattr(configuration, "load", lambda _: config)
    (tmp_path / "archive").mkdir()
    with open_session(config) as session:
        toml = write_config(config, tmp_path)
        with toml.open("a") as file:
            file.write(f'\n[syslog]\nto = "{log.to}"\n')
        found = Station(config, session, Rules(session, Catalog(config.dialect)), toml)
        found.fill()
        yield found


def test_what_is_archived_is_what_was_there(station: Station) -> None:
    """Row by row, as QUERY_USAGE said before; and of each table every column."""
    before = station.series()
    rows = {table: station.rows(table) for table in TABLES}
    done = station.purge("--most", "50")
    assert done.exit_code == 0, done.output
    assert sorted(station.archived()) == sorted(DUE)

    # What is due is gone, and nothing else.
    months = f"MEASURED_TIME > '{MARCH}' AND MEASURED_TIME <= '{MAY}'"
    for table in TABLES:
        assert station.rows(table, months) == []
        kept = [row for row in rows[table] if not MARCH < _slot_of(row) <= MAY]
        assert station.rows(table) == kept
        gone = [row for row in rows[table] if MARCH < _slot_of(row) <= MAY]
        read = [row for month in (MARCH, APRIL) for row in _read(station, table, month)]
        assert sorted(read, key=lambda row: row[:4]) == gone and gone

    assert station.series(station.folder) == before
    with pytest.raises(ArchiveError, match="give the folder"):
        station.series()
    again = station.purge()
    assert again.exit_code == 0 and again.output.endswith("purge: removed nothing\n")


@pytest.mark.parametrize("engine", ["mysql", "mariadb"], indirect=True)
@pytest.mark.parametrize("older", [False, True], ids=["alone", "behind one that is not"])
def test_archived_months_leave_as_partitions(station: Station, older: bool) -> None:
    """By row where an older slot has no archive; either way the same rows."""
    if not older:
        for table in TABLES:  # the slot of midnight is of February, which nobody closed
            station.session.execute("vps", f"DELETE FROM {table} WHERE MEASURED_TIME = '{FIRST}'")
    assert station.session.call_alone("vps", "EXTEND_HISTORY", AT).code == 0
    try:
        before = station.series()
        rows = {table: station.rows(table) for table in TABLES}
        done = station.purge()
        assert done.exit_code == 0, done.output
        for table in ("USAGE_HISTORY", "QUOTE_HISTORY"):
            assert (f"{table} partitions" in done.output) is not older
        assert sorted(station.archived()) == sorted(DUE)
        for table in TABLES:
            kept = [row for row in rows[table] if not MARCH < _slot_of(row) <= MAY]
            assert station.rows(table) == kept
        assert station.series(station.folder) == before
        assert station.session.execute(
            "vps", "SELECT COUNT(*) FROM ARCHIVE_LOG WHERE REMOVED_AT IS NULL"
        ) == [(0,)]
        assert station.purge().output.endswith("purge: removed nothing\n")
    finally:
        for table in ("USAGE_HISTORY", "QUOTE_HISTORY"):
            station.session.execute(
                "vps",
                f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS (MEASURED_TIME)"
                " (PARTITION P_LATER VALUES LESS THAN (MAXVALUE))",
            )


def _files(folder: Path) -> list[Path]:
    """The files in a folder and below, but for the lock."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path for path in found if path.name != ".archive.lock")


def _slot_of(row: tuple[Any, ...]) -> date:
    """The day that begins behind the slot, or the day itself at midnight: what months compare."""
    at: datetime = row[2]
    return at.date() if at.time() == datetime.min.time() else at.date() + timedelta(days=1)


def _read(station: Station, table: str, month: date) -> list[tuple[Any, ...]]:
    file = Layout.of(station.rules.catalog, table).file(station.folder, month)
    return [tuple(row.values()) for row in pq.read_table(file).to_pylist()]


def test_the_file_says_what_it_is(station: Station) -> None:
    file = station.archive("USAGE_HISTORY")
    manifest = json.loads(path_of(file).read_text())
    assert file == station.folder / "usage_history" / "2025-03-01.parquet"
    assert [column["name"] for column in manifest["columns"]] == list(
        station.rules.catalog.declaration("USAGE_HISTORY").columns
    )
    assert manifest["size"] == file.stat().st_size
    schema = pq.read_schema(file)
    assert str(schema.field("READING").type) == "decimal128(18, 2)"  # as the values need
    assert str(schema.field("USAGE_VALUE").type) == "decimal128(18, 4)"
    assert str(schema.field("MEASURED_TIME").type) == "timestamp[ms]"
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "2025-03-01.json",
        "2025-03-01.parquet",
    ]


def test_a_rarer_digit_comes_late(
    station: Station, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    """What is written so far is copied with it; however the groups are cut."""
    monkeypatch.setattr(writing, "GROUP", 40)
    monkeypatch.setattr(months, "_POINTS", 1)
    last = station.rows("USAGE_HISTORY", f"MEASURED_TIME <= '{APRIL}'")[-1]
    station.session.execute(
        "vps",
        "UPDATE USAGE_HISTORY SET READING = 99999999999999.9999"
        f" WHERE LD_ID = '{last[0]}' AND SUB_NUMBER = {last[1]} AND MEASURED_TIME = '{last[2]}'",
    )
    rows = station.rows(
        "USAGE_HISTORY", f"MEASURED_TIME > '{MARCH}' AND MEASURED_TIME <= '{APRIL}'"
    )
    file = station.archive("USAGE_HISTORY")
    assert str(pq.read_schema(file).field("READING").type) == "decimal128(18, 4)"
    assert pq.ParquetFile(file).num_row_groups > 3
    assert _read(station, "USAGE_HISTORY", MARCH) == rows


# --- Runs that break off --------------------------------------------------------------


class Killed(BaseException):
    """The end of a process, wherever it is."""


STEPS = ("_pages", "write_month", "verify", "_note")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("behind", [False, True])
def test_a_run_that_breaks_off_is_taken_up(
    station: Station, monkeypatch: pytest.MonkeyPatch, step: str, behind: bool
) -> None:
    before, counts = station.series(), station.counts()
    real = getattr(months, step)

    def killed(*arguments: Any) -> Any:
        if behind:
            real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        # The first look for what a run before left behind uses verify, too.
        patch.setattr(months, "_left_behind", lambda *_: None)
        patch.setattr(months, step, killed)
        with pytest.raises(Killed):
            station.archive()
    assert station.counts() == counts
    assert station.archived() == (
        [("QUOTE_HISTORY", MARCH)] if (step, behind) == ("_note", True) else []
    )
    assert not [p for p in station.folder.rglob("*") if p.name.endswith((".part", ".narrow"))]
    assert station.purge().exit_code == 0
    assert sorted(station.archived()) == sorted(DUE)
    assert station.series(station.folder) == before


def test_a_file_of_a_run_before_is_used(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(months, "_note", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            station.archive()
    monkeypatch.setattr(months, "write_month", lambda *_: pytest.fail("it was written again"))
    assert station.archive().is_file()


VERB = (
    "import os, signal, sys\n"
    "from pathlib import Path\n"
    "from kenshin.archive import write\n"
    "from kenshin.commands.purge import purge\n"
    "real = write._Parquet.write\n"
    "def write_one(self, table):\n"
    "    real(self, table)\n"
    "    self._file.flush()\n"
    "    os.kill(os.getpid(), signal.SIGKILL)\n"
    "write._Parquet.write = write_one\n"
    "purge(sys.argv[2:], obj=Path(sys.argv[1]))\n"
)


def test_a_process_that_is_killed_while_it_writes(station: Station) -> None:
    before = station.series()
    folder = station.folder
    station.session.close()  # the embedded engine has one process at a time write
    ended = subprocess.run(
        [sys.executable, "-c", VERB, str(station.toml), "--archive", str(folder),
         "--at", f"{AT:%Y-%m-%d %H:%M}"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    station.session.connect()
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [path.suffix for path in _files(folder)] == [".part"]
    assert station.archived() == []
    assert station.purge().exit_code == 0
    assert not list(folder.rglob("*.part"))
    assert station.series(folder) == before


def test_a_run_that_breaks_off_before_its_manifest(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has its name and no manifest: it counts for nothing, and is not in the way."""
    before = station.series()
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_manifest", lambda *_: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            station.archive()
    folder = station.folder / "quote_history"
    assert [path.name for path in _files(folder)] == ["2025-03-01.parquet"]
    assert station.archived() == []
    assert station.purge().exit_code == 0
    assert len(_files(folder / ASIDE)) == 1
    assert station.series(station.folder) == before


def test_a_run_that_breaks_off_while_it_sets_aside(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it breaks off, no file stands beside a manifest of another one."""
    file = station.folder / "quote_history" / "2025-03-01.parquet"
    file.parent.mkdir()
    file.write_bytes(b"some file")
    path_of(file).write_text("{}")
    real, moved = places.os.replace, []

    def replace(*paths: Path) -> None:
        if moved:
            raise Killed
        moved.append(paths[0])
        real(*paths)

    with monkeypatch.context() as patch:
        patch.setattr(places.os, "replace", replace)
        with pytest.raises(Killed):
            station.archive()
    assert moved == [path_of(file)] and file.read_bytes() == b"some file"
    assert station.archive() == file
    mark = places.sha256_of(file.parent / ASIDE / _files(file.parent / ASIDE)[1].name)[:12]
    assert [path.name for path in _files(file.parent / ASIDE)] == [
        f"2025-03-01.json.{mark}",
        f"2025-03-01.parquet.{mark}",
    ]


# --- What is refused ------------------------------------------------------------------


def test_a_row_that_changes_behind_the_archive_is_found(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal keeps rules out; whoever writes to the table himself is found by the sums."""
    counts = station.counts()
    real = months._note

    def note(*arguments: Any) -> Any:
        station.session.execute(
            "vps",
            f"UPDATE QUOTE_HISTORY SET QUOTE = QUOTE + 1 WHERE LD_ID = 'a-point'"
            f" AND SUB_NUMBER = 1 AND MEASURED_TIME = '{FIRST + STEP}'",
        )
        return real(*arguments)

    monkeypatch.setattr(months, "_note", note)
    with pytest.raises(ArchiveError, match=r"the history holds .* the archive"):
        station.archive()
    done = station.purge()
    assert done.exit_code == 1 and "the history holds" in done.output
    [(said,)] = station.open_alerts()
    assert "the history holds" in said
    assert station.counts()["QUOTE_HISTORY"] == counts["QUOTE_HISTORY"]

    # The file is whole, so it is kept, where no reader looks.
    monkeypatch.setattr(months, "_note", real)
    assert station.purge().exit_code == 0
    assert station.open_alerts() == []
    aside = _files(station.folder / "quote_history" / ASIDE)
    names = [path.name.split(".")[1] for path in aside]
    assert names.count("parquet") >= 1 and names.count("json") == names.count("parquet")


def _flip(path: Path) -> None:
    """One bit, at the end of the largest column."""
    group = pq.read_metadata(path).row_group(0)
    column = max((group.column(n) for n in range(group.num_columns)), key=_size_of)
    start = column.dictionary_page_offset or column.data_page_offset
    data = bytearray(path.read_bytes())
    data[start + column.total_compressed_size - 5] ^= 0x40
    path.write_bytes(data)


def _size_of(column: Any) -> int:
    return int(column.total_compressed_size)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _edit(path: Path, name: str, value: object) -> None:
    manifest = path_of(path)
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), name: value}))


DAMAGE = {
    "a bit": (_flip, "checksum"),
    "a cut": (_cut, "checksum"),
    "gone": (lambda path: path.unlink(), "No such file"),
    "no manifest": (lambda path: path_of(path).unlink(), "No such file"),
    "half a manifest": (lambda path: path_of(path).write_text('{"table": '), "is no manifest"),
    "another format": (lambda path: _edit(path, "format", 2), "not known to this release"),
    "rows": (lambda path: _edit(path, "rows", 3), "its manifest says"),
    "sums": (lambda path: _edit(path, "sums", {"USAGE_VALUE": "1.0000"}), "its manifest says"),
    "another month": (lambda path: _edit(path, "month_start", "2025-04-01"), "is the manifest of"),
    "a shorter month": (lambda path: _edit(path, "month_end", "2025-03-20"), "of no such month"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_found(station: Station, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    """Before the month is noted nothing is removed and it is written again; later it is told."""
    spoil, said = DAMAGE[damage]
    counts = station.counts()
    real = writing.write_month
    layout = Layout.of(station.rules.catalog, "QUOTE_HISTORY")

    def write(*arguments: Any) -> Any:
        manifest = real(*arguments)
        spoil(arguments[1])
        return manifest

    with monkeypatch.context() as patch:
        patch.setattr(months, "write_month", write)
        with pytest.raises(ArchiveError, match=said):
            station.archive()
    assert station.archived() == [] and station.counts() == counts

    file = station.archive()
    assert verify(layout, file).rows > 100
    spoil(file)
    told = station.purge("--verify")
    assert told.exit_code == 1 and said in told.output
    assert len(station.open_alerts()) == 1
    assert station.counts() == counts
    assert station.purge("--verify", "--archive", str(station.folder)).exit_code == 1


def test_another_file_than_was_archived(station: Station) -> None:
    file = station.archive()
    assert station.purge("--verify").exit_code == 0
    assert station.open_alerts() == []
    _write_another(station, file)
    verify(Layout.of(station.rules.catalog, "QUOTE_HISTORY"), file)
    told = station.purge("--verify")
    assert told.exit_code == 1 and "is another file than the one" in told.output


def _write_another(station: Station, file: Path) -> None:
    """A whole file with its own manifest, of fewer rows, in the place of an archived one."""
    layout = Layout.of(station.rules.catalog, file.parent.name.upper())
    rows = _read(station, layout.table, MARCH)[1:]
    file.unlink()
    writing.write_month(layout, file, (MARCH, APRIL), lambda: iter([rows]))


def test_rows_stay_while_their_file_is_not_there(station: Station) -> None:
    """Whatever happened between the note and the removal: a lost disk, a spoilt or other file."""
    before = station.series()
    station.session.execute(
        "vps",
        "INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, REASON, RECORDED_AT)"
        " VALUES ('f', 2, 'x', '2025-01-01 00:00:00')",
    )
    file = station.archive()
    kept = {path: path.read_bytes() for path in (file, path_of(file))}
    counts = station.counts()

    def told(why: str, *arguments: str) -> None:
        done = station.purge(*arguments)
        assert done.exit_code == 1 and why in done.output, done.output
        assert station.counts() == counts
        assert len(station.open_alerts()) == 1

    for spoil, why in (
        (_flip, "is another file"),
        (lambda path: _write_another(station, path), "is another file"),
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda _: station.folder.rename(station.folder.with_name("lost")), "is not there"),
    ):
        spoil(file)
        told(why)
        if not file.parent.exists():
            station.folder.with_name("lost").rename(station.folder)
        for path, data in kept.items():
            path.write_bytes(data)
    done = station.purge()
    assert done.exit_code == 0 and "IMPORT_REJECT 1" in done.output, done.output
    assert station.open_alerts() == []
    assert station.series(station.folder) == before


def test_rows_stay_while_no_folder_is_named(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    station.archive()
    counts = station.counts()
    bare = replace(station.config, archive=None)
    monkeypatch.setattr(configuration, "load", lambda _: bare)
    done = station.purge()
    assert done.exit_code == 1 and "1 archived months cannot be looked at" in done.output
    assert station.counts() == counts
    assert station.purge("--archive", str(station.folder)).exit_code == 0


def test_an_engine_that_fails_a_rule_is_told_alike(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = station.counts()
    station.session.execute(
        "vps",
        "INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, REASON, RECORDED_AT)"
        " VALUES ('f', 2, 'x', '2025-01-01 00:00:00')",
    )

    def failed(*_: object) -> None:
        raise RuleFailed("NOTE_ARCHIVED", "HY000 1234 of a value")

    with monkeypatch.context() as patch:
        patch.setattr(months, "_note", failed)
        done = station.purge()
    assert done.exit_code == 1
    assert "HY000 1234" in done.output and "IMPORT_REJECT 1" in done.output
    [(said,)] = station.open_alerts()
    assert "HY000 1234" in said
    assert station.counts() == counts


# --- Others at the same time ----------------------------------------------------------


def test_a_second_purge_of_the_same_folder_leaves_it(station: Station, tmp_path: Path) -> None:
    """From another host or installation: it has another inbox, and the same archive."""
    counts = station.counts()
    with held(station.folder):
        done = station.purge()
    assert isinstance(done.exception, Busy) and "another archive holds" in str(done.exception)
    assert station.counts() == counts and station.archived() == []
    assert station.purge().exit_code == 0


def test_two_that_archive_a_month_where_no_lock_holds(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is slow: the other one archives the month and removes it meanwhile."""
    before, real = station.series(), months.write_month
    others: list[bytes] = []

    def write(*arguments: Any) -> Any:
        if not others:
            others.append(b"")
            with open_session(station.config) as session:
                rules = Rules(session, Catalog(station.config.dialect))
                archive_month(rules, station.folder, "QUOTE_HISTORY", (MARCH, APRIL), AT)
                while session.call("vps", "PURGE_HISTORY", AT, None).code != 11:
                    pass
            others[0] = file.read_bytes()
        return real(*arguments)

    file = Layout.of(station.rules.catalog, "QUOTE_HISTORY").file(station.folder, MARCH)
    monkeypatch.setattr(months, "write_month", write)
    with pytest.raises(ArchiveError, match="another run has put its file there"):
        station.archive()
    assert [path.name for path in _files(file.parent)] == [path_of(file).name, file.name]
    assert file.read_bytes() == others[0]
    assert station.series(station.folder) == before
    with pytest.raises(ArchiveError, match="the month is archived"):
        station.archive()
    assert station.series(station.folder) == before


def test_files_are_placed_where_there_are_no_links(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    file = station.archive()
    assert verify(Layout.of(station.rules.catalog, "QUOTE_HISTORY"), file).rows > 100
    (station.folder / "part").write_text("other")
    with pytest.raises(ArchiveError, match="another run"):
        places.place(station.folder / "part", file)
    assert verify(Layout.of(station.rules.catalog, "QUOTE_HISTORY"), file).rows > 100


CORRECT = ("vps", "CORRECT_QUOTE", "a-point", 1, FIRST + STEP, Decimal(5))
SEAL = ("vps", "BEGIN_ARCHIVE", "QUOTE_HISTORY", MARCH, AT)


def _once(session: Session, call: tuple[Any, ...]) -> int:
    """What a call answers that is not tried again: who waits for a lock gives up."""
    session.wait_at_most(1)
    try:
        with session.transaction():
            return session.call(*call).code
    except (TryAgain, session.driver_error):
        return 0 - 1


@pytest.mark.parametrize(("first", "second"), [(SEAL, CORRECT), (CORRECT, SEAL)])
def test_who_seals_and_who_corrects_queue(
    station: Station, first: tuple[Any, ...], second: tuple[Any, ...]
) -> None:
    """Neither is carried out while the other one is not committed."""
    with open_session(station.config) as other:
        with station.session.transaction():
            assert station.session.call(*first).code == 0
            assert _once(other, second) == -1
        assert _once(other, second) == (3002 if second is CORRECT else 0)


def test_a_correction_at_the_moment_of_the_seal(station: Station) -> None:
    """Whichever comes first: what is read behind the seal is what stays."""
    together = threading.Barrier(2, timeout=PATIENCE)

    def correct() -> int:
        with open_session(station.config) as session:
            together.wait()
            return session.call(*CORRECT).code

    with ThreadPoolExecutor(1) as pool:
        corrected = pool.submit(correct)
        together.wait()
        assert station.session.call(*SEAL).code == 0
        read = station.session.call("vps", "ARCHIVE_QUOTE_ROWS", MARCH, None, None).rows
        code = corrected.result(PATIENCE)
    assert code in (0, 3002)
    stays = station.session.call("vps", "ARCHIVE_QUOTE_ROWS", MARCH, None, None).rows
    assert stays == read
    assert any(row[3] == 5 and row[4].strip() == "C" for row in read) == (code == 0)


def test_the_seal_is_seen_by_an_older_transaction(station: Station) -> None:
    """Of a caller at REPEATABLE READ, which read something before the month was sealed."""
    if station.config.dialect == "firebird":
        pytest.skip("Firebird refuses the lock of a row that has changed since the snapshot")
    rows = station.rows("QUOTE_HISTORY")
    with open_session(station.config) as other:
        other.execute("", "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        with other.transaction():
            assert other.execute("vps", "SELECT COUNT(*) FROM ARCHIVE_LOG") == [(0,)]
            station.archive()
            assert other.execute("vps", "SELECT COUNT(*) FROM ARCHIVE_LOG") == [(0,)]
            assert other.call(*CORRECT).code == 3002
    assert station.rows("QUOTE_HISTORY") == rows


def test_who_prices_this_hour_never_queues(station: Station) -> None:
    """Not even where bills are kept for the shortest time there is."""
    station.config_value("QUOTE_MONTHS", 1)
    hour = datetime.now().replace(minute=0, second=0, microsecond=0)
    with open_session(station.config) as other, station.session.transaction():
        assert station.session.call(*SEAL).code == 0
        assert _once(other, ("vps", "SIMULATE_BILL", hour, hour + timedelta(hours=1))) == 11
        late = hour - timedelta(days=12)
        assert _once(other, ("vps", "SIMULATE_BILL", late, hour)) == 11
        due = hour - timedelta(days=14)
        assert _once(other, ("vps", "SIMULATE_BILL", due, hour)) == -1


@contextmanager
def _small_files(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk(station: Station, monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    """Nothing is removed, nothing is left behind, and an alert says so until it is over."""
    counts, real = station.counts(), writing.MonthWriter.close

    def close(self: writing.MonthWriter) -> None:
        with _small_files(2048):
            real(self)

    with monkeypatch.context() as patch:
        patch.setattr(writing.MonthWriter, "close", close)
        done = station.purge()
    assert done.exit_code == 1
    assert "cannot be written: File too large; nothing of the month was removed" in done.output
    assert station.counts() == counts
    assert _files(station.folder) == []
    assert len(station.open_alerts()) == 1
    assert station.purge().exit_code == 0
    assert station.open_alerts() == []


def test_a_folder_that_is_not_there(station: Station, tmp_path: Path) -> None:
    """It is not made: a mount may be missing. What needs no archive goes on."""
    counts = station.counts()
    station.session.execute(
        "vps",
        "INSERT INTO IMPORT_REJECT (FILE_NAME, LINE_NO, REASON, RECORDED_AT)"
        " VALUES ('f', 2, 'x', '2025-01-01 00:00:00')",
    )
    done = station.purge("--archive", str(tmp_path / "mount"))
    assert done.exit_code == 1 and "mount it, or make it once" in done.output
    assert "IMPORT_REJECT 1" in done.output
    assert not (tmp_path / "mount").exists()
    assert len(station.open_alerts()) == 1
    assert station.counts() == counts
    (station.folder / "quote_history").write_text("")
    done = station.purge()
    assert done.exit_code == 1 and "cannot be" in done.output and "Not a dir" in done.output
    assert station.counts() == counts


def test_nothing_leaves_without_its_archive_whoever_calls(station: Station) -> None:
    counts = station.counts()
    assert station.session.call("vps", "PURGE_HISTORY", AT, None).code == 11
    assert station.counts() == counts
    station.archive()
    removed = dict(station.session.call("vps", "PURGE_HISTORY", AT, None).rows)
    assert list(removed) == ["QUOTE_HISTORY"]
    assert station.counts() == {
        **counts,
        "QUOTE_HISTORY": counts["QUOTE_HISTORY"] - removed["QUOTE_HISTORY"],
    }


def test_rules_leave_a_sealed_month_alone(station: Station, tmp_path: Path) -> None:
    """By hand, by bill, by simulation."""
    station.archive()
    old, new = FIRST + STEP, datetime(2025, 4, 2)
    quotes = station.rows("QUOTE_HISTORY")
    corrected = station.session.call("vps", "CORRECT_QUOTE", "a-point", 1, old, Decimal(5))
    assert corrected.code == 3002
    assert station.session.call("vps", "SIMULATE_BILL", FIRST, END).code == 3002
    assert station.rows("QUOTE_HISTORY") == quotes
    bill = tmp_path / "BILL.csv"
    lines = [f"a-point,1,{at:%Y-%m-%d %H:%M:%S},77" for at in (old, new)]
    bill.write_text("\n".join(["LD_ID,SUB_NUMBER,MEASURED_TIME,QUOTE", *lines, "#END,2", ""]))
    columns = station.rules.catalog.file_columns("BILL_LINE")
    taken = station.session.call_with_file(
        "vps",
        "IMPORT_BILL_ROWS",
        (f"BILL{tmp_path.name}.csv"[:100], "PAST"),
        "BILL_LINE",
        columns,
        bill,
    )
    assert taken.code == 0
    rejects = station.session.execute(
        "vps",
        f"SELECT LINE_NO, REASON FROM IMPORT_REJECT WHERE FILE_NAME = 'BILL{tmp_path.name}.csv'",
    )
    assert rejects == [(2, "the month is archived")]
    billed = station.rows("QUOTE_HISTORY", "SOURCE = 'B'")
    assert [row[2] for row in billed] == [new]


# --- The verbs ------------------------------------------------------------------------


def test_a_dry_run_changes_nothing(station: Station) -> None:
    counts = station.counts()
    done = station.purge("--dry-run")
    assert done.exit_code == 0
    assert "nothing was changed" in done.output and "QUOTE_HISTORY 2025-03-01" in done.output
    assert station.counts() == counts and station.archived() == []
    station.archive()
    done = station.purge("--dry-run", "--most", "7")
    assert "the first step would remove QUOTE_HISTORY 7" in done.output
    assert station.counts() == counts


def test_without_a_folder_months_wait(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = station.counts()
    bare = replace(station.config, archive=None)
    monkeypatch.setattr(configuration, "load", lambda _: bare)
    done = station.purge()
    assert done.exit_code == 3 and "6 months wait for the archive" in done.output
    assert station.counts() == counts
    assert station.purge("--verify").exit_code == 2


def test_months_that_are_not_closed_wait(station: Station) -> None:
    station.session.execute("vps", f"DELETE FROM MONTH_CLOSED WHERE MONTH_START >= '{APRIL}'")
    done = station.purge()
    assert done.exit_code == 3 and "past retention and not closed" in done.output
    assert station.archived() == []


def test_without_the_setting_there_is_no_archive(station: Station) -> None:
    station.config_value("ARCHIVE_HISTORY", 0)
    counts = station.counts()
    refused = station.purge("--archive", str(station.folder))
    assert refused.exit_code == 1 and "set ARCHIVE_HISTORY = 1" in str(refused.exception)
    assert station.counts() == counts
    assert station.purge().exit_code == 0
    assert _files(station.folder) == []
    assert all(station.counts()[table] < counts[table] for table in TABLES)


def _history(station: Station, *arguments: str) -> Result:
    given = ["b-point", "1", "--from", "2025-03-01", "--to", "2025-06-01", *arguments]
    return CliRunner().invoke(history_verb, given, obj=station.toml)


def test_the_verb_history(station: Station) -> None:
    before = _history(station)
    assert before.exit_code == 0
    station.purge()
    assert _history(station).output == before.output
    lines = list(csv.DictReader(io.StringIO(before.output)))
    assert len(lines) == 92
    entries = [json.loads(line) for line in _history(station, "--json").output.splitlines()]
    assert [entry["MEASURED_TIME"] for entry in entries] == [
        line["MEASURED_TIME"] for line in lines
    ]
    superseded = _history(station, "--revisions", "--json").output.splitlines()
    assert {json.loads(line)["REASON"] for line in superseded} == {REASON}


def test_a_month_of_which_half_is_archived(station: Station) -> None:
    """Readings leave before bills, and a step removes a part: each slot is one row."""
    before = station.series()
    station.archive("USAGE_HISTORY")
    assert station.series(station.folder) == before
    station.session.call("vps", "PURGE_HISTORY", AT, 100)
    assert station.series(station.folder) == before
    station.session.call("vps", "PURGE_HISTORY", AT, None)
    assert station.rows("USAGE_HISTORY", f"MEASURED_TIME <= '{APRIL}'")[-1:] != []
    assert station.series(station.folder) == before


def test_no_silent_gap(station: Station) -> None:
    station.purge()
    file = station.folder / "usage_history" / "2025-04-01.parquet"
    kept = file.rename(file.with_suffix(".kept"))
    gone = _history(station)
    assert gone.exit_code == 1 and "its file is not here" in str(gone.exception)
    _flip(kept)
    kept.rename(file)
    damaged = _history(station)
    assert damaged.exit_code == 1 and "cannot be read" in str(damaged.exception)
    file.unlink()
    writing.write_month(
        Layout.of(station.rules.catalog, "USAGE_HISTORY"), file, (APRIL, MAY), lambda: iter([])
    )
    other = _history(station)
    assert other.exit_code == 1 and "is another file than the one" in str(other.exception)
    path_of(file).unlink()
    assert _history(station).exit_code == 1
    elsewhere = CliRunner().invoke(
        history_verb,
        ["b-point", "1", "--from", "2025-05-02", "--to", "2025-06-01"], obj=station.toml,
    )  # fmt: skip
    assert elsewhere.exit_code == 0  # what is not of the month is not kept from anybody


def test_no_such_point(station: Station) -> None:
    none = CliRunner().invoke(
        history_verb,
        ["nobody", "1", "--from", "2025-03-01", "--to", "2025-06-01"],
        obj=station.toml,
    )
    assert none.exit_code == 1 and "there is nothing in the range" in str(none.exception)


# --- Parts ----------------------------------------------------------------------------


def test_the_archive_knows_every_column() -> None:
    """The rules give what the tables have, on every engine."""
    for dialect in ("mysql", "mariadb", "firebird"):
        catalog = Catalog(dialect)
        for table in TABLES:
            layout = Layout.of(catalog, table)
            columns = catalog.declaration(table).columns
            assert list(layout.types) == list(columns)
            for name, (type_, _) in columns.items():
                assert type_.startswith(layout.types[name])


def test_rows_in_another_order_are_refused() -> None:
    layout = Layout.of(Catalog("mysql"), "USAGE_HISTORY")

    def row(point: str, item: int, at: datetime) -> tuple[Any, ...]:
        return (point, item, at, None, None, 0, None, None, None, 0)

    one, two = row("a", 1, FIRST + STEP), row("a", 2, FIRST + STEP)
    for rows in ([two, one], [one, one], [row("b", 1, FIRST + STEP), one]):
        with pytest.raises(ArchiveError, match="order of the key"):
            Totals(layout, MARCH, APRIL).add(writing._table(layout, rows))
        totals = Totals(layout, MARCH, APRIL)
        totals.add(writing._table(layout, rows[:1]))
        with pytest.raises(ArchiveError, match="order of the key"):
            totals.add(writing._table(layout, rows[1:]))
    for at in (FIRST, datetime(2025, 4, 1, 0, 0, 1)):
        with pytest.raises(ArchiveError, match="of no such month"):
            Totals(layout, MARCH, APRIL).add(writing._table(layout, [row("a", 1, at)]))


def test_a_fraction_of_a_second_is_refused() -> None:
    """It would be cut off without a word."""
    layout = Layout.of(Catalog("mysql"), "USAGE_HISTORY")
    at = datetime(2025, 3, 2, 0, 0, 0, 500_000)
    with pytest.raises(pa.ArrowInvalid, match="would lose data"):
        writing._table(layout, [("a", 1, at, None, None, 0, None, None, None, 0)])


def test_the_documented_example_reads_every_month(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Months of different digits, beside files that are set aside or being written."""
    station.session.execute(
        "vps",
        f"UPDATE QUOTE_HISTORY SET USAGE_VALUE = 2, QUOTE = 3 WHERE MEASURED_TIME > '{APRIL}'",
    )
    station.archive()
    file = station.archive(month=APRIL)
    digits = {
        str(pq.read_schema(path).field("QUOTE").type) for path in file.parent.glob("*.parquet")
    }
    assert len(digits) == 2
    aside = file.parent / ASIDE
    aside.mkdir()
    aside.joinpath(f"{file.name}.0123456789ab").write_bytes(file.read_bytes())
    places.part_of(file).write_bytes(file.read_bytes())
    rows = len(_read(station, "QUOTE_HISTORY", MARCH)) + len(_read(station, "QUOTE_HISTORY", APRIL))
    text = (Path(__file__).parent.parent / "docs" / "archive.md").read_text()
    [example] = re.findall("```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(station.folder)
    found: dict[str, Any] = {}
    exec(example, found)
    assert found["table"].num_rows == rows
    assert str(found["table"].schema.field("QUOTE").type) == "decimal128(18, 4)"
