"""An upgrade broken off anywhere goes on to the end of a clean one, and no row is lost.

The real way, from the first release to this tree, is gone with kill -9 behind each step that
changes tables, and behind a part of those that replace code. What else may come in between is
tried with a small release of its own, which is made quickly.
"""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import full
from conftest import Installations
from kenshin import release, source
from kenshin.config import Config, from_entries
from kenshin.engines import EngineError, Session, open_session
from kenshin.release import Progress, Refused, Target, api, inspect, journal, runner
from kenshin.source import Source
from servers import Server

# On the way from it there is every kind of step: a column, an index, a view that goes, new tables.
OLD = source.earlier()[0]
# Of a step: its statements were executed; SCHEMA_RELEASE knows of it too; the journal as well.
EXECUTED, RECORDED, NOTED = "executed", "recorded", "noted"
MOST = 400  # runs, of which an endless loop would make more
ENDED, SERVER_GONE, REFUSED, FAILED = range(4)


def of(made: Source) -> Target:
    return Target(made, made)


# --- The process that is killed ---------------------------------------------------------


@dataclass
class Deaths:
    """Where a run was ended already; the next one is at the first place that is not among them."""

    file: Path
    victim: str  # runner or server
    moments: tuple[str, ...]
    passed: frozenset[str] = frozenset()  # steps to die at neither
    server: int | None = None  # its process, if it is to be killed
    server_gone: bool = False

    def known(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []

    def reached(self, moment: str, name: str) -> None:
        if moment == NOTED:
            # Once for each kind of step: whoever dies in the next one begins there as well.
            name = name.split()[0]
        elif name in self.passed:
            return
        line = f"{self.victim} {moment} {name}"
        if moment not in self.moments or self.server_gone or line in self.known():
            return
        with self.file.open("a") as file:
            file.write(f"{line}\n")
        self.server_gone = self.server is not None
        os.kill(self.server or os.getpid(), signal.SIGKILL)


def child() -> None:
    """Bring a release in, in new processes for each line read; say how each of them ended."""
    config, target, deaths = pickle.load(sys.stdin.buffer)
    find = source.find
    source.find = lambda name: target.code if name == target.code.release else find(name)
    # Rendered once, not by each of them.
    release.steps(config, target)
    release.steps(config, of(find(OLD)))
    for line in sys.stdin:
        processes, server = json.loads(line)
        made = []
        for _ in range(processes):
            made.append(os.fork())
            if not made[-1]:
                go_on(config, target, replace(deaths, server=server))
        ends = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in made]
        print(json.dumps(ends), flush=True)


def go_on(config: Config, target: Target, deaths: Deaths) -> None:
    """Resume or begin, and die at the first moment of a step at which nobody has died yet."""
    note, execute = journal.Journal.mark, runner._Work._execute
    begun: list[str] = []

    def mark(self: Any, run: int, step: int, state: str, because: str = "") -> None:
        if state == journal.DONE:
            name = next(entry.name for entry in self.entries(run) if entry.number == step)
            deaths.reached(RECORDED, name)
        note(self, run, step, state, because)

    def execute_and_die(self: Any, database: str, statements: tuple[str, ...]) -> None:
        execute(self, database, statements)
        if begun:
            deaths.reached(EXECUTED, begun.pop())

    def watch(progress: Progress) -> None:
        if progress.moment == "begin":
            begun.append(progress.name)
        if progress.moment == "done":
            deaths.reached(NOTED, progress.name)

    journal.Journal.mark = mark  # type: ignore[method-assign]
    runner._Work._execute = execute_and_die  # type: ignore[method-assign]
    end = ENDED
    try:
        try:
            release.resume(config, watch)
        except EngineError as error:
            if "no run broke off" not in str(error):
                raise
            release.apply(config, watch, target)
    except BaseException as error:
        end = SERVER_GONE if deaths.server_gone else FAILED
        if isinstance(error, EngineError) and "another kenshin db" in str(error):
            end = REFUSED
        if end == FAILED:
            traceback.print_exc()
    os._exit(end)


