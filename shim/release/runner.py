"""Bring a release into an installation, go on after a crash, go back, and note what is there.

Each step is a change of its own with a guard that can tell whether it was done. What the engine
does not undo together, a table's change and its note in the journal, is asked again by that guard:
a run may break off anywhere and be gone on with.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from kenshin import access, link, scratch, source
from kenshin.config import Config
from kenshin.engines import EngineError, Right, Session, facts, open_session
from kenshin.release import api, inspect, journal
from kenshin.release.api import ApiChange
from kenshin.release.changes import (
    Change,
    Index,
    State,
    in_way_of_rollback,
    indexes_of,
    is_left,
    made_by,
    make,
    plan,
)
from kenshin.release.inspect import Difference
from kenshin.release.journal import ABANDONED, BEGUN, DONE, TABLES, Journal, Run
from kenshin.release.steps import Step, Target, database_at, prelude, steps
from kenshin.wanted import Wanted

_VIEW = re.compile(r"CREATE OR REPLACE .*\bVIEW ")
PATIENCE = 1  # seconds in which a change waits for running calls, and new calls queue behind it
PAUSE = 2.0  # seconds in which they go on before it is tried again
TRIES = 60
GROUND_TRIES = 3


class Refused(EngineError):
    """The way is not open; each line says what stands in it."""

    def __init__(self, what: str, lines: list[str]) -> None:
        super().__init__("\n  ".join([what, *lines]))


@dataclass(frozen=True)
class Progress:
    """What a run is at: `moment` is begin, done, skipped or wait."""

    moment: str
    number: int
    total: int
    name: str
    note: str = ""


Watch = Callable[[Progress], None]


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    release: str
    done: int
    differences: list[Difference] = field(default_factory=list)


def nobody(_: Progress) -> None:
    """Watches nothing."""


# --- The verbs --------------------------------------------------------------------------


def apply(config: Config, watch: Watch = nobody, target: Target | None = None) -> Outcome:
    """Bring in this program's release. Raises EngineError; then `resume` goes on.

    Raises Refused where a newer release is installed, or there is no way from what is there.
    """
    target = target or Target()
    _check_newer(config, target)
    with _at_work(config, target) as work:
        broken = work.journal.unfinished()
        if broken is not None:
            raise EngineError(
                f"run {broken.number} ({broken.action} {broken.release}) broke off: "
                "go on with kenshin db resume, or back with kenshin db rollback"
            )
        return work.run("apply", watch)


def resume(config: Config, watch: Watch = nobody) -> Outcome:
    """Go on with the run that broke off. Raises EngineError when there is none."""
    with open_session(config) as session:
        broken = _unfinished(session)
    with _at_work(config, _target(broken.release, broken.structure)) as work:
        return work.run(broken.action, watch, broken)


def abandon(config: Config, step: int, because: str) -> journal.Entry:
    """Note a person's decision that a step of the run that broke off is not to be done."""
    with open_session(config) as session:
        broken = _unfinished(session)
        with journal.alone(config), session.transaction():
            return Journal(session).abandon(broken.number, step, because)


def rollback(config: Config, release: str, watch: Watch = nobody) -> Outcome:
    """Go back to the views, procedures and rights of an earlier release; tables stay.

    Raises Refused when its rules cannot work on the tables that there are.
    """
    with open_session(config) as session:
        now = installed(session)
        if now is None:
            raise EngineError("nothing is installed here: kenshin db apply")
    if source.order(release) > source.order(now.release):
        raise EngineError(f"{release} is newer than {now.release}, which is here: kenshin db apply")
    target = _target(release, now.structure)
    problems = in_way_of_rollback(
        config, steps(config, _target(release, release)), steps(config, target)
    )
    if problems:
        raise Refused(f"release {release} cannot work on the tables of {now.structure}:", problems)
    with _at_work(config, target) as work:
        broken = work.journal.unfinished()
        if broken is not None:
            work.journal.give_up(broken.number, f"gone back to {release}")
        return work.run("rollback", watch)


