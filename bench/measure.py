"""One world on one engine: build it, measure it, and tell all of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import (
    archived,
    bill,
    growth,
    kept,
    main_job,
    others,
    pack,
    purge,
    readers,
    reads,
    report,
    space,
    sync,
)
from bench.floor import Floor
from bench.installation import Installation, installed
from bench.progress import Teller, telling
from bench.station import Measured, NotHere, Station
from bench.world import World
from kenshin.engines import open_session

# In this order: what is purged is missed by whoever comes behind.
MEASUREMENTS: dict[str, Callable[[Station], list[Measured]]] = {
    "growth": growth.measure,
    "snapshot": main_job.measure,
    "others": others.measure,
    "bill": bill.measure,
    "export": reads.export,
    "month": reads.month,
    "sync": sync.measure,
    "readers": readers.measure,
    "bytes": space.measure,
    "archive": archived.measure,
    "pack": pack.measure,
    "purge": purge.measure,
}
NAMES = tuple(MEASUREMENTS)


@dataclass(frozen=True)
class Wanted:
    """What is to be measured of one engine at one size."""

    engine: str
    points: int
    history: int  # rows
    runs: int
    only: tuple[str, ...]
    buffer_pool: str
    keep: Path | None = None  # where worlds that are to be used again are

    @property
    def folder(self) -> Path | None:
        """Where this world is kept."""
        return self.keep and self.keep / f"{self.engine}-{self.points}-{self.history}"


@dataclass
class Told:
    """What was measured, and what was not and why."""

    results: list[dict[str, Any]] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def note(self, name: str, work: Callable[[], Sequence[Measured]]) -> None:
        """Keep what work finds; a failure ends that one measurement only."""
        try:
            self.results += [asdict(each) for each in work()]
        except NotHere as reason:
            self.skipped[name] = str(reason)
        except Exception as error:
            self.failed[name] = f"{type(error).__name__}: {error}"
            Console(stderr=True).print(traceback.format_exc(), markup=False, highlight=False)


def measure(wanted: Wanted, console: Console) -> dict[str, Any]:
    """Measure a world in this process: it can have one embedded installation in its life."""
    what = f"{wanted.engine}, {wanted.points:,} points"
    told = Told()
    kept.clear(wanted.folder)
    with (
        telling(console, what) as teller,
        installed(wanted.engine, wanted.buffer_pool, wanted.folder) as installation,
    ):
        with open_session(installation.config) as session:
            world = World(session, wanted.points, wanted.history)
            station = _built(wanted, installation, world, teller.tell)
        # Before days of it are purged.
        history = world.filled * world.rows
        for number, (name, work) in enumerate(MEASUREMENTS.items()):
            if name in wanted.only:
                station.say = partial(_tell, teller, name, number / len(MEASUREMENTS))
                told.note(name, partial(work, station))
        kept.save(station, wanted.folder)
    return {
        "engine": wanted.engine,
        "points": wanted.points,
        "history": history,
        "partitioned": world.partitioned,
        "generated": {"rows": world.generated, "seconds": round(world.seconds, 1)},
        "version": installation.version,
        "settings": installation.settings,
        "machine": report.machine(),
        "at": f"{datetime.now():%Y-%m-%d}",
        "runs": wanted.runs,
        **asdict(told),
    }


def _tell(teller: Teller, name: str, share: float, doing: str) -> None:
    teller.tell(f"{name}, {doing}", share)


def _built(
    wanted: Wanted,
    installation: Installation,
    world: World,
    progress: Callable[[str, float], None],
) -> Station:
    """The world with all of its history: built, or taken up where its last measurement left it."""
    floor = Floor(world)
    station = Station(installation, world, floor, wanted.runs, lambda doing: progress(doing, 1.0))
    if not kept.take_up(station, wanted.folder):
        world.build(progress)
        floor.build(progress)
    return station
