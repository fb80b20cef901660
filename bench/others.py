"""What others need for the same rows: a plain Python program, and COPY into PostgreSQL."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from bench.floor import COLUMNS, FLOORS
from bench.history import raw
from bench.main_job import Job
from bench.postgres import PostgresServer, missing
from bench.station import Measured, Station, load, medians
from bench.world import HEADS, HISTORIES
from kenshin.config import Config
from kenshin.engines import Session

_BATCH = 1000  # rows of one executemany
_WH = Decimal("0.0010")


def measure(station: Station) -> list[Measured]:
    """Our import, the program's, and COPY, in turn, of the same snapshot."""
    ours, copied = Measured("python", None), Measured("copy", None)
    why_not = missing()
    server = None if why_not else PostgresServer().start()
    try:
        if server is not None:
            station.say("PostgreSQL gets the same day")
            server.fill(station)
        for number in range(1, station.runs + 1):
            before = load()
            station.say(f"run {number}, our import")
            with station.session() as session:
                spent = Job(station).run(session)["import"]
            station.say(f"run {number}, executemany")
            plain = program(station)
            with station.session() as session:
                station.check(session, station.slot, list(FLOORS.values()))
            run = {"load": before, "import": spent}
            ours.runs.append({**run, "executemany": plain, "ratio": plain / spent})
            if server is not None:
                station.say(f"run {number}, COPY")
                bare = copy(station, server)
                copied.runs.append({**run, "copy": bare, "ratio": spent / bare})
    finally:
        if server is not None:
            server.close()
    ours.value = medians(ours.runs)["ratio"]
    if server is None:
        copied.note = why_not
    else:
        copied.value, copied.note = medians(copied.runs)["ratio"], f"PostgreSQL {server.version}"
    return [ours, copied]


def program(station: Station) -> float:
    """Seconds of the program: read the logs, compute the usage, insert in batches, commit once.

    It has the previous readings in a dictionary, and checks nothing.
    """
    world = station.world
    before = {
        device: Decimal(raw(device, station.slot - 1)) * _WH for device in range(1, world.rows + 1)
    }
    folder = station.installation.config.inbox
    paths = [world.write_log(folder, heid, station.slot) for heid in HEADS]
    with closing(_connect(station.installation.config)) as connection:
        mark = "?" if station.firebird else "%s"
        cursor = connection.cursor()
        began = time.perf_counter()
        for path in paths:
            with path.open(newline="") as file:
                for batch in _batches(_computed(csv.reader(file), before)):
                    for table, rows in zip(HISTORIES, zip(*batch, strict=True), strict=True):
                        names = list(COLUMNS[table])
                        marks = ", ".join([mark] * len(names))
                        cursor.executemany(
                            f"INSERT INTO {FLOORS[table]} ({', '.join(names)}) VALUES ({marks})",
                            list(rows),
                        )
        connection.commit()
        spent = time.perf_counter() - began
    for path in paths:
        path.unlink()
    return spent


def _computed(
    lines: Iterator[Sequence[str]], before: dict[int, Decimal]
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    next(lines)
    now = datetime.now().replace(microsecond=0)
    for line in lines:
        if line[0] == "#END":
            return
        device, at = int(line[0]), datetime.fromisoformat(line[3])
        reading = Decimal(line[4]) * _WH
        usage = reading - before[device]
        before[device] = reading
        point = f"P{device:09}"
        yield (point, 1, at, reading, usage, 0), (point, 1, at, usage, "M", 0, "N", now)


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        yield batch


def _connect(config: Config) -> Any:
    """A connection of the same driver, as anybody opens it."""
    if config.dialect == "firebird":
        from firebird.driver import connect

        return connect(config.places["vps"], user="SYSDBA", charset="UTF8")
    import mysql.connector

    given = config.connection
    return mysql.connector.connect(
        unix_socket=given.socket,
        user=given.user,
        password=given.password,
        database=config.places["vps"],
        charset="utf8mb4",
        collation="utf8mb4_bin",
    )


def copy(station: Station, server: PostgresServer) -> float:
    """Seconds of COPY of the rows that the job has stored, from files in the order of the key."""
    with station.session() as session:
        paths = {table: _file(station, session, server, table) for table in HISTORIES}
    spent = server.seconds(
        f"COPY {table} ({', '.join(COLUMNS[table])}) FROM '{path}' (FORMAT csv)"
        for table, path in paths.items()
    )
    for path in paths.values():
        path.unlink()
    return spent


def _file(station: Station, session: Session, server: PostgresServer, table: str) -> Path:
    path = server.exchange / f"{table}.csv"
    rows = session.execute(
        "vps",
        f"SELECT {', '.join(COLUMNS[table])} FROM {table} WHERE MEASURED_TIME = ?"
        " ORDER BY LD_ID, SUB_NUMBER",
        [station.world.at(station.slot)],
    )
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    path.chmod(0o644)
    return path