def baseline(config: Config, release: str, because: str) -> Outcome:
    """Note that an installation that was made otherwise is at a release.

    Nothing else is changed; but views of MySQL and MariaDB are made again, as their text alone
    cannot be compared. Raises Refused when it differs from that release.
    """
    with open_session(config) as session:
        missing = sorted(set(config.places.values()) - session.existing_places())
        if missing:
            raise EngineError(f"{missing[0]} is not there: kenshin db apply")
    with _at_work(config, _target(release, release)) as work:
        return work.baseline(because)


def history(config: Config) -> list[tuple[Run, list[journal.Entry]]]:
    """Every run, oldest first, with its steps."""
    with open_session(config) as session:
        if not _has_record(session):
            return []
        record = Journal(session)
        return [(run, record.entries(run.number)) for run in record.runs()]


@dataclass(frozen=True)
class Look:
    """What `apply` would do."""

    release: str
    came_from: str  # the release that is there; empty: none
    changes: list[Change]
    problems: list[str]
    grants: list[Right]
    revokes: list[Right]
    api: list[ApiChange]  # the change in the SQL-API for those who call it


def look(config: Config) -> Look:
    """Find out what `apply` would do; nothing is changed."""
    target = Target()
    wanted = steps(config, target)
    with open_session(config) as session:
        now = installed(session)
        came_from = now.release if now else ""
        found = plan(config, _whole_state(session, wanted), target, wanted)
        grants, revokes = access.declared(config, wanted), set[Right]()
        if not set(config.places.values()) - session.existing_places():
            grants, revokes = access.differences(session, wanted)
    old = steps(config, _target(came_from, came_from)) if came_from else []
    changed = api.changes(old, wanted) if old else []
    release = target.code.release
    return Look(
        release,
        came_from,
        found.changes,
        found.problems,
        sorted(grants),
        sorted(revokes),
        changed,
    )


def verify(config: Config, probe: bool = False) -> list[Difference]:
    """What differs from the release that is installed; an empty list: nothing.

    With `probe` every view is read from and every rule called once, harmlessly.
    """
    with open_session(config) as session:
        now = installed(session)
        wanted = steps(config, _target(now.release, now.structure) if now else Target())
        found = inspect.differences(session, wanted)
        return found + (inspect.probe(session, wanted) if probe and not found else [])


def installed(session: Session) -> Run | None:
    """The run that brought what is installed; None where nothing is, or nobody noted it."""
    return Journal(session).installed() if _has_record(session) else None


def number(config: Config) -> str:
    """The release that `verify` compares with: the one that is noted, or this program's."""
    with open_session(config) as session:
        now = installed(session)
        return now.release if now else source.current().release


# --- What is there ----------------------------------------------------------------------


def state(session: Session, wanted: list[Step]) -> State:
    """What an installation has: what was deployed but is no longer as it was counts as missing."""
    config = session.config
    places = inspect.read(session, session.existing_places())
    tables = {where: place.tables for where, place in places.items()}
    recorded = {
        where: {key: checksum for key, (checksum, _) in place.recorded.items()}
        for where, place in places.items()
    }
    altered = {}
    known = [s for s in wanted if s.key in recorded.get(config.places[s.database], {})]
    for step, names in inspect.altered(session, known, places):
        where = config.places[step.database]
        if recorded[where][step.key] == step.checksum:
            recorded[where][step.key] = ""
        altered[where, step.key] = names
    return State(tables, recorded, altered)


def _whole_state(session: Session, wanted: list[Step]) -> State:
    """The same, with what earlier releases made where something of theirs is wanted no more."""
    found = state(session, wanted)
    if not is_left(session.config, found, wanted):
        return found
    made: dict[tuple[str, str], Wanted] = {}
    indexes: set[Index] = set()
    for before in _made_before(session):
        made |= before
        indexes |= indexes_of(before)
    return replace(found, made=made, indexes=frozenset(indexes))


