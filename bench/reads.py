"""Reads: the usage file of a snapshot, and a point's month."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from statistics import median, quantiles

from bench.main_job import Job
from bench.station import Measured, Station, Wrong, load, medians
from bench.world import HISTORIES
from kenshin.engines import Session
from kenshin.engines.base import NOTHING

MONTH = 1440  # slots of 30 days
_PAGE = 1000  # the most that QUERY_USAGE gives
_POINTS = 100


def export(station: Station) -> list[Measured]:
    """EXPORT_USAGE beside the bare statement, in turn, on the same snapshot and warm."""
    job = Job(station)
    ratios, streamed = Measured("export", None), Measured("export-seconds", None)
    with station.session() as session:
        if station.slot == 0:
            job.run(session)
            station.floor.keep_level(session, station.world.at(station.slot))
        at = station.world.at(station.slot)
        job.export(session)
        for number in range(1, station.runs + 1):
            station.say(f"run {number}")
            before = load()
            streamed.runs.append({"load": before, "streamed": job.export_streamed(session)})
            if station.firebird:
                continue
            bare = station.floor.outfile(session, at, "BARE.txt")
            run = {"load": before, "export": job.export(session), "outfile": bare}
            ratios.runs.append({**run, "ratio": run["export"] / run["outfile"]})
    streamed.value = medians(streamed.runs)["streamed"]
    if station.firebird:
        return [streamed]
    ratios.value = medians(ratios.runs)["ratio"]
    return [ratios, streamed]


def month(station: Station) -> list[Measured]:
    """A point's month, of points all over the register: by the rule, and by bare statements."""
    world = station.world
    slots = min(MONTH, world.filled)
    begin, end = world.at(1 - slots), world.at(1)
    note = "" if slots == MONTH else f"{slots} slots: the history has no month"
    database = station.installation.catalog.database_of("QUERY_USAGE")
    points = [world.point(device) for device in spread(world.rows, _POINTS)]

    def by_rule(session: Session, point: str) -> int:
        return query_month(session, database, point, begin, end)

    def bare(session: Session, point: str) -> int:
        return select_month(session, point, begin, end)

    found = []
    with station.session() as session:
        for row, way in (("month", by_rule), ("month-bare", bare)):
            station.say(row)
            measured = Measured(row, None, note=note, judged=slots == MONTH)
            before = load()
            for _ in ("to warm up", "measured"):
                times = [_checked(way, session, point, slots) for point in points]
            p95 = quantiles(times, n=20)[-1]
            measured.runs.append({"load": before, "p50": median(times), "p95": p95})
            measured.value = p95
            found.append(measured)
    return found


def spread(devices: int, count: int) -> Sequence[int]:
    """So many devices, at even distances; all of them when there are fewer."""
    return range(1, devices + 1, max(1, devices // count))[:count]


def _checked(way: Callable[[Session, str], int], session: Session, point: str, slots: int) -> float:
    """Milliseconds of a read that must give every row."""
    began = time.perf_counter()
    rows = way(session, point)
    spent = (time.perf_counter() - began) * 1000
    if rows != slots:
        raise Wrong(f"{rows} rows of {point} instead of {slots}")
    return spent


def query_month(session: Session, database: str, point: str, begin: datetime, end: datetime) -> int:
    """Read a point's slots of a range by QUERY_USAGE, all pages; how many there were."""
    after, rows = None, 0
    while True:
        arguments = (point, 1, begin, end, after, _PAGE)
        result = session.call(database, "QUERY_USAGE", *arguments)
        rows += len(result.rows)
        if result.code == NOTHING or len(result.rows) < _PAGE:
            return rows
        if not result.ok:
            raise Wrong(f"QUERY_USAGE answered {result.code} {result.message}")
        after = result.rows[-1][0]


def select_month(session: Session, point: str, begin: datetime, end: datetime) -> int:
    """Read the same rows of both histories by bare statements; how many each had."""
    counts = {
        len(
            session.execute(
                "vps",
                f"SELECT * FROM {table} WHERE LD_ID = ? AND SUB_NUMBER = 1"
                " AND MEASURED_TIME >= ? AND MEASURED_TIME < ?",
                [point, begin, end],
            )
        )
        for table in HISTORIES
    }
    if len(counts) > 1:
        raise Wrong(f"the histories of {point} differ")
    return counts.pop()