class Runners:
    """The process that makes those which are killed."""

    def __init__(self, config: Config, target: Target, deaths: Deaths) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._say(pickle.dumps((config, target, deaths)))

    def _say(self, what: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(what)
        self._process.stdin.flush()

    def run(self, processes: int = 1, server: int | None = None) -> list[int]:
        """How each of so many ended."""
        assert self._process.stdout
        self._say(json.dumps([processes, server]).encode() + b"\n")
        ends: list[int] = json.loads(self._process.stdout.readline())
        return ends

    def close(self) -> None:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.close()
        self._process.wait(300)
        self._process.stdout.close()


def killed_everywhere(
    config: Config, target: Target, deaths: Deaths, server: Server | None = None
) -> list[str]:
    """Bring a release in, with a death wherever there can be one; return them all."""
    with closing(Runners(config, target, deaths)) as runners:
        for _ in range(MOST):
            (end,) = runners.run(1, server.pid if server else None)
            if end == ENDED:
                return deaths.known()
            if end == SERVER_GONE:
                assert server
                server.kill()  # it is dead already: that is noted so
                server.start()
            else:
                assert end == -signal.SIGKILL
    raise AssertionError(f"not at its end after {MOST} runs")


# --- From the first release to this one -------------------------------------------------


@dataclass
class Rig:
    """An installation of the first release, with rows in every table."""

    config: Config
    server: Server | None  # of its own
    saved: Path
    planned: release.Look
    rows: dict[str, full.Rows]
    deaths: dict[str, list[str]] = field(default_factory=dict)

    @property
    def passed(self) -> frozenset[str]:
        """Code is made and replaced in one way: at so many of these steps nobody has to die."""
        code = [c.name for c in self.planned.changes if c.kind in ("make", "replace")]
        return frozenset(code) - frozenset(code[::20])

    @property
    def _data(self) -> Path:
        assert self.server
        name = "databases" if self.config.dialect == "firebird" else "data"
        return Path(getattr(self.server, name))

    def save(self) -> None:
        """Keep it as it is."""
        assert self.server
        self.server.stop()
        shutil.copytree(self._data, self.saved)
        self.server.start()

    def restore(self) -> None:
        """Make it as it was."""
        assert self.server
        self.server.stop()
        shutil.rmtree(self._data)
        shutil.copytree(self.saved, self._data)
        self.server.start()

    def is_like(self, clean: Session) -> None:
        """It has every object of a clean installation and no other one, and every row it had."""
        with open_session(self.config) as session:
            assert inspect.differences(session, release.steps(self.config)) == []
            assert full.unlike(full.catalogue(session), full.catalogue(clean)) == {}
            assert full.lost(self.config, self.rows, full.rows(session), full.rows(clean)) == []


def let_go(config: Config) -> None:
    """Close what the engine keeps open: the processes to be killed have another lock folder.

    With a connection left, this process would not see what those have committed.
    """
    with open_session(config) as session:
        session.execute("mdm", "ALTER EXTERNAL CONNECTIONS POOL CLEAR ALL")


@pytest.fixture(scope="module")
def rig(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("upgrade")
    # A server that is killed must be nobody else's; the embedded engine's is the process.
    embedded = engine == "firebird-embedded"
    own = installations if embedded else Installations(folder)
    config = own.new(engine, "upgrade")
    before = of(source.find(OLD))
    assert release.apply(config, target=before).differences == []
    with open_session(config) as session:
        full.filled(session, release.steps(config, before))
        rows = full.rows(session)
    made = Rig(config, own.servers.get(engine), folder / "saved", release.look(config), rows)
    if embedded:
        let_go(config)
    else:
        made.save()
    yield made
    if not embedded:
        own.close()


@pytest.fixture(scope="module")
def upgraded(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Rig:
    """The same with this release, whose runner was killed behind its steps."""
    file = tmp_path_factory.mktemp("deaths") / "deaths"
    rig.deaths["runner"] = killed_everywhere(
        rig.config, Target(), Deaths(file, "runner", (EXECUTED, RECORDED, NOTED), rig.passed)
    )
    return rig


def check_deaths(rig: Rig, victim: str) -> None:
    """Every step that is not passed was died at, and all of them were one run."""
    # What a run stands on is made before it.
    planned = [c.name for c in rig.planned.changes if c.object not in journal.TABLES]
    for name in planned:
        assert (f"{victim} {EXECUTED} {name}" in rig.deaths[victim]) == (name not in rig.passed)
    ((run, entries),) = release.history(rig.config)[1:]
    assert (run.action, run.release, run.came_from, run.state) == (
        "apply", release.Target().code.release, OLD, journal.DONE,
    )  # fmt: skip
    assert {entry.state for entry in entries} == {journal.DONE}
    assert [entry.name for entry in entries][: len(planned)] == planned


def test_every_table_has_rows(rig: Rig) -> None:
    assert rig.planned.changes
    assert [name for name, table in rig.rows.items() if not table.rows] == []


def test_the_runner_killed_behind_its_steps(upgraded: Rig, connected: Session) -> None:
    check_deaths(upgraded, "runner")
    upgraded.is_like(connected)


def test_the_server_killed_behind_its_steps(
    upgraded: Rig, connected: Session, tmp_path: Path
) -> None:
    if upgraded.server is None:
        pytest.skip("the embedded engine is killed with its runner")
    upgraded.restore()
    deaths = Deaths(tmp_path / "deaths", "server", (EXECUTED, NOTED), upgraded.passed)
    upgraded.deaths["server"] = killed_everywhere(
        upgraded.config, Target(), deaths, upgraded.server
    )
    check_deaths(upgraded, "server")
    upgraded.is_like(connected)


def test_back_and_up_again(upgraded: Rig, connected: Session) -> None:
    back = release.rollback(upgraded.config, OLD)
    assert back.done and back.differences == []
    assert release.verify(upgraded.config, probe=True) == []
    assert {change.name for change in release.look(upgraded.config).changes} <= {
        change.name for change in upgraded.planned.changes
    }
    assert release.apply(upgraded.config).differences == []
    upgraded.is_like(connected)


def test_a_plan(rig: Rig, config: Config, engine: str, installations: Installations) -> None:
    old = source.find(OLD)
    new = source.current()
    assert (rig.planned.came_from, rig.planned.release) == (old.release, new.release)
    assert rig.planned.problems == []
    steps = (release.steps(rig.config, of(made)) for made in (old, new))
    assert rig.planned.api == api.changes(*steps)
    assert all(change.locks for change in rig.planned.changes)

    nothing = release.look(installations.new(engine, "nowhere"))
    assert (nothing.came_from, nothing.revokes, nothing.problems) == ("", [], [])
    assert len(nothing.changes) == len(release.steps(config))
    assert nothing.grants

    done = release.look(config)
    assert (done.came_from, done.changes, done.problems) == (new.release, [], [])
    assert (done.grants, done.revokes, done.api) == ([], [], [])


# --- Releases in the tree ---------------------------------------------------------------


@pytest.mark.parametrize("name", source.earlier())
def test_an_earlier_release_is_rendered_as_it_was(name: str) -> None:
    earlier = source.find(name)
    recorded = json.loads(earlier.files[source.CHECKSUMS])
    assert json.loads(release.checksums(of(earlier))) == recorded


@pytest.mark.parametrize("dialect", ["mysql", "mariadb", "firebird"])
@pytest.mark.parametrize("name", source.earlier())
def test_no_procedure_has_another_signature(name: str, dialect: str, tmp_path: Path) -> None:
    config = from_entries({"engine": dialect}, tmp_path)
    changes = api.changes(release.steps(config, of(source.find(name))), release.steps(config))
    assert [
        str(change)
        for change in changes
        if (change.kind, change.what, change.breaks) == ("procedure", "changed", True)
        and not change.detail.startswith(("result code", "role"))
    ] == []


# --- What may come in between -----------------------------------------------------------

TABLE = """\
{% from 'frame.sql' import table %}
{{ table('THING', 'Things.',
   columns = {
     'THING_ID': ('INTEGER NOT NULL', 'Number.'),
     'NAME':     ('VARCHAR(32)', 'What it is called.'),
   },
   key = ['THING_ID']) }}
"""
VIEW = """\
{% from 'frame.sql' import view %}
{% call view('THING_LIST', 'All things.', callers = ['READER'],
   columns = {'NAME': ('VARCHAR(32)', 'What it is called.')}) %}
SELECT t.NAME
  FROM THING t
{% endcall %}
"""
RULE = """\
{% from 'frame.sql' import procedure %}
{% call procedure('ADD_THING', 'Add a thing.', callers = ['SHIM'],
                  takes = dict(p_id = 'INTEGER', p_name = 'VARCHAR(32)')) %}
INSERT INTO THING (THING_ID, NAME)
VALUES (:p_id, :p_name);
{% endcall %}
"""
KEPT = re.compile(r"sql/(?!mdm/|vps/|he/).*|.*/mdm/schema_.*|sql/vps/account_role\.sql")


def edited(before: Source, name: str, *edits: tuple[str, str, str]) -> Source:
    """Another release: some of the text of some files is another one."""
    files = dict(before.files)
    for path, old, new in edits:
        assert old in files.get(path, "")
        files[path] = files.get(path, "").replace(old, new) if old else new
    return Source(name, files)


FIRST = Source(
    "9.1.0",
    {path: text for path, text in source.current().files.items() if KEPT.fullmatch(path)}
    | {
        "sql/mdm/thing.sql": TABLE,
        "views/mdm/thing_list.sql": VIEW,
        "procedures/mdm/add_thing.sql": RULE,
    },
)
SECOND = edited(
    FIRST,
    "9.2.0",
    ("sql/mdm/thing.sql", "   },", "     'COLOUR':   ('VARCHAR(8)', 'Its colour.'),\n   },"),
    ("sql/mdm/thing.sql", "key =", "unique = [['NAME']], key ="),
    ("sql/mdm/extra.sql", "", TABLE.replace("THING", "EXTRA")),
    ("procedures/mdm/add_thing.sql", ":p_name", "UPPER(:p_name)"),
)
THIRD = edited(SECOND, "9.3.0", ("sql/mdm/thing.sql", "unique = [['NAME']], key =", "key ="))
NAME_INDEX = "THING_NAME"
GROWN = re.compile(rf"COLOUR|EXTRA|{NAME_INDEX}")


@pytest.fixture
def small(engine: str, installations: Installations, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Where the small releases go; nothing is made yet."""
    made = {each.release: each for each in (FIRST, SECOND, THIRD)}
    find = source.find
    monkeypatch.setattr(source, "find", lambda name: made.get(name) or find(name))
    monkeypatch.setattr(runner, "PAUSE", 0.1)
    return installations.new(engine, f"small{next(_NUMBERS)}")


_NUMBERS = count(1)


def put(config: Config, made: Source) -> release.Outcome:
    return release.apply(config, target=of(made))


def run(config: Config, *statements: str) -> None:
    with open_session(config) as session:
        for statement in statements:
            session.execute("mdm", statement)


def broken_off(config: Config, made: Source) -> str:
    """Bring a release in that cannot come in; return why."""
    with pytest.raises(EngineError, match="kenshin db resume") as caught:
        put(config, made)
    return str(caught.value)


SAME_NAMES = (
    "INSERT INTO THING (THING_ID, NAME) VALUES (1, 'lamp')",
    "INSERT INTO THING (THING_ID, NAME) VALUES (2, 'lamp')",
)
OTHER_NAME = "UPDATE THING SET NAME = 'desk' WHERE THING_ID = 2"


def test_what_a_person_mends_is_gone_on_with(small: Config) -> None:
    put(small, FIRST)
    one_row = "RDB$DATABASE" if small.dialect == "firebird" else "DUAL"
    run(small, *SAME_NAMES, f"CREATE VIEW EXTRA (X) AS SELECT 1 FROM {one_row}")
    mends = {"create table mdm.EXTRA": "DROP VIEW EXTRA", f"mdm.{NAME_INDEX}": OTHER_NAME}

    why = broken_off(small, SECOND)
    with pytest.raises(EngineError, match="broke off"):
        put(small, SECOND)
    while mends:
        step = next(step for step in mends if step in why)
        run(small, mends.pop(step))
        if mends:
            with pytest.raises(EngineError, match="kenshin db resume") as caught:
                release.resume(small)
            why = str(caught.value)
    assert release.resume(small).differences == []
    assert release.verify(small, probe=True) == []
    with pytest.raises(EngineError, match="no run broke off"):
        release.resume(small)


def test_an_index_that_no_release_needs_any_more(small: Config) -> None:
    put(small, FIRST)
    put(small, SECOND)
    run(small, "CREATE INDEX OF_OURS ON THING (NAME)")
    seen: list[Progress] = []
    outcome = release.apply(small, seen.append, of(THIRD))
    assert f"drop index mdm.{NAME_INDEX}" in {progress.name for progress in seen}
    ours = ["mdm.index THING.OF_OURS is not of this release"]
    assert [str(difference) for difference in outcome.differences] == ours
    run(small, *SAME_NAMES)
    with pytest.raises(Refused, match=rf"mdm\.THING: the unique index {NAME_INDEX} is gone"):
        release.rollback(small, "9.2.0")


def test_a_step_that_a_person_abandons(small: Config) -> None:
    put(small, FIRST)
    run(small, *SAME_NAMES)
    assert NAME_INDEX in broken_off(small, SECOND)
    _, entries = release.history(small)[-1]
    (step,) = (entry.number for entry in entries if entry.state == journal.BEGUN)
    with pytest.raises(EngineError, match="has no step"):
        release.abandon(small, len(entries) + 1, "there is none")
    release.abandon(small, step, "two lamps are called so")

    seen: list[Progress] = []
    outcome = release.resume(small, seen.append)
    assert [(p.number, p.note) for p in seen if p.moment == "skipped"] == [
        (step, "abandoned: two lamps are called so")
    ]
    missing = [f"mdm.index THING.{NAME_INDEX} is missing"]
    assert [str(difference) for difference in outcome.differences] == missing
    assert [str(difference) for difference in release.verify(small)] == missing
    noted, entries = release.history(small)[-1]
    assert (noted.state, noted.differences) == (journal.DONE, 1)
    assert [e.because for e in entries if e.number == step] == ["two lamps are called so"]
    with pytest.raises(EngineError, match="no run broke off"):
        release.abandon(small, step, "again")

    run(small, OTHER_NAME)
    assert put(small, SECOND).differences == []


def test_a_step_that_is_done_is_not_abandoned(small: Config) -> None:
    put(small, FIRST)
    run(small, *SAME_NAMES)
    broken_off(small, SECOND)
    _, entries = release.history(small)[-1]
    done = next(entry.number for entry in entries if entry.state == journal.DONE)
    with pytest.raises(EngineError, match="is done"):
        release.abandon(small, done, "too late")


def test_whoever_is_in_the_way_is_named_and_waited_for(small: Config) -> None:
    put(small, FIRST)
    number = "CURRENT_CONNECTION" if small.dialect == "firebird" else "CONNECTION_ID()"
    one_row = "RDB$DATABASE" if small.dialect == "firebird" else "DUAL"
    with open_session(small) as other:
        ((blocker,),) = other.execute("mdm", f"SELECT {number} FROM {one_row}")
        other.begin()
        other._open = True
        other.execute("mdm", "INSERT INTO THING (THING_ID, NAME) VALUES (1, 'lamp')")
        waits: list[Progress] = []

        def watch(progress: Progress) -> None:
            if progress.moment == "wait":
                waits.append(progress)
                if other._open and re.search(rf"\b{blocker} ", progress.note):
                    other.commit()
                    other._open = False

        outcome = release.apply(small, watch, of(SECOND))
    assert waits and not other._open
    assert waits[0].name.startswith("add ")
    assert outcome.differences == []


class Stopped(Exception):
    """Ends a run as Ctrl-C does."""


def test_back_from_the_middle(small: Config) -> None:
    put(small, FIRST)

    def stop(progress: Progress) -> None:
        if (progress.moment, progress.name) == ("done", "replace mdm.ADD_THING"):
            raise Stopped

    with pytest.raises(Stopped):
        release.apply(small, stop, of(SECOND))
    assert added(small, 1, "lamp") == "LAMP"
    back = release.rollback(small, FIRST.release)
    assert back.done
    # Tables stay, with what they have got.
    assert [str(d) for d in back.differences if not GROWN.search(str(d))] == []
    assert added(small, 2, "desk") == "desk"
    runs = [(run.action, run.release, run.state) for run, _ in release.history(small)]
    assert runs == [
        ("apply", "9.1.0", "DONE"),
        ("apply", "9.2.0", "GIVEN UP"),
        ("rollback", "9.1.0", "DONE"),
    ]

    assert put(small, SECOND).differences == []
    assert added(small, 3, "bed") == "BED"
    assert release.rollback(small, FIRST.release).differences == []
    assert added(small, 4, "sofa") == "sofa"
    installed = release.history(small)[-1][0]
    assert (installed.release, installed.structure) == (FIRST.release, SECOND.release)
    assert put(small, SECOND).differences == []


def added(config: Config, number: int, name: str) -> str:
    """What a rule, which is another one in each release, stores a name as."""
    with open_session(config) as session:
        assert session.call("mdm", "ADD_THING", number, name).ok
        ((stored,),) = session.execute(
            "mdm", "SELECT t.NAME FROM THING t WHERE t.THING_ID = ?", [number]
        )
        return str(stored)


def test_no_way_back_to_what_cannot_work(small: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = edited(
        SECOND,
        "9.3.0",
        ("sql/mdm/thing.sql", "VARCHAR(32)", "VARCHAR(64)"),
        ("sql/mdm/thing.sql", "   },", "     'SIZE_MM':  ('INTEGER NOT NULL', 'Size.'),\n   },"),
        ("procedures/mdm/add_thing.sql", "NAME)", "NAME, SIZE_MM)"),
        ("procedures/mdm/add_thing.sql", "UPPER(:p_name)", "UPPER(:p_name), 0"),
    )
    newer = Source(newer.release, {p: t for p, t in newer.files.items() if "extra" not in p})
    find = source.find
    monkeypatch.setattr(source, "find", lambda name: newer if name == "9.3.0" else find(name))
    put(small, newer)
    with pytest.raises(Refused) as caught:
        release.rollback(small, SECOND.release)
    assert str(caught.value).splitlines() == [
        "release 9.2.0 cannot work on the tables of 9.3.0:",
        "  mdm.EXTRA: the table is gone",
        "  mdm.THING.NAME: is VARCHAR(64), was VARCHAR(32)",
        "  mdm.THING.SIZE_MM: the older rules give it no value",
    ]
    assert release.verify(small) == []
    assert len(release.history(small)) == 1
    with pytest.raises(EngineError, match=r"release 1\.2\.3: this program knows"):
        release.rollback(small, "1.2.3")


def test_no_way_to_another_type_of_a_column(small: Config) -> None:
    put(small, FIRST)
    wider = edited(SECOND, "9.3.0", ("sql/mdm/thing.sql", "'VARCHAR(32)'", "'VARCHAR(64)'"))
    with pytest.raises(Refused) as caught:
        put(small, wider)
    first, *problems = str(caught.value).splitlines()
    assert first == "release 9.3.0 has no way from what is there:"
    assert problems == [
        "  mdm.THING.NAME: is VARCHAR(32), the release has VARCHAR(64);"
        " no step changes a column that holds values"
    ]
    assert release.verify(small) == []
    assert len(release.history(small)) == 1


def test_of_two_runners_one_is_refused(small: Config) -> None:
    put(small, FIRST)
    refused = []

    def watch(progress: Progress) -> None:
        if progress.moment == "begin" and not refused:
            for another in (lambda: put(small, SECOND), lambda: release.resume(small)):
                with pytest.raises(EngineError, match="another kenshin db") as caught:
                    another()
                refused.append(caught.value)

    assert release.apply(small, watch, of(SECOND)).differences == []
    assert len(refused) == 2
    assert len(release.history(small)) == 2


def test_two_runners_at_once_on_nothing(small: Config, tmp_path: Path) -> None:
    nowhere = Deaths(tmp_path / "deaths", "runner", moments=())
    with closing(Runners(small, of(FIRST), nowhere)) as runners:
        ends = runners.run(2)
    assert ENDED in ends
    assert set(ends) <= {ENDED, REFUSED}
    assert release.verify(small, probe=True) == []
    assert [(r.release, r.state) for r, _ in release.history(small)] == [("9.1.0", "DONE")]


def test_a_first_installation_killed_at_every_step(small: Config, tmp_path: Path) -> None:
    deaths = killed_everywhere(small, of(FIRST), Deaths(tmp_path / "deaths", "runner", (EXECUTED,)))
    for step in ("create table mdm.THING", "make mdm.THING_LIST", "make mdm.ADD_THING"):
        assert f"runner {EXECUTED} {step}" in deaths
    assert release.verify(small, probe=True) == []


if __name__ == "__main__":
    child()
