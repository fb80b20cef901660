"""kill -9 in the middle of imports and cycles: what stands afterwards is all of a log or nothing.

Cycles fetch their logs from a head-end's folder and deliver to one of billing's.

A calm run of some cycles gives the tables that must come out. Then the same cycles run again in
child processes that are killed at random moments, or under a server that is; each is repeated,
and at the end every table and every file must be the calm run's.
"""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from case import plain_rows
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config, Connection, Remote, Transfer
from kenshin.cycle import Cycle
from kenshin.engines import Result, Session, open_session
from servers import SERVERS, Server

START = datetime(2026, 1, 14, 10, 0)
INTERVAL = timedelta(minutes=30)
METERS = 750  # two readings each
HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
IMPORTS, SERVER_KILLS, CYCLES = 4, 3, 3
SEED = 9
# Every column that the clock of the wall, or an automatic key, does not decide.
TABLES = {
    "USAGE_HISTORY": "vps: *",
    "QUOTE_HISTORY": (
        "vps: LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, REVISION, QUOTE, CO2, SOURCE"
    ),
    "USAGE_GAP": "vps: *",
    "USAGE_REVISION": (
        "vps: LD_ID, SUB_NUMBER, MEASURED_TIME, REVISION, USAGE_VALUE, QUALITY, QUOTE, SOURCE,"
        " REASON"
    ),
    "IMPORT_REJECT": "vps: FILE_NAME, LINE_NO, LINE_TEXT, REASON",
    "COLLECTION_LOG": (
        "mdm: HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, CHECKSUM, ROWS_READ, ROWS_STORED,"
        " ROWS_REJECTED, ROWS_IGNORED, ROWS_MISSING, STATE"
    ),
    "MDM_ALERT_HISTORY": "mdm: ALERT_CODE, LD_ID, SUB_NUMBER, MEASURED_TIME, MESSAGE, CLEARED_AT",
    "CYCLE_LOG": "mdm: CYCLE_TIME",
    "RULE_ERROR": "mdm: ROUTINE, MESSAGE",
}


def child() -> None:
    """What the process to be killed does; it says when it begins."""
    config, work, at = pickle.load(sys.stdin.buffer)
    with open_session(config) as session:
        session.execute("vps", "SELECT COUNT(*) FROM USAGE_GAP")
        print("go", flush=True)
        if work == "import":
            import_log(session, config, at)
        else:
            run_cycle(session, config, at)


def import_log(session: Session, config: Config, at: datetime) -> Result:
    path = config.inbox / f"HE1_{at:%Y%m%d%H%M}_ONTIME.csv"
    columns = Catalog(config.dialect).file_columns("COLLECTION_LOG_LINE")
    return session.call_with_file(
        "vps",
        "IMPORT_COLLECTION_LOG_ROWS",
        (1, at, "ONTIME", path.name),
        "COLLECTION_LOG_LINE",
        columns,
        path,
    )


def run_cycle(session: Session, config: Config, at: datetime) -> bool:
    report = Cycle(session, Catalog(config.dialect), at, at + timedelta(minutes=5)).run()
    return report.finished


