"""A full-size station: its devices, the history of the days before, and its collection logs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from bench.history import POINT, Filler, Progress, moment, raw
from bench.partitions import lay_out, partitions
from kenshin.engines import Session

HEADS = (1, 2, 3, 4)
HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
HISTORIES = ("USAGE_HISTORY", "QUOTE_HISTORY")
# Snapshots behind the history that there are partitions for, and half a day more.
_AHEAD = 48


class World:
    """`rows` devices of one item each, shared by four head-ends, and `slots` snapshots of them."""

    def __init__(self, session: Session, rows: int, history: int) -> None:
        self.session = session
        self.rows = rows
        self.slots = max(1, history // rows)
        self.filled = 0  # of the slots, back from the end of the history
        self.generated = 0  # rows, of all tables
        self.seconds = 0.0  # that they took
        self.firebird = session.config.dialect == "firebird"
        self.partitioned = bool(partitions(session, HISTORIES[0]))
        self.filler = Filler(session, rows)

    def build(self, progress: Progress) -> None:
        """Fill the empty installation."""
        progress("devices", 0)
        self._numbers()
        for heid in HEADS:
            self._devices(heid)
        if self.partitioned:
            ends = self.at(1 - self.slots), self.at(0), self.at(_AHEAD)
            lay_out(self.session, HISTORIES, *ends)
        began = time.perf_counter()
        tables = {table: table for table in HISTORIES}
        self.generated = self.filler.fill(tables, (1 - self.slots, 0), progress)
        self.seconds = time.perf_counter() - began
        self.filled = self.slots
        progress("statistics", 1)
        self.statistics(HISTORIES)

    def at(self, slot: int) -> datetime:
        """The moment of a snapshot; slot 0 ends the history, 1 is the first to be measured."""
        return moment(slot)

    def devices(self, heid: int) -> range:
        """The TABLE_KEYs of the devices of a head-end."""
        share = self.rows // len(HEADS)
        return range((heid - 1) * share + 1, heid * share + 1)

    def point(self, device: int) -> str:
        """The LD_ID of the one item of a device."""
        return f"P{device:09}"

    def write_log(self, folder: Path, heid: int, slot: int) -> Path:
        """The collection log of a head-end: every reading has come."""
        path = folder / f"HE{heid}_{self.at(slot):%Y%m%d%H%M}_ONTIME.csv"
        stamp = f"{self.at(slot):%Y-%m-%d %H:%M:%S}"
        devices = self.devices(heid)
        with path.open("w", encoding="ascii", newline="") as file:
            file.write(f"{HEADER}\n")
            file.writelines(f"{d},2,1,{stamp},{raw(d, slot)},0\n" for d in devices)
            file.write(f"#END,{len(devices)}\n")
        return path

    def statistics(self, tables: Iterable[str]) -> None:
        """Bring the optimiser's statistics of tables of VPS-DB up to date, as maintenance does."""
        if self.firebird:
            rows = self.session.execute(
                "vps", "SELECT TRIM(RDB$INDEX_NAME) FROM RDB$INDICES WHERE RDB$SYSTEM_FLAG = 0"
            )
            for (name,) in rows:
                self.session.execute("vps", f'SET STATISTICS INDEX "{name}"')
            return
        self.session.execute("vps", f"ANALYZE TABLE {', '.join(tables)}")

    def _numbers(self) -> None:
        kind, one_row = ("TIMESTAMP", "RDB$DATABASE") if self.firebird else ("DATETIME", "DUAL")
        digits = " UNION ALL ".join(f"SELECT {n} FROM {one_row}" for n in range(10))
        places = dict.fromkeys(self.session.config.places[d] for d in ("mdm", "vps"))
        for database in ("mdm", "vps")[: len(places)]:
            run = self._runner(database)
            run("CREATE TABLE BENCH_NUMBER (N INTEGER NOT NULL PRIMARY KEY)")
            run(
                f"INSERT INTO BENCH_NUMBER WITH T (N) AS ({digits})"
                " SELECT a.N + 10 * b.N + 100 * c.N + 1000 * d.N + 10000 * e.N + 100000 * f.N"
                " FROM T a CROSS JOIN T b CROSS JOIN T c CROSS JOIN T d CROSS JOIN T e"
                " CROSS JOIN T f WHERE 10000 * e.N + 100000 * f.N"
                f" + 1000 * d.N + 100 * c.N + 10 * b.N + a.N <= {self.rows}"
            )
        run = self._runner("vps")
        run(f"CREATE TABLE BENCH_SLOT (K INTEGER NOT NULL PRIMARY KEY, MEASURED_TIME {kind})")
        with self.session.transaction():
            for slot in range(1 - max(self.slots, 48), 145):
                self.session.execute(
                    "vps", "INSERT INTO BENCH_SLOT VALUES (?, ?)", [slot, self.at(slot)]
                )
        for database in ("mdm", "vps")[: len(places)] if not self.firebird else ():
            self.session.execute(database, "ANALYZE TABLE BENCH_NUMBER")

    def _devices(self, heid: int) -> None:
        mine = self.devices(heid)
        source = f"FROM BENCH_NUMBER d WHERE d.N BETWEEN {mine[0]} AND {mine[-1]} ORDER BY d.N"
        run = self._runner("mdm")
        run(
            "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, TYPE_ID, POLL_CONFIG)"
            f" SELECT d.N, 'HE{heid}', 'S' || TRIM(CAST(d.N AS CHAR(9))), 11, 1 {source}"
        )
        run(f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT) SELECT d.N, 'C' {source}")
        run(
            "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID,"
            f" CONTRACT_CAPACITY) SELECT d.N, {POINT}, d.N, 202, 30 {source}"
        )
        if heid == HEADS[-1] and not self.firebird:
            run("ANALYZE TABLE CONTROLLER, CONTROLLER_TRANSACTION, LOGICAL_DEVICE")

    def _runner(self, database: str) -> Callable[[str], None]:
        def run(statement: str) -> None:
            self.session.execute(database, statement)

        return run
