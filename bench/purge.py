"""How long the purge of a day takes, and how long what a cycle does waits for it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread

from bench.history import INTERVAL, Stretch, insert
from bench.partitions import day_of
from bench.station import Measured, NotHere, Station, Wrong, load
from bench.world import HISTORIES
from kenshin.engines import Session
from kenshin.engines.base import BUSY, NOTHING

_PIECE = 500  # rows of one insert: some milliseconds
_ALONE = 3.0  # seconds of inserts without a purge
_DAY = timedelta(days=1)


@dataclass
class Inserter:
    """Inserts slots behind the last snapshot, piece by piece, and notes what each one took."""

    station: Station
    first_slot: int
    stop: Event = field(default_factory=Event)
    took: list[tuple[float, float]] = field(default_factory=list)  # when it began, seconds
    failed: list[str] = field(default_factory=list)

    def work(self) -> None:
        """Insert until told to stop."""
        with self.station.session() as session:
            for stretch in self._pieces():
                if self.stop.is_set():
                    return
                for table in HISTORIES:
                    began = time.perf_counter()
                    try:
                        session.execute("vps", insert(table, table, stretch))
                    except session.driver_error as error:
                        self.failed.append(str(error).splitlines()[0])
                    self.took.append((began, time.perf_counter() - began))
                time.sleep(0.005)

    def _pieces(self) -> Iterator[Stretch]:
        slot = self.first_slot
        while True:
            for first in range(1, self.station.world.rows + 1, _PIECE):
                last = min(self.station.world.rows, first + _PIECE - 1)
                yield Stretch((first, last), (slot, slot))
            slot += 1

    def longest(self, begin: float, end: float) -> float:
        """Seconds of the slowest insert that was under way in a while; 0 when there was none."""
        return max((s for at, s in self.took if at < end and at + s > begin), default=0.0)


@contextmanager
def _inserting(station: Station) -> Iterator[Inserter]:
    inserter = Inserter(station, station.slot + 1)
    thread = Thread(target=inserter.work)
    thread.start()
    try:
        yield inserter
    finally:
        inserter.stop.set()
        thread.join()


def measure(station: Station) -> list[Measured]:
    """Purge the first whole day of readings; what is before it goes first, and does not count."""
    world = station.world
    begin = day_of(world.at(1 - world.filled)) + _DAY
    if (day_of(world.at(0)) - begin).days < 2:
        raise NotHere("the history has no whole day to purge")
    with station.session() as session:
        session.execute(
            "mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '0' WHERE NAME = 'ARCHIVE_HISTORY'"
        )
        station.say("what is before")
        _purge(station, session, _keep_from(station, session, begin))
        station.say("inserts alone")
        with _inserting(station) as inserter:
            began = time.perf_counter()
            time.sleep(_ALONE)
            alone = inserter.longest(began, time.perf_counter())
            station.say("the day")
            before = load()
            at = _keep_from(station, session, begin + _DAY)
            expected = world.rows * 48
            began = time.perf_counter()
            _purge(station, session, at)
            ended = time.perf_counter()
            time.sleep(0.2)
            during = inserter.longest(began, ended)
        station.say("check")
        _check(station, session, begin, expected)
    world.filled = (world.at(0) - datetime.combine(begin + _DAY, datetime.min.time())) // INTERVAL
    figures = {"load": before, "seconds": ended - began, "alone": alone, "during": during}
    failed = {"inserts": inserter.failed[0]} if inserter.failed else {}
    by = "DROP_HISTORY" if _drops(station) else "PURGE_HISTORY, 100,000 rows a step"
    note = f"{expected:,} rows by {by}"
    return [
        Measured("purge", figures["seconds"], [figures], note, failed),
        Measured(
            "purge-wait",
            max(0.0, during - alone),
            [figures],
            f"slowest of {_PIECE} rows: {alone:.3f} s alone, {during:.3f} s meanwhile",
            failed,
        ),
    ]


def _drops(station: Station) -> bool:
    return station.has("DROP_HISTORY") and not station.firebird


def _keep_from(station: Station, session: Session, day: object) -> datetime:
    """Set the retention so that slots which end until a day begins are past it at a moment."""
    at = station.world.at(0)
    days = (at.date() - day).days  # type: ignore[operator]
    station.configure(session, USAGE_DAYS=days, REPOLL_DEADLINE_DAYS=min(days, 1), QUOTE_MONTHS=240)
    return at


def _purge(station: Station, session: Session, at: datetime) -> None:
    """As `kenshin purge` does it: partitions first, then step by step."""
    rules = [("DROP_HISTORY", (at,))] if _drops(station) else []
    for rule, arguments in [*rules, ("PURGE_HISTORY", (at, None))]:
        while True:
            result = station.call(session, rule, *arguments)
            if result.code == NOTHING:
                break
            if result.code == BUSY:
                continue  # an insert was in its way: the next run of the verb does it
            if not result.ok:
                raise Wrong(f"{rule} answered {result.code} {result.message}")


def _check(station: Station, session: Session, begin: object, expected: int) -> None:
    """The day is gone from the readings, and only it: its quotes tell how many rows it had."""
    day = datetime.combine(begin, datetime.min.time())  # type: ignore[arg-type]
    query = "SELECT COUNT(*) FROM {} WHERE MEASURED_TIME > ? AND MEASURED_TIME <= ?"
    counts = {
        (table, moment): session.execute("vps", query.format(table), [moment, until])[0][0]
        for table in HISTORIES
        for moment, until in (
            (day, day + _DAY),
            (day + _DAY, day + _DAY + timedelta(minutes=30)),
        )
    }
    usage, quote = HISTORIES
    if counts[usage, day] or counts[quote, day] != expected:
        raise Wrong(f"{counts[usage, day]} readings of the day are left")
    if counts[usage, day + _DAY] != station.world.rows:
        raise Wrong("the day behind it was touched")
