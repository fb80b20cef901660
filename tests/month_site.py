"""One installation of the simulated month: its station, its verbs, what it says to syslog."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from actors import write_config
from case import plain_rows
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.cli import kenshin
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.rules import Rules
from kenshin.simulator import Item
from kenshin.station import Device, Station, plan
from month_child import Call, Mother
from month_plan import INTERVAL, START, Plan

LOSS, UNANSWERED = 0.02, 0.1
# Whoever cannot reach another system says so; the calm run reaches everything.
OF_LINKS = ("TRANSFER_FAILED", "DELIVERY_FAILED")


@dataclass(frozen=True)
class Said:
    """How a call of a verb ended."""

    status: int
    line: str


class Lines(threading.Thread):
    """The syslog of the machine: a socket at which lines arrive."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.found: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._socket.recv(65536):
                self.found.append(data.decode("utf-8", "replace"))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class Site:
    """An installation that is made here; `links` are the lines of its [transfer] tables."""

    def __init__(self, config: Config, month: Plan, syslog: Path, links: str = "") -> None:
        self.config, self.month = config, month
        self.folder = config.inbox.parent
        release.apply(config)
        for folder in (config.inbox, config.outbox):
            folder.mkdir(parents=True, exist_ok=True)
        self.lines = Lines(syslog)
        self.toml = write_config(config, self.folder)
        with self.toml.open("a") as file:
            file.write(f'[syslog]\nto = "unix:{syslog}"\n{links}')
        self.devices: dict[int, Device] = {}
        self._mother: Mother | None = None
        with self.rules() as rules:
            self._build(rules)

    @contextlib.contextmanager
    def rules(self) -> Iterator[Rules]:
        with open_session(self.config) as session:
            yield Rules(session, Catalog(self.config.dialect))

    def _build(self, rules: Rules) -> None:
        release.load_rows(rules.session, self.config, "demo")
        rules.run("SET_CONFIG", p_name="HE_ALLOCATION", p_value="BALANCE")
        for heid in range(self.month.heads + 1, 5):
            rules.session.execute("mdm", f"UPDATE HECONF SET ENABLED = 0 WHERE HEID = {heid}")
        self.station = Station(rules, self.month.seed, START - INTERVAL, LOSS, UNANSWERED)
        found = list(plan(self.month.meters))
        self.station.register(found)
        rules.run("SYNC_HE")
        self.devices = {self.station.keys[one.number]: one for one in found}
        self.items: dict[int, dict[tuple[int, int, int], Item]] = {}

    def open_heads(self, folder: Path) -> None:
        """Start the head-ends, which write into a folder."""
        with self.rules() as rules:
            self.station.rules = rules
            self.station.open_heads(folder)
            self.items = self.station.items()

    def targets(self, rules: Rules, heid: int) -> list[tuple[int, int, int, datetime]]:
        """What a head-end should read again; the devices that never answer are left out."""
        result = rules.run("EXPORT_REPOLL_TARGET", p_heid=heid)
        return [
            (row[0], row[1], row[2], row[3])
            for row in result.rows
            if not self.is_mute(row[0], row[3])
        ]

    def is_mute(self, key: int, at: datetime) -> bool:
        start, end = self.month.mute.get(self.devices[key].number, (at, at))
        return start <= at < end

    # Verbs ----------------------------------------------------------------------------

    def run(self, verb: str, *arguments: str) -> Said:
        """A verb within this process, calmly."""
        done = CliRunner().invoke(kenshin, ["--config", str(self.toml), verb, *arguments])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.output.strip())

    def start(self, verb: str, *arguments: str) -> Call:
        """A verb in a process of its own, which can be killed."""
        if self._mother is None:
            self._mother = Mother(self.config.dialect, self.folder)
        return self._mother.start("--config", str(self.toml), verb, *arguments)

    # What came out --------------------------------------------------------------------

    def dump(self, tables: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
        """Every table, by the columns that neither the wall's clock nor a counter decides."""
        with open_session(self.config) as session:
            found = {}
            for table, source in tables.items():
                database, columns = source.split(":")
                rows = plain_rows(session.execute(database, f"SELECT {columns} FROM {table}"))
                kept = [row for row in rows if not set(OF_LINKS) & set(map(str, row))]
                found[table] = sorted(kept, key=repr)
            return found

    def rows(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        with open_session(self.config) as session:
            return session.execute(database, statement)

    def said(self, pattern: str) -> int:
        """How many lines of syslog match."""
        return sum(bool(re.search(pattern, line)) for line in self.lines.found)

    def close(self) -> None:
        self.lines.close()
        if self._mother is not None:
            self._mother.close()
