"""A cycle while readers query histories all the time, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from statistics import median, quantiles

from bench.main_job import Job
from bench.reads import MONTH, query_month
from bench.station import Measured, Station, Wrong, load, medians
from kenshin.config import Config
from kenshin.engines import open_session

READERS = 10
_ALONE = 5.0  # seconds

Times = list[tuple[float, float]]  # when a query began on the common clock, milliseconds


@dataclass(frozen=True)
class Asked:
    """What a reader queries: some point's month."""

    config: Config
    database: str
    points: int
    begin: datetime
    end: datetime


def read(
    asked: Asked, seed: int, ready: Queue[int], go: Event, stop: Event, told: Queue[Times]
) -> None:
    """Query one point after the other while it may, until told to stop."""
    chance = random.Random(seed)
    times: Times = []
    with open_session(asked.config) as session:
        query_month(session, asked.database, "P000000001", asked.begin, asked.end)
        ready.put(seed)
        while not stop.is_set():
            if not go.wait(0.1):
                continue
            point = f"P{chance.randint(1, asked.points):09}"
            began = time.perf_counter()
            query_month(session, asked.database, point, asked.begin, asked.end)
            times.append((began, (time.perf_counter() - began) * 1000))
    told.put(times)


class Readers:
    """Readers that wait until they are let go."""

    def __init__(self, asked: Asked) -> None:
        # Not a fork: connections and threads of this process are none of theirs.
        context = multiprocessing.get_context("spawn")
        self.go, self._stop = context.Event(), context.Event()
        self._told: Queue[Times] = context.Queue()
        self._ready: Queue[int] = context.Queue()
        self._processes = [
            context.Process(
                target=read,
                args=(asked, seed, self._ready, self.go, self._stop, self._told),
                daemon=True,
            )
            for seed in range(READERS)
        ]

    def start(self) -> None:
        """Start them, and return when all are connected."""
        for process in self._processes:
            process.start()
        for _ in self._processes:
            self._ready.get(timeout=300)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """They query while this lasts."""
        self.go.set()
        try:
            yield
        finally:
            self.go.clear()
            time.sleep(0.5)  # until the last query has ended

    def end(self) -> Times:
        """End them, and tell every query."""
        self._stop.set()
        times = [each for _ in self._processes for each in self._told.get(timeout=300)]
        for process in self._processes:
            process.join()
        return times


def measure(station: Station) -> list[Measured]:
    """Cycles alone and with readers in turn, and the readers alone before."""
    world = station.world
    slots = min(MONTH, world.filled)
    asked = Asked(
        station.installation.config,
        station.installation.catalog.database_of("QUERY_USAGE"),
        world.rows,
        world.at(1 - slots),
        world.at(1),
    )
    found, spans = Measured("readers", None), []
    job = Job(station)
    readers = Readers(asked)
    station.say("start them")
    readers.start()
    for number in range(1, station.runs + 1):
        before = load()
        station.say(f"run {number}, alone")
        alone, _ = _cycle(station, job)
        station.say(f"run {number}, readers alone")
        with readers.reading():
            began = time.perf_counter()
            time.sleep(_ALONE)
            spans.append(("alone", began, time.perf_counter()))
            station.say(f"run {number}, with readers")
            disturbed, span = _cycle(station, job)
            spans.append(("during", *span))
        run = {"load": before, "cycle alone": alone, "with readers": disturbed}
        found.runs.append({**run, "ratio": disturbed / alone})
    times = readers.end()
    found.value = medians(found.runs)["ratio"]
    latencies = {kind: _figures(kind, spans, times) for kind in ("alone", "during")}
    return [
        found,
        Measured(
            "readers-p95",
            latencies["during"]["during: p95"],
            [{**latencies["alone"], **latencies["during"]}],
            f"{slots} slots; alone {latencies['alone']['alone: p95']:.1f} ms",
        ),
    ]


def _cycle(station: Station, job: Job) -> tuple[float, tuple[float, float]]:
    """Seconds of one main job, and when it began and ended."""
    with station.session() as session:
        began = time.perf_counter()
        spent = sum(job.run(session).values())
        span = began, time.perf_counter()
        station.floor.keep_level(session, station.world.at(station.slot))
    return spent, span


def _figures(kind: str, spans: list[tuple[str, float, float]], times: Times) -> dict[str, float]:
    """p50, p95 and rate of the queries that were under way in the spans of a kind."""
    mine = [(begin, end) for name, begin, end in spans if name == kind]
    found = [spent for at, spent in times if any(b <= at <= e for b, e in mine)]
    if len(found) < READERS:
        raise Wrong(f"{len(found)} queries of the readers {kind}")
    whole = sum(end - begin for begin, end in mine)
    return {
        f"{kind}: p50": median(found),
        f"{kind}: p95": quantiles(found, n=20)[-1],
        f"{kind}: queries a second": len(found) / whole,
    }