def _made_before(session: Session) -> Iterator[dict[tuple[str, str], Wanted]]:
    """What each release made that was brought in here or begun, if this program knows it."""
    runs = Journal(session).runs() if _has_record(session) else []
    for release, structure in dict.fromkeys((run.release, run.structure) for run in runs):
        try:
            before = steps(session.config, _target(release, structure))
        except EngineError:
            continue
        yield made_by(session.config, before)


def _has_record(session: Session) -> bool:
    if session.config.places["mdm"] not in session.existing_places():
        return False
    return bool(session.live_columns("mdm", "SCHEMA_HISTORY"))


def _check_newer(config: Config, target: Target) -> None:
    with open_session(config) as session:
        now = installed(session)
    wanted = target.structure.release
    if now is not None and source.order(now.structure) > source.order(wanted):
        raise Refused(
            f"release {now.structure} is here, and this program has {wanted}:",
            ["use the program of that release, its kenshin db rollback too"],
        )


def _unfinished(session: Session) -> Run:
    run = Journal(session).unfinished() if _has_record(session) else None
    if run is None:
        raise EngineError("no run broke off: see kenshin db history")
    return run


def _target(release: str, structure: str) -> Target:
    try:
        return Target(source.find(release), source.find(structure))
    except source.UnknownRelease as error:
        raise EngineError(str(error)) from error


# --- The work ---------------------------------------------------------------------------


class _Work:
    """One session that may change the schema, while no other one does."""

    def __init__(self, session: Session, target: Target, wanted: list[Step], lock: int) -> None:
        self.session = session
        self.lock = lock  # the session that keeps other runners out
        self.config = session.config
        self.target = target
        self.wanted = wanted
        self.journal = Journal(session)

    def run(self, action: str, watch: Watch, broken: Run | None = None) -> Outcome:
        """Do what is missing, and prove that nothing is."""
        release = self.target.code.release
        there = _whole_state(self.session, self.wanted)
        found = plan(self.config, there, self.target, self.wanted)
        if found.problems:
            raise Refused(f"release {release} has no way from what is there:", found.problems)
        now = self.journal.installed()
        if broken is None and not found.changes and self._is_noted(now):
            return Outcome(release, self._finish_access(), self._verify())
        run = broken.number if broken else self._begin(action, now)
        done = self._carry_out(run, found.changes, watch)
        self._finish_access()
        differences = self._verify()
        self.journal.finish(run, len(differences))
        return Outcome(release, done, differences)

    def baseline(self, because: str) -> Outcome:
        broken = self.journal.unfinished()
        if broken is not None:
            raise EngineError(f"run {broken.number} broke off: kenshin db resume, or rollback")
        differences = [d for d in self._verify() if not d.is_record]
        if differences:
            raise Refused(
                f"this is not release {self.target.code.release}:", list(map(str, differences))
            )
        there = State(state(self.session, []).tables, {})
        everything = plan(self.config, there, self.target, self.wanted)
        run = self._begin("baseline", self.journal.installed())
        for change in everything.changes:
            with self.session.transaction():
                if change.statements and _VIEW.match(change.statements[0]):
                    self._execute(change.database, change.statements)
                self._execute(change.database, change.record)
        self.journal.finish(run, 0, because)
        return Outcome(self.target.code.release, len(everything.changes))

    def _begin(self, action: str, now: Run | None) -> int:
        release, structure = self.target.code.release, self.target.structure.release
        return self.journal.begin(action, release, structure, now.release if now else None)

    def _is_noted(self, now: Run | None) -> bool:
        wanted = self.target.code.release, self.target.structure.release
        return now is not None and (now.release, now.structure) == wanted

    def _finish_access(self) -> int:
        link.put(self.session)
        scratch.put(self.session)
        return access.put(self.session, self.wanted)

    def _verify(self) -> list[Difference]:
        return inspect.differences(self.session, self.wanted)

    def _carry_out(self, run: int, changes: list[Change], watch: Watch) -> int:
        entries = self.journal.plan(run, changes)
        ahead = {change.name for change in changes}
        for entry in entries.values():
            if entry.name not in ahead and entry.state not in (DONE, ABANDONED):
                self.journal.mark(run, entry.number, DONE)  # the crash came between it and its note
        done = 0
        for change in changes:
            entry = entries[change.name]
            tell = _teller(watch, entry.number, len(entries), change.name)
            if entry.state == ABANDONED:
                tell("skipped", f"abandoned: {entry.because}")
                continue
            tell("begin")
            self._do(run, entry.number, change, tell)
            tell("done")
            done += 1
        return done

    def _do(self, run: int, number: int, change: Change, tell: Callable[..., None]) -> None:
        self.journal.mark(run, number, BEGUN)
        for attempt in range(1, TRIES + 1):
            try:
                with self.session.transaction():
                    self._execute(change.database, change.statements)
                    # Where the engine takes both back together, neither stands without the other.
                    self._execute(change.database, change.record)
                break
            except self.session.driver_error as error:
                if not self.session.is_busy(error) or attempt == TRIES:
                    raise EngineError(
                        f"step {number}, {change.name}: {error}; "
                        "mend it, then go on with kenshin db resume"
                    ) from error
                tell("wait", self._blockers())
                time.sleep(PAUSE)
        if not change.record and not self.session.execute(change.database, change.guard):
            raise EngineError(f"step {number}, {change.name}: was done, but {change.guard} says no")
        self.journal.mark(run, number, DONE)

    def _execute(self, database: str, statements: tuple[str, ...]) -> None:
        for statement in statements:
            self.session.execute(database, statement)

    def _blockers(self) -> str:
        try:
            others = facts.facts_of(self.session).blockers(PATIENCE)
            return "; ".join(str(other) for other in others if other.number != self.lock)
        except facts.Unknown as error:
            return str(error)