def write_logs(inbox: Path, slot: int) -> None:
    """The log of one snapshot, and a part of what the one before had lost."""
    inbox.mkdir(parents=True, exist_ok=True)
    at = START + slot * INTERVAL
    lost = set(random.Random(slot).sample(range(METERS), METERS // 25))
    lines = [f"{METERS + 9999},2,1,{at},1,0", f"1001,2,1,{at},x,0"]
    for n in range(METERS):
        if n not in lost:
            register = 100_000 + slot * (n % 7) - (500 if n % 400 == slot else 0)
            lines += [f"{1001 + n},2,1,{at},{register},0", f"{1001 + n},2,2,{at},{n % 90},0"]
    _write(inbox / f"HE1_{at:%Y%m%d%H%M}_ONTIME.csv", lines)
    if slot:
        before = at - INTERVAL
        again = sorted(random.Random(slot - 1).sample(range(METERS), METERS // 25))[::2]
        _write(
            inbox / f"HE1_{at:%Y%m%d%H%M}_PAST_1.csv",
            [f"{1001 + n},2,1,{before},{100_000 + (slot - 1) * (n % 7)},0" for n in again],
        )


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join([HEADER, *lines, f"#END,{len(lines)}", ""]))


def build(session: Session, dialect: str) -> None:
    """Electricity meters by the thousand, one set of prices, one head-end."""
    one_row = "RDB$DATABASE" if dialect == "firebird" else "DUAL"
    for first in range(1001, 1001 + METERS, 500):
        numbers = (
            f"WITH RECURSIVE NUMBERS (N) AS (SELECT {first} FROM {one_row} UNION ALL"
            f" SELECT N + 1 FROM NUMBERS WHERE N < {min(first + 500, 1001 + METERS) - 1}) SELECT "
        )
        for table, columns, values in (
            ("CONTROLLER", "TABLE_KEY, CO_ID, TYPE_ID, POLL_CONFIG", "N, 'HE1', 11, 1"),
            ("CONTROLLER_TRANSACTION", "TABLE_KEY, PROV_STAT", "N, 'C'"),
            (
                "LOGICAL_DEVICE",
                "LD_ID, PD_TABLE_KEY, TYPE_ID, CONTRACT_CAPACITY",
                "'point-' || N, N, 101, 40",
            ),
        ):
            session.execute(
                "mdm", f"INSERT INTO {table} ({columns}) {numbers}{values} FROM NUMBERS"
            )
    session.execute("mdm", "UPDATE HECONF SET ENABLED = 0 WHERE HEID > 1")
    session.execute(
        "vps",
        "INSERT INTO CORRECTION_PARAM (PARAM_ID, FROM_DATE, BASE_CHARGE_PER_10A, TIER1_LIMIT,"
        " TIER1_PRICE, TIER2_PRICE) VALUES ('GLOBAL', '2025-01-01', 300, 0.1, 30, 40)",
    )


@dataclass
class Rig:
    """An installation of its own, and its server if it has one."""

    config: Config
    server: Server | None
    seconds: float = 0.0
    cycle_seconds: float = 0.0
    whole: dict[datetime, list[int]] = field(default_factory=dict)
    calm: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        with open_session(self.config) as session:
            found = {}
            for table, source in TABLES.items():
                database, columns = source.split(":")
                rows = session.execute(database, f"SELECT {columns} FROM {table}")
                found[table] = sorted(plain_rows(rows), key=repr)
            return found

    def taken(self, at: datetime) -> list[int]:
        """How many rows of one snapshot stand in each table that its log fills."""
        with open_session(self.config) as session:
            return [
                int(session.execute(database, f"SELECT COUNT(*) FROM {table} WHERE {where}")[0][0])
                for database, table, where in (
                    ("vps", "USAGE_HISTORY", f"MEASURED_TIME = '{at}'"),
                    ("vps", "QUOTE_HISTORY", f"MEASURED_TIME = '{at}'"),
                    ("vps", "USAGE_GAP", f"MEASURED_TIME = '{at}'"),
                    ("vps", "IMPORT_REJECT", f"FILE_NAME = 'HE1_{at:%Y%m%d%H%M}_ONTIME.csv'"),
                    ("mdm", "COLLECTION_LOG", f"SNAPSHOT_TIME = '{at}' AND CLASS = 'ONTIME'"),
                )
            ]

    @property
    def others(self) -> Path:
        """Where the folders of the head-end and of billing are."""
        return self.config.inbox.parent / "others"

    def logs_of(self, slot: int) -> Path:
        """Where the logs of a slot are written: those of cycles at the head-end."""
        return self.config.inbox if slot < IMPORTS else self.others / "he1"

    def written(self) -> dict[str, list[str]]:
        """The usage that billing has, each file once; a file half written has no such name."""
        usage = self.others / "usage"
        return {
            path.name: sorted(path.read_text().splitlines())
            for path in usage.iterdir()
            if path.is_file() and not path.name.startswith(".")
        }

    def clear(self) -> None:
        with open_session(self.config) as session, session.transaction():
            for table, source in TABLES.items():
                session.execute(source.split(":")[0], f"DELETE FROM {table}")
        for folder in (self.config.outbox, self.config.inbox, self.others):
            for path in folder.rglob("*"):
                if path.is_file():
                    path.unlink()

    def start(self, work: str, at: datetime) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert process.stdin and process.stdout
        process.stdin.write(pickle.dumps((self.config, work, at)))
        process.stdin.close()
        assert process.stdout.readline() == b"go\n"
        return process

    def alone(self) -> None:
        """Wait until the server has noticed that a killed client is gone, and taken it back."""
        if self.server is None:
            return
        query = (
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST p"
            f" WHERE p.USER = '{self.server.user}' AND p.ID <> CONNECTION_ID()"
        )
        until = time.monotonic() + 300
        with open_session(self.config) as session:
            while session.execute("", query) != [(0,)]:
                assert time.monotonic() < until, "a client that was killed is still served"
                time.sleep(0.05)

    def finish(self, at: datetime) -> None:
        with open_session(self.config) as session:
            assert run_cycle(session, self.config, at)


@pytest.fixture(params=["firebird-embedded", "mysql", "mariadb"])
def rig(request: pytest.FixtureRequest, tmp_path: Path, installations: Any) -> Iterator[Rig]:
    engine, server = str(request.param), None
    if engine == "firebird-embedded":
        config = installations.new(engine, "kill")
    else:
        server = SERVERS[engine]().start()
        reach = Connection(
            host=server.host, port=server.port, user=server.user, password=server.password,
            socket=str(server.socket or ""),
        )  # fmt: skip
        places = {database: f"kill_{database}" for database in ("mdm", "vps", "he")}
        config = Config(
            engine, places, server.exchange, tmp_path / "inbox", tmp_path / "outbox", reach
        )
    release.apply(config)
    with open_session(config) as session, session.transaction():
        build(session, config.dialect)
    others = config.inbox.parent / "others"
    for name in ("he1", "usage"):
        (others / name).mkdir(parents=True)
    places = {name: Remote(f"file://{others / name}") for name in ("he1", "usage")}
    transfer = Transfer(logs={1: places["he1"]}, usage=places["usage"])
    yield Rig(replace(config, transfer=transfer), server)
    if server is not None:
        server.close()


def calm_run(rig: Rig, cycles: int) -> None:
    for slot in range(cycles):
        write_logs(rig.logs_of(slot), slot)
        at = START + slot * INTERVAL
        begun = time.monotonic()
        if slot < IMPORTS:
            with open_session(rig.config) as session:
                assert import_log(session, rig.config, at).code == 0
            rig.seconds = time.monotonic() - begun
        begun = time.monotonic()
        rig.finish(at)
        rig.cycle_seconds = time.monotonic() - begun
        rig.whole[at] = rig.taken(at)
    rig.calm, rig.files = rig.dump(), rig.written()
    rig.clear()


def test_killed_at_any_moment_nothing_is_lost_or_doubled(rig: Rig) -> None:
    dice = random.Random(SEED)
    cycles = IMPORTS + SERVER_KILLS + CYCLES
    calm_run(rig, cycles)
    assert rig.whole[START][:2] == [2 * METERS, 2 * METERS]
    assert len(rig.calm["QUOTE_HISTORY"]) == 2 * METERS * cycles
    assert rig.calm["RULE_ERROR"] == []
    for slot in range(cycles):
        write_logs(rig.logs_of(slot), slot)
        at = START + slot * INTERVAL
        if slot < IMPORTS:
            process = rig.start("import", at)
            time.sleep(dice.random() * rig.seconds)
            process.kill()
        else:
            process = rig.start("cycle", at)
            time.sleep(dice.random() * rig.cycle_seconds)
            if slot < IMPORTS + SERVER_KILLS and rig.server is not None:
                rig.server.kill()
                rig.server.start()
            else:
                process.kill()
        process.wait(300)
        rig.alone()
        taken = rig.taken(at)
        assert taken in ([0] * len(taken), rig.whole[at]), f"a part of {at} stands"
        rig.finish(at)
        assert rig.taken(at) == rig.whole[at]
    found = rig.dump()
    for table, rows in rig.calm.items():
        assert found[table] == rows, table
    assert rig.written() == rig.files
    for folder in (rig.config.inbox, rig.config.outbox, rig.others / "he1"):
        assert list(folder.glob("*.csv")) == []


if __name__ == "__main__":
    child()
