"""What each recommended setting is worth: `python -m bench.settings`.

A server with the recommended settings takes in snapshots; then one setting after the other gets its
other value, the server starts anew and takes in the next ones. The recommended set is measured
again between any two, and a value is held against the two measurements around it. The settings and
their other values are those of `kenshin.recommended`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.main_job import take_in
from bench.report import machine
from bench.world import HEADS, World
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config, Connection
from kenshin.engines import open_session
from kenshin.recommended import SETTINGS, Setting
from kenshin.rules import Rules
from servers import SERVERS, Server

ENGINES = {"mysql": "MySQL", "mariadb": "MariaDB", "firebird-server": "Firebird"}
DOCS = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
# What an option is on the command line where it is not the name with dashes. None takes it away.
_LOG: dict[str, dict[str, str | None]] = {
    "ON": {"skip-log-bin": None, "log-bin": "binlog", "server-id": "1", "binlog-format": "ROW"},
    "OFF": {"skip-log-bin": "1", "log-bin": None, "binlog-format": None},
}


@dataclass(frozen=True)
class Effect:
    """Seconds of one snapshot with the other value of a setting, and with the recommended one."""

    setting: str
    value: str
    seconds: float
    recommended: float

    @property
    def factor(self) -> float:
        """How many times as long it takes."""
        return self.seconds / self.recommended


class Bench:
    """A server that takes in one snapshot after the other, with whatever settings it is given."""

    def __init__(self, engine: str, rows: int, history: int, runs: int) -> None:
        self.engine, self.rows, self.runs = engine, rows, runs
        self.settings = [s for s in SETTINGS if _name(engine) in s.engines and s.others]
        self.server = SERVERS[engine]()
        self.config = _config(engine, self.server)
        self._set({s.name: s.best for s in self.settings})
        self.server.start()
        release.apply(self.config)
        self.catalog = Catalog(self.config.dialect)
        with open_session(self.config) as session:
            self.world = World(session, rows, history)
            self.world.build(lambda what, share: None)
        self.slot = 0

    def effects(self) -> Iterator[Effect]:
        """What every other value of every setting does."""
        before = self.seconds({})
        for setting in self.settings:
            for value in setting.others:
                found = self.seconds({setting.name: value})
                after = self.seconds({setting.name: setting.best})
                yield Effect(setting.name, value, found, (before + after) / 2)
                before = after

    def seconds(self, changed: Mapping[str, str]) -> float:
        """Start anew with some settings; seconds of a snapshot, the first one left out."""
        self.server.stop()
        self._set(changed)
        self.server.start()
        return median([self._snapshot() for _ in range(self.runs + 1)][1:])

    def _set(self, changed: Mapping[str, str]) -> None:
        # Servers of the tests take their options once; here they start anew with others.
        options: dict[str, Any] = self.server._options  # type: ignore[attr-defined]
        for names, value in changed.items():
            for name in names.split(", "):
                mine = _LOG[value] if name == "log_bin" else {self._option(name): value}
                options |= mine
        for name in [name for name, value in options.items() if value is None]:
            del options[name]

    def _option(self, name: str) -> str:
        return name if self.engine == "firebird-server" else name.replace("_", "-")

    def _snapshot(self) -> float:
        self.slot += 1
        with open_session(self.config) as session:
            return take_in(Rules(session, self.catalog), self.world, self.slot)


@contextmanager
def benched(engine: str, rows: int, history: int, runs: int) -> Iterator[Bench]:
    """A bench whose server is gone when it is over."""
    bench = Bench(engine, rows, history, runs)
    try:
        yield bench
    finally:
        bench.server.close()


def _name(engine: str) -> str:
    return "firebird" if engine == "firebird-server" else engine


def _config(engine: str, server: Server) -> Config:
    boxes = server.folder / "inbox", server.folder / "outbox"
    for box in boxes:
        box.mkdir()
    places = {database: database for database in ("mdm", "vps", "he")}
    if engine == "firebird-server":
        folder = server.folder / "databases"
        places = dict.fromkeys(("mdm", "vps"), f"{folder}/kenshin.fdb")
        places["he"] = f"{folder}/he.fdb"
    return Config(_name(engine), places, server.exchange, *boxes, Connection(**server.login))


def main() -> None:
    """Measure what the command line asks for."""
    options = _options()
    console = Console()
    measured: dict[str, list[Effect]] = {}
    for engine in options.engine:
        measured[engine] = []
        with benched(engine, options.rows, options.history, options.runs) as bench:
            for effect in bench.effects():
                measured[engine].append(effect)
                console.print(f"{ENGINES[engine]} {_said(effect)}")
                if options.json:
                    options.json.write_text(_json(measured, options), encoding="utf-8")
    console.print(_table(measured))
    if options.publish:
        DOCS.write_text(published(DOCS.read_text(encoding="utf-8"), measured), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.settings", description=__doc__)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--rows", type=int, default=80_000, help="readings of a snapshot")
    parser.add_argument("--history", type=int, default=4_000_000, help="rows before it")
    parser.add_argument("--runs", type=int, default=3, help="snapshots of each measurement")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--publish", action="store_true", help="write them into docs/settings.md")
    options = parser.parse_args()
    if options.rows % len(HEADS) or options.runs < 1:
        parser.error("--rows must be a multiple of 4, --runs at least 1")
    return options


def _said(effect: Effect) -> str:
    return (
        f"{effect.setting} = {effect.value}: {effect.seconds:.2f} s against"
        f" {effect.recommended:.2f} s, {effect.factor:.2f} ×"
    )


def _json(measured: Mapping[str, list[Effect]], options: argparse.Namespace) -> str:
    found = {engine: [asdict(effect) for effect in effects] for engine, effects in measured.items()}
    whole = {"machine": machine(), "rows": options.rows, "runs": options.runs, "engines": found}
    return json.dumps(whole, indent=1) + "\n"


def _table(measured: Mapping[str, list[Effect]]) -> Table:
    table = Table(title="Seconds to take in one snapshot")
    for name in ("engine", "setting", "value", "seconds", "recommended", "factor"):
        table.add_column(name, justify="left" if name in ("engine", "setting") else "right")
    for engine, effects in measured.items():
        for e in effects:
            figures = f"{e.seconds:.2f}", f"{e.recommended:.2f}", f"{e.factor:.2f}"
            table.add_row(ENGINES[engine], e.setting, e.value, *figures)
    return table


def published(text: str, measured: Mapping[str, list[Effect]]) -> str:
    """The document with what was measured in its last column; other engines' figures stay."""
    return "\n".join(_line(line, measured) for line in text.split("\n"))


def _line(line: str, measured: Mapping[str, list[Effect]]) -> str:
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    setting = _setting(cells[0].strip("`"))
    if not line.startswith("|") or setting is None or not setting.others:
        return line
    said = (part.partition(" ") for part in cells[-1].split("; "))
    parts = {name: figures for name, _, figures in said if name in ENGINES.values()}
    for engine, effects in measured.items():
        mine = [f"{e.value} {e.factor:.2f} ×" for e in effects if e.setting == setting.name]
        if mine:
            parts[ENGINES[engine]] = ", ".join(mine)
    cells[-1] = "; ".join(f"{name} {said}" for name, said in parts.items()) or "not measured"
    return f"| {' | '.join(cells)} |"


def _setting(name: str) -> Setting | None:
    return next((setting for setting in SETTINGS if setting.name == name), None)


if __name__ == "__main__":
    main()
