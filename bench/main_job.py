"""The main job, one snapshot from file to file, and its floor: the bare engine on the same rows."""

from __future__ import annotations

import time

from bench.floor import FLOORS, PHASES
from bench.station import Measured, Station, Wrong, expect, load, medians
from bench.world import HEADS, World
from kenshin import abreast
from kenshin.cycle import IMPORT, LOG
from kenshin.engines import Session
from kenshin.engines.base import NOTHING
from kenshin.intake import offer
from kenshin.rules import Rules

JOB = ("partitions", "import", "diagnose", "export")
FURTHER = ("import, exchange directory", "export, streamed")


class Job:
    """Takes in snapshot after snapshot.

    On a server the job exports into the exchange directory; with embedded Firebird the client
    writes the file, as the cycle does.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self.config = station.installation.config

    def run(self, session: Session) -> dict[str, float]:
        """Seconds of the phases of the next snapshot, which is checked."""
        station = self.station
        station.slot += 1
        spent = self.make_room(session)
        spent[JOB[1]] = self.stream_in(session)
        station.say("diagnose")
        spent[JOB[2]] = station.timed(session, "DIAGNOSE", *station.range())
        station.say("export")
        spent[JOB[3]] = self.export(session)
        station.check(session, station.slot)
        return spent

    def make_room(self, session: Session) -> dict[str, float]:
        """Seconds of what each cycle begins with, where there are partitions."""
        rule = "EXTEND_HISTORY"
        if not (self.station.has(rule) and self.station.world.partitioned):
            return {}
        _, end = self.station.range()
        began = time.perf_counter()
        result = self.station.call(session, rule, end)
        spent = time.perf_counter() - began
        expect(result, rule, NOTHING)
        return {JOB[0]: spent}

    def export(self, session: Session) -> float:
        """Seconds of the usage file of the present snapshot."""
        if self.station.firebird:
            return self.export_streamed(session)
        path = self.station.exchange(f"USAGE_{self.station.slot}.csv")
        path.unlink(missing_ok=True)
        arguments = (*self.station.range(), path.name, "ONTIME")
        spent = self.station.timed(session, "EXPORT_USAGE", *arguments)
        self.station.check_lines(path)
        path.unlink()
        return spent

    def export_streamed(self, session: Session) -> float:
        """Seconds of the same file, written by the client."""
        arguments = (*self.station.range(), "ONTIME")
        spent, path = self.station.streamed(session, "EXPORT_USAGE_ROWS", *arguments)
        self.station.check_lines(path)
        path.unlink()
        return spent

    def stream_in(self, session: Session) -> float:
        """Seconds in which the client streams all logs of the snapshot in."""
        self.station.say("import")
        catalog = self.station.installation.catalog
        return take_in(Rules(session, catalog), self.station.world, self.station.slot)

    def read_in(self, session: Session) -> float:
        """Seconds in which the server reads all logs of the snapshot itself."""
        world = self.station.world
        spent = 0.0
        for heid in HEADS:
            path = world.write_log(self.config.exchange, heid, self.station.slot)
            arguments = (heid, world.at(self.station.slot), "ONTIME", path.name)
            spent += self.station.timed(session, "IMPORT_COLLECTION_LOG", *arguments)
            path.unlink()
        return spent


def take_in(rules: Rules, world: World, slot: int) -> float:
    """Seconds in which the logs of a snapshot are taken in, as the cycle does it."""
    inbox, at = rules.session.config.inbox, world.at(slot)
    paths = {heid: world.write_log(inbox, heid, slot) for heid in HEADS}
    logs = {heid: [(path, (heid, at, "ONTIME", path.name))] for heid, path in paths.items()}
    began = time.perf_counter()
    answers = abreast.take_in(rules, IMPORT, LOG, logs)
    for path, arguments in (log for (log,) in logs.values()):
        result = abreast.answered(answers, path) or offer(rules, IMPORT, LOG, arguments, path)
        expect(result, IMPORT)
    spent = time.perf_counter() - began
    for path in paths.values():
        path.unlink()
    return spent


def measure(station: Station) -> list[Measured]:
    """The job, then its floor, then the job's other ways; each on its own connection."""
    job = Job(station)
    found = Measured("snapshot", None)
    for number in range(1, station.runs + 1):
        station.say(f"run {number}")
        run = {"load": load()}
        with station.session() as session:
            spent = job.run(session)
        with station.session() as session:
            station.say(f"run {number}, floor")
            floor = station.floor.load(session, station.world.at(station.slot))
            if not station.firebird:
                at = station.world.at(station.slot)
                floor[PHASES[2]] = station.floor.outfile(session, at, "BARE.txt")
            station.check(session, station.slot, list(FLOORS.values()))
        run |= {f"job: {phase}": seconds for phase, seconds in spent.items()}
        run |= {f"floor: {phase}": seconds for phase, seconds in floor.items()}
        run |= {"job": sum(spent.values()), "floor": sum(floor.values())}
        run["ratio"] = run["job"] / run["floor"]
        with station.session() as session:
            station.say(f"run {number}, further ways")
            run |= _further(job, session, found)
        found.runs.append(run)
    found.value = medians(found.runs)["ratio"]
    return [found]


def _further(job: Job, session: Session, found: Measured) -> dict[str, float]:
    """The other ways of the job: the client writes, the server reads; they are no part of it."""
    station = job.station
    spent: dict[str, float] = {}
    if not station.firebird:
        spent[f"further: {FURTHER[1]}"] = job.export_streamed(session)
    station.slot += 1
    try:
        spent[f"further: {FURTHER[0]}"] = job.read_in(session)
    except Wrong as error:
        # The job itself is measured all the same; its next run needs this snapshot.
        found.failed[FURTHER[0]] = str(error)
        job.stream_in(session)
    station.check(session, station.slot)
    station.floor.keep_level(session, station.world.at(station.slot))
    return spent
