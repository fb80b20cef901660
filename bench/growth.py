"""How the time of a snapshot grows with the history behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.main_job import Job
from bench.station import Figures, Measured, Station, load, medians

NAME = "growth"
# Between such histories growth is held against its bar: from 5 million rows on, at least fourfold.
_SHORT, _LONG = 5_000_000, 20_000_000


def measure(station: Station) -> list[Measured]:
    """Runs of the main job into the history that this world has; others have longer ones."""
    job = Job(station)
    history = station.world.filled * station.world.rows
    runs = []
    for number in range(1, station.runs + 1):
        station.say(f"{history:,} rows, run {number}")
        run = {"load": load()}
        with station.session() as session:
            run |= job.run(session)
            run["job"] = sum(seconds for phase, seconds in run.items() if phase != "load")
            station.floor.keep_level(session, station.world.at(station.slot))
        runs.append({"history": float(history), **run})
    return [judged(runs)]


def joined(shorter: Iterable[Mapping[str, Any]], world: dict[str, Any]) -> dict[str, Any]:
    """A world as it was told, its growth held against worlds with shorter histories."""
    runs = [run for each in (*shorter, world) for run in _runs(each)]
    others = [result for result in world["results"] if result["row"] != NAME]
    return {**world, "results": [*([asdict(judged(runs))] if runs else []), *others]}


def _runs(world: Mapping[str, Any]) -> list[Figures]:
    return [run for result in world["results"] if result["row"] == NAME for run in result["runs"]]


def judged(runs: Sequence[Figures]) -> Measured:
    """The time at the longest history against that at the shortest one."""
    by_history = {
        history: medians([run for run in runs if run["history"] == history])["job"]
        for history in sorted({run["history"] for run in runs})
    }
    note = ", ".join(f"{history:,.0f} rows {spent:.2f} s" for history, spent in by_history.items())
    times = list(by_history.values())
    large = min(by_history) <= _SHORT and max(by_history) >= _LONG
    grown = times[-1] / times[0] if len(times) > 1 else None
    return Measured(NAME, grown, list(runs), note, judged=large)
