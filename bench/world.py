"""A full-size station: its devices, the history of the days before, and its collection logs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from kenshin.engines import Session

HEADS = (1, 2, 3, 4)
INTERVAL = timedelta(minutes=30)
# The first snapshot that is measured; the history ends with the one before.
START = datetime(2026, 3, 1)
HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
HISTORIES = {"USAGE_HISTORY": "FLOOR_USAGE", "QUOTE_HISTORY": "FLOOR_QUOTE"}
_CHUNK = 100_000

_POINT = "'P' || LPAD(TRIM(CAST(d.N AS CHAR(9))), 9, '0')"
_RAW = "(MOD(d.N, 5000) * 1000 + ({k}) * 500 + MOD(d.N * 31 + ({k}) * 17, 400))"
_NOW = f"{_RAW.format(k='s.K')} * 0.0010"
_USAGE = f"({_RAW.format(k='s.K')} - {_RAW.format(k='s.K - 1')}) * 0.0010"


def raw(device: int, slot: int) -> int:
    """The register of a device after a slot, in Wh: what the history holds too."""
    return device % 5000 * 1000 + slot * 500 + (device * 31 + slot * 17) % 400


class World:
    """`rows` devices of one item each, shared by four head-ends, and `slots` snapshots of them."""

    def __init__(self, session: Session, rows: int, history: int) -> None:
        self.session = session
        self.rows = rows
        self.slots = max(1, history // rows)
        self.firebird = session.config.dialect == "firebird"

    def build(self, progress: Callable[[str, float], None]) -> None:
        """Fill the empty installation, and tables of the same layout with the same history."""
        progress("devices", 0)
        self._numbers()
        for heid in HEADS:
            self._devices(heid)
        self._floor_tables()
        for tables in (list(HISTORIES), list(HISTORIES.values())):
            self._history(tables[0], tables[1], progress)
        self._statistics()

    def at(self, slot: int) -> datetime:
        """The moment of a snapshot; slot 0 ends the history, 1 is the first to be measured."""
        return START + (slot - 1) * INTERVAL

    def devices(self, heid: int) -> range:
        """The TABLE_KEYs of the devices of a head-end."""
        share = self.rows // len(HEADS)
        return range((heid - 1) * share + 1, heid * share + 1)

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

    def _numbers(self) -> None:
        moment, one_row = ("TIMESTAMP", "RDB$DATABASE") if self.firebird else ("DATETIME", "DUAL")
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
        run(f"CREATE TABLE BENCH_SLOT (K INTEGER NOT NULL PRIMARY KEY, MEASURED_TIME {moment})")
        with self.session.transaction():
            for slot in range(1 - self.slots, 1):
                self.session.execute(
                    "vps", "INSERT INTO BENCH_SLOT VALUES (?, ?)", [slot, self.at(slot)]
                )

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
            "INSERT INTO LOGICAL_DEVICE (TABLE_KEY, LD_ID, PD_TABLE_KEY, TYPE_ID)"
            f" SELECT d.N, {_POINT}, d.N, 202 {source}"
        )

    def _floor_tables(self) -> None:
        run = self._runner("vps")
        if not self.firebird:
            for table, floor in HISTORIES.items():
                run(f"CREATE TABLE {floor} LIKE {table}")
            return
        from kenshin.render import render_database

        for unit in render_database("firebird", "vps"):
            if unit.name in HISTORIES:
                for statement in unit.statements:
                    if statement.startswith("CREATE"):
                        run(statement.replace(unit.name, HISTORIES[unit.name]))

    def _history(self, usage: str, quote: str, progress: Callable[[str, float], None]) -> None:
        """Many snapshots in the order of the key, as a table is after REORGANIZE."""
        step = max(1, _CHUNK // self.slots)
        run = self._runner("vps")
        for first in range(1, self.rows + 1, step):
            progress(f"history of {usage} and {quote}", first / self.rows)
            source = (
                "FROM BENCH_NUMBER d CROSS JOIN BENCH_SLOT s"
                f" WHERE d.N BETWEEN {first} AND {min(self.rows, first + step - 1)}"
                " ORDER BY d.N, s.K"
            )
            run(
                f"INSERT INTO {usage} (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE,"
                f" STATUS) SELECT {_POINT}, 1, s.MEASURED_TIME, {_NOW}, {_USAGE}, 0 {source}"
            )
            run(
                f"INSERT INTO {quote} (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY,"
                " REVISION, SOURCE, UPDATED_AT)"
                f" SELECT {_POINT}, 1, s.MEASURED_TIME, {_USAGE}, 'M', 0, 'N', s.MEASURED_TIME"
                f" {source}"
            )

    def _statistics(self) -> None:
        """Bring the optimiser's statistics up to date, as maintenance does."""
        if self.firebird:
            rows = self.session.execute(
                "vps", "SELECT TRIM(RDB$INDEX_NAME) FROM RDB$INDICES WHERE RDB$SYSTEM_FLAG = 0"
            )
            for (name,) in rows:
                self.session.execute("vps", f'SET STATISTICS INDEX "{name}"')
            return
        for database, tables in {
            "mdm": ["CONTROLLER", "CONTROLLER_TRANSACTION", "LOGICAL_DEVICE"],
            "vps": [*HISTORIES, *HISTORIES.values()],
        }.items():
            self.session.execute(database, f"ANALYZE TABLE {', '.join(tables)}")

    def _runner(self, database: str) -> Callable[[str], None]:
        def run(statement: str) -> None:
            self.session.execute(database, statement)

        return run
