"""The main job, one snapshot from file to file, and its floor: the bare engine on the same rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.installation import Installation
from bench.world import HEADS, HISTORIES, World
from kenshin.engines import Result, Session, open_session

LOG = "COLLECTION_LOG_LINE"
JOB = ("import", "diagnose", "export")
FURTHER = ("import, exchange directory", "export, streamed")
FLOOR = ("load usage", "load quotes", "outfile")
# Otherwise a null would read as the text NULL: sessions are set to NO_BACKSLASH_ESCAPES.
_FIELDS = r"FIELDS ESCAPED BY '\'"
_COLUMNS = {
    "USAGE_HISTORY": {
        "LD_ID": "VARCHAR(32) CHARACTER SET UTF8",
        "SUB_NUMBER": "SMALLINT",
        "MEASURED_TIME": "TIMESTAMP",
        "READING": "DECIMAL(18,4)",
        "USAGE_VALUE": "DECIMAL(18,4)",
        "STATUS": "SMALLINT",
    },
    "QUOTE_HISTORY": {
        "LD_ID": "VARCHAR(32) CHARACTER SET UTF8",
        "SUB_NUMBER": "SMALLINT",
        "MEASURED_TIME": "TIMESTAMP",
        "USAGE_VALUE": "DECIMAL(18,4)",
        "QUALITY": "CHAR(1) CHARACTER SET UTF8",
        "REVISION": "INTEGER",
        "SOURCE": "CHAR(1) CHARACTER SET UTF8",
        "UPDATED_AT": "TIMESTAMP",
    },
}


class Wrong(Exception):
    """A rule did not do what is measured: its time would say nothing."""


@dataclass
class Run:
    """Seconds of every phase of one snapshot, and what else the machine had to do."""

    load: float
    job: dict[str, float] = field(default_factory=dict)
    further: dict[str, float] = field(default_factory=dict)
    floor: dict[str, float] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


class MainJob:
    """Measures run after run on one installation; each takes in two new snapshots.

    On a server the job exports into the exchange directory; with embedded Firebird the client
    writes the file, as the cycle does.
    """

    def __init__(self, installation: Installation, world: World) -> None:
        self.installation = installation
        self.config = installation.config
        self.world = world
        self.slot = 0

    def run(self, progress: Callable[[str], None]) -> Run:
        """The job, then its floor, then the job's other ways; each on its own connection."""
        run = Run(round(os.getloadavg()[0], 2))
        self.slot += 1
        with open_session(self.config) as session:
            self._job(session, run, progress)
            self._check(session)
        with open_session(self.config) as session:
            progress("floor")
            if self.config.dialect == "firebird":
                self._floor_from_external_table(session, run)
            else:
                self._floor_from_file(session, run)
        with open_session(self.config) as session:
            progress("further ways")
            self._further(session, run)
        return run

    def _job(self, session: Session, run: Run, progress: Callable[[str], None]) -> None:
        progress(JOB[0])
        run.job[JOB[0]] = self._stream_in(session)
        progress(JOB[1])
        run.job[JOB[1]] = self._timed(session, "DIAGNOSE", *self._range())
        progress(JOB[2])
        if self.config.dialect == "firebird":
            run.job[JOB[2]] = self._streamed(session)
        else:
            file = f"USAGE_{self.slot}.csv"
            run.job[JOB[2]] = self._timed(session, "EXPORT_USAGE", *self._range(), file, "ONTIME")
            self._count_lines(self.config.exchange / file)

    def _stream_in(self, session: Session) -> float:
        """Seconds in which the client streams all logs of the snapshot in."""
        rule = "IMPORT_COLLECTION_LOG_ROWS"
        database = self.installation.catalog.database_of(rule)
        columns = self.installation.catalog.file_columns(LOG)
        spent = 0.0
        for heid in HEADS:
            path = self.world.write_log(self.config.inbox, heid, self.slot)
            arguments = (heid, self.world.at(self.slot), "ONTIME", path.name)
            start = time.perf_counter()
            result = session.call_with_file(database, rule, arguments, LOG, columns, path)
            spent += time.perf_counter() - start
            path.unlink()
            if not result.ok:
                raise Wrong(f"{rule} answered {result.code} {result.message}")
        return spent

    def _further(self, session: Session, run: Run) -> None:
        if self.config.dialect != "firebird":
            run.further[FURTHER[1]] = self._streamed(session)

        self.slot += 1
        try:
            run.further[FURTHER[0]] = self._exchange_in(session)
        except Wrong as error:
            # The job itself is measured all the same; its next run needs this snapshot.
            run.failed[FURTHER[0]] = str(error)
            self._stream_in(session)
        self._check(session)

    def _exchange_in(self, session: Session) -> float:
        """Seconds in which the server reads all logs of the snapshot itself."""
        at = self.world.at(self.slot)
        spent = 0.0
        for heid in HEADS:
            path = self.world.write_log(self.config.exchange, heid, self.slot)
            spent += self._timed(session, "IMPORT_COLLECTION_LOG", heid, at, "ONTIME", path.name)
            path.unlink()
        return spent

    def _streamed(self, session: Session) -> float:
        """Seconds of an export that the client writes."""
        rule = "EXPORT_USAGE_ROWS"
        path = self.config.outbox / f"USAGE_{self.slot}.csv"
        database = self.installation.catalog.database_of(rule)
        start = time.perf_counter()
        _expect(session.stream(database, rule, (*self._range(), "ONTIME"), path))
        spent = time.perf_counter() - start
        self._count_lines(path)
        return spent

    def _floor_from_file(self, session: Session, run: Run) -> None:
        """What the job stored is written to files, untimed, and loaded by the bare statement."""
        files = {table: self._path(f"{table}_{self.slot}") for table in HISTORIES}
        for table, file in files.items():
            self._outfile(session, "*", table, file)
        phases = zip(FLOOR, HISTORIES.items(), strict=False)
        for phase, (table, floor) in phases:
            start = time.perf_counter()
            session.execute(
                "vps", f"LOAD DATA INFILE '{files[table]}' INTO TABLE {floor} {_FIELDS}"
            )
            run.floor[phase] = time.perf_counter() - start
        start = time.perf_counter()
        columns = ", ".join(_COLUMNS["USAGE_HISTORY"])
        self._outfile(session, columns, "USAGE_HISTORY", self._path(f"BARE_{self.slot}"))
        run.floor[FLOOR[2]] = time.perf_counter() - start
        self._check(session, *HISTORIES.values())

    def _floor_from_external_table(self, session: Session, run: Run) -> None:
        """What the job stored goes to external tables, untimed, and back by the bare statement."""
        for phase, (table, floor) in zip(FLOOR, HISTORIES.items(), strict=False):
            outside = f"{floor}_{self.slot}"
            fields = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS[table].items())
            names = ", ".join(_COLUMNS[table])
            session.execute("vps", f"CREATE TABLE {outside} EXTERNAL FILE '{outside}' ({fields})")
            session.execute(
                "vps",
                f"INSERT INTO {outside} ({names}) SELECT {names} FROM {table}"
                " WHERE MEASURED_TIME = ? ORDER BY LD_ID, SUB_NUMBER",
                [self.world.at(self.slot)],
            )
            start = time.perf_counter()
            session.execute("vps", f"INSERT INTO {floor} ({names}) SELECT {names} FROM {outside}")
            run.floor[phase] = time.perf_counter() - start
        self._check(session, *HISTORIES.values())

    def _outfile(self, session: Session, columns: str, table: str, file: str) -> None:
        session.execute(
            "vps",
            f"SELECT {columns} FROM {table} WHERE MEASURED_TIME = ? INTO OUTFILE '{file}'"
            f" {_FIELDS}",
            [self.world.at(self.slot)],
        )

    def _path(self, name: str) -> str:
        return str(self.config.exchange / f"{name}.txt")

    def _range(self) -> tuple[object, object]:
        return self.world.at(self.slot), self.world.at(self.slot + 1)

    def _timed(self, session: Session, rule: str, *arguments: object) -> float:
        database = self.installation.catalog.database_of(rule)
        start = time.perf_counter()
        result = session.call(database, rule, *arguments)
        spent = time.perf_counter() - start
        _expect(result)
        return spent

    def _check(self, session: Session, *tables: str) -> None:
        """Every row of the snapshot is there: usage known, no gap."""
        for table in tables or HISTORIES:
            found = session.execute(
                "vps",
                f"SELECT COUNT(USAGE_VALUE) FROM {table} WHERE MEASURED_TIME = ?",
                [self.world.at(self.slot)],
            )[0][0]
            if found != self.world.rows:
                raise Wrong(f"{table} holds {found} usages of the snapshot")

    def _count_lines(self, path: object) -> None:
        with open(str(path), "rb") as file:
            found = sum(1 for _ in file) - 2
        if found != self.world.rows:
            raise Wrong(f"{path} holds {found} lines")


def _expect(result: Result) -> None:
    if result.code != 0:
        raise Wrong(f"a rule answered {result.code} {result.message}")
