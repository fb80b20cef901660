"""The floor: what the bare engine needs for rows that are already computed."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from bench.history import Progress
from bench.partitions import day_of
from bench.world import HISTORIES, World
from kenshin.engines import Session
from kenshin.render import render_database

FLOORS = {"USAGE_HISTORY": "FLOOR_USAGE", "QUOTE_HISTORY": "FLOOR_QUOTE"}
PHASES = ("load usage", "load quotes", "outfile")
# Otherwise a null would read as the text NULL: sessions are set to NO_BACKSLASH_ESCAPES.
_FIELDS = r"FIELDS ESCAPED BY '\'"
COLUMNS = {
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


def make_like(session: Session, table: str, name: str) -> None:
    """Make an empty table with the layout of a history: columns, key, indexes, partitions."""
    if session.config.dialect != "firebird":
        session.execute("vps", f"CREATE TABLE {name} LIKE {table}")
        return
    for unit in render_database("firebird", "vps"):
        if unit.name == table:
            for statement in unit.statements:
                if statement.startswith("CREATE"):
                    session.execute("vps", statement.replace(table, name))


def first_of_day(world: World) -> int:
    """The first slot of the day that snapshots are measured in."""
    first = 0
    while day_of(world.at(first - 1)) == day_of(world.at(1)):
        first -= 1
    return first


class Floor:
    """Tables of the same layout as the histories, filled alike, and bare statements on them.

    Where a day is a partition, thus a tree of its own, only the days that snapshots are measured
    in are filled, as far as the histories have them; else there is as much history.
    """

    def __init__(self, world: World) -> None:
        self.world = world

    def build(self, progress: Progress) -> None:
        """Make the tables and fill them."""
        world, first = self.world, 1 - self.world.filled
        for table, floor in FLOORS.items():
            make_like(world.session, table, floor)
        if world.partitioned:
            first = max(first, first_of_day(world))
        world.filler.fill({floor: table for table, floor in FLOORS.items()}, (first, 0), progress)
        world.statistics(FLOORS.values())

    def keep_level(self, session: Session, at: datetime) -> None:
        """Take a snapshot that is not measured against the floor over into its tables."""
        for table, floor in FLOORS.items():
            names = ", ".join(COLUMNS[table])
            session.execute(
                "vps",
                f"INSERT INTO {floor} ({names}) SELECT {names} FROM {table}"
                " WHERE MEASURED_TIME = ? ORDER BY LD_ID, SUB_NUMBER",
                [at],
            )

    def load(self, session: Session, at: datetime) -> dict[str, float]:
        """Seconds in which the bare engine takes in the rows that the job stored.

        They are in files, in the order of the key, before the time begins.
        """
        if session.config.dialect == "firebird":
            return self._load_external(session, at)
        return self._load_files(session, at)

    def outfile(self, session: Session, at: datetime, name: str) -> float:
        """Seconds of a bare SELECT … INTO OUTFILE of a snapshot."""
        path = session.config.exchange / name
        columns = ", ".join(COLUMNS["USAGE_HISTORY"])
        began = time.perf_counter()
        _outfile(session, f"SELECT {columns} FROM USAGE_HISTORY WHERE MEASURED_TIME = ?", path, at)
        spent = time.perf_counter() - began
        path.unlink()
        return spent

    def _load_files(self, session: Session, at: datetime) -> dict[str, float]:
        folder = session.config.exchange
        files = {table: folder / f"{table}_{at:%Y%m%d%H%M}.txt" for table in HISTORIES}
        for table, path in files.items():
            order = "WHERE MEASURED_TIME = ? ORDER BY LD_ID, SUB_NUMBER"
            _outfile(session, f"SELECT * FROM {table} {order}", path, at)
        spent: dict[str, float] = {}
        for phase, (table, floor) in zip(PHASES, FLOORS.items(), strict=False):
            began = time.perf_counter()
            session.execute(
                "vps", f"LOAD DATA INFILE '{files[table]}' INTO TABLE {floor} {_FIELDS}"
            )
            spent[phase] = time.perf_counter() - began
            files[table].unlink()
        return spent

    def _load_external(self, session: Session, at: datetime) -> dict[str, float]:
        spent: dict[str, float] = {}
        for phase, (table, floor) in zip(PHASES, FLOORS.items(), strict=False):
            outside = f"{floor}_{at:%m%d%H%M}"
            fields = ", ".join(f"{name} {kind}" for name, kind in COLUMNS[table].items())
            names = ", ".join(COLUMNS[table])
            session.execute("vps", f"CREATE TABLE {outside} EXTERNAL FILE '{outside}' ({fields})")
            session.execute(
                "vps",
                f"INSERT INTO {outside} ({names}) SELECT {names} FROM {table}"
                " WHERE MEASURED_TIME = ? ORDER BY LD_ID, SUB_NUMBER",
                [at],
            )
            began = time.perf_counter()
            session.execute("vps", f"INSERT INTO {floor} ({names}) SELECT {names} FROM {outside}")
            spent[phase] = time.perf_counter() - began
        return spent


def _outfile(session: Session, query: str, path: Path, at: datetime) -> None:
    session.execute("vps", f"{query} INTO OUTFILE '{path}' {_FIELDS}", [at])
