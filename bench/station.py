"""What every measurement is given, and what it gives back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median

from bench.floor import Floor
from bench.installation import Installation
from bench.world import HISTORIES, World
from kenshin.engines import Result, Session, open_session
from kenshin.engines.base import DONE
from kenshin.rules import Rules

Figures = dict[str, float]


class Wrong(Exception):
    """A rule did not do what is measured: its time would say nothing."""


class NotHere(Exception):
    """It cannot be measured in this world, or on this engine; the message says why."""


@dataclass
class Measured:
    """The value of a row: what is held against its bar, every single run, and the load."""

    row: str
    value: float | None
    runs: list[Figures] = field(default_factory=list)
    note: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    judged: bool = True  # whether it is large enough for its bar


def medians(runs: Sequence[Figures]) -> Figures:
    """The median of each figure that every run has."""
    names = [name for name in (runs[0] if runs else {}) if all(name in run for run in runs)]
    return {name: median(run[name] for run in runs) for name in names}


def load() -> float:
    """What else the machine had to do before a run."""
    return round(os.getloadavg()[0], 2)


def seconds_of(work: Callable[[], object]) -> float:
    """How long some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def expect(result: Result, rule: str, *others: int) -> Result:
    """Raise Wrong unless a rule did what it was called for."""
    if result.code not in (DONE, *others):
        raise Wrong(f"{rule} answered {result.code} {result.message}")
    return result


@dataclass
class Station:
    """An installation with its world and the tables of the floor, at a snapshot."""

    installation: Installation
    world: World
    floor: Floor
    runs: int
    say: Callable[[str], None]
    slot: int = 0  # the last snapshot that the histories hold

    @property
    def firebird(self) -> bool:
        """Whether the engine has no server, and files come from the client."""
        return self.world.firebird

    def session(self) -> Session:
        """A connection of its own, to be entered."""
        return open_session(self.installation.config)

    def range(self, slot: int | None = None) -> tuple[datetime, datetime]:
        """The range that holds one snapshot: the present one, or another."""
        of = self.slot if slot is None else slot
        return self.world.at(of), self.world.at(of + 1)

    def exchange(self, name: str) -> Path:
        """A file that the server may read and write."""
        return self.installation.config.exchange / name

    def call(self, session: Session, rule: str, *arguments: object) -> Result:
        """What a rule answers."""
        rules = Rules(session, self.installation.catalog)
        names = rules.catalog.declaration(rule).takes
        return rules.call(rule, **dict(zip(names, arguments, strict=True)))

    def timed(self, session: Session, rule: str, *arguments: object) -> float:
        """Seconds of a rule that must do its work."""
        self.installation.catalog.database_of(rule)  # which renders the rules at first
        began = time.perf_counter()
        result = self.call(session, rule, *arguments)
        spent = time.perf_counter() - began
        expect(result, rule)
        return spent

    def streamed(self, session: Session, rule: str, *arguments: object) -> tuple[float, Path]:
        """Seconds of a rule whose lines the client writes, and the file."""
        path = self.installation.config.outbox / f"{rule}_{self.slot}.csv"
        database = self.installation.catalog.database_of(rule)
        began = time.perf_counter()
        result = session.stream(database, rule, arguments, path)
        spent = time.perf_counter() - began
        expect(result, rule)
        return spent, path

    def has(self, rule: str) -> bool:
        """Whether the release has a rule."""
        return rule in self.installation.catalog.objects

    def check(
        self,
        session: Session,
        slot: int,
        tables: Sequence[str] = HISTORIES,
        value: str = "USAGE_VALUE",
    ) -> None:
        """Raise Wrong unless every row of a snapshot is there and has a value: no gap."""
        for table in tables:
            found = session.execute(
                "vps",
                f"SELECT COUNT({value}) FROM {table} WHERE MEASURED_TIME = ?",
                [self.world.at(slot)],
            )[0][0]
            if found != self.world.rows:
                raise Wrong(f"{table} holds {found} rows of the snapshot with {value}")

    def check_lines(self, path: Path) -> None:
        """Raise Wrong unless a usage file has a line for every row, a header and an end."""
        with path.open("rb") as file:
            found = sum(1 for _ in file) - 2
        if found != self.world.rows:
            raise Wrong(f"{path.name} holds {found} lines")

    def configure(self, session: Session, **settings: object) -> None:
        """Set entries of MDM_CONFIG."""
        for name, value in settings.items():
            session.execute(
                "mdm", 'UPDATE MDM_CONFIG SET "VALUE" = ? WHERE NAME = ?', [str(value), name]
            )