def _teller(watch: Watch, number: int, total: int, name: str) -> Callable[..., None]:
    return lambda moment, note="": watch(Progress(moment, number, total, name, note))


@contextmanager
def _at_work(config: Config, target: Target) -> Iterator[_Work]:
    with open_session(config) as session:
        session.wait_at_most(PATIENCE)
        access.check_prefix(session)
        wanted = steps(config, target)
        for attempt in range(1, GROUND_TRIES + 1):
            try:
                _make_ground(session, target, wanted)
                break
            except Refused:
                raise
            except (EngineError, session.driver_error):
                # Another runner may be making the same: then it is there the next time.
                if attempt == GROUND_TRIES:
                    raise
                time.sleep(PAUSE)
        with journal.alone(config) as lock:
            yield _Work(session, target, wanted, facts.facts_of(lock).number())


def _make_ground(session: Session, target: Target, wanted: list[Step]) -> None:
    """Make what a run stands on, where it is not there yet."""
    config = session.config
    session.make_places()
    access.make_definer(session)
    for place in dict.fromkeys(config.places.values()):
        for statement in prelude(config.dialect):
            session.execute(database_at(config, place), statement)
    access.make_roles(session)
    _make_record(session, target, wanted)


def _make_record(session: Session, target: Target, wanted: list[Step]) -> None:
    """Make the tables in which runs are noted, and nothing else."""
    own = [step for step in wanted if step.unit.name in TABLES]
    found = make(session.config, state(session, own), target, own)
    if found.problems:
        raise Refused("the record of releases is not whole:", found.problems)
    for change in found.changes:
        try:
            for statement in (*change.statements, *change.record):
                with session.transaction():
                    session.execute(change.database, statement)
        except session.driver_error as error:
            # Another runner may have made it just now; the lock then says so.
            if not session.execute(change.database, change.guard):
                raise EngineError(f"{change.name}: {error}") from error
