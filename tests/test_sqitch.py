"""The Sqitch projects of a release, and their scripts run as Sqitch runs them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from conftest import Installations
from kenshin import release, source
from kenshin.config import Config, from_entries
from kenshin.engines import Session, open_session
from kenshin.release import sqitch
from servers.firebird import PROGRAMS, FirebirdServer
from servers.programs import fetched, installed

# What Sqitch's documentation says of a plan: names, and the parts of a line.
NAME = r"[A-Za-z0-9_](?:[^\s:@#\\\[\]]*[A-Za-z0-9_])?"
WHEN_AND_WHO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [^<>]+ <[^<>]+> # .+"
CHANGE = re.compile(rf"({NAME})(?: \[([^\]]+)\])? {WHEN_AND_WHO}")
TAG = re.compile(rf"@((?:(?!/).)+?) {WHEN_AND_WHO}")


@dataclass
class Project:
    """A plan as Sqitch reads it."""

    folder: Path
    pragmas: dict[str, str] = field(default_factory=dict)
    changes: dict[str, list[str]] = field(default_factory=dict)  # with what each requires
    tags: dict[str, str] = field(default_factory=dict)  # with the change that each stands behind

    def script(self, verb: str, change: str) -> Path:
        return self.folder / verb / f"{change}.sql"

    def behind(self, tag: str) -> list[str]:
        names = list(self.changes)
        return names[names.index(self.tags[tag]) + 1 :]


def read(folder: Path) -> Project:
    project = Project(folder)
    head, _, rest = (folder / "sqitch.plan").read_text(encoding="utf-8").partition("\n\n")
    project.pragmas = dict(line.removeprefix("%").split("=") for line in head.splitlines())
    for line in rest.splitlines():
        tag, change = TAG.fullmatch(line), CHANGE.fullmatch(line)
        if tag:
            assert tag[1] not in project.tags
            project.tags[tag[1]] = list(project.changes)[-1]
        elif line and not line.startswith("#"):
            assert change, line
            requires = (change[2] or "").split()
            assert change[1] not in project.changes
            assert set(requires) <= project.changes.keys(), line
            project.changes[change[1]] = requires
    return project


def exported(config: Config, folder: Path) -> list[Project]:
    """The projects, in the order in which they must be deployed."""
    written = sqitch.export(config, folder)
    return [read(path.parent) for path in written if path.name == "sqitch.plan"]


def settings(project: Project) -> str:
    return (project.folder / "sqitch.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of MySQL, made without a server."""
    folder = tmp_path_factory.mktemp("offline")
    (project,) = exported(from_entries({"engine": "mysql"}, folder), folder)
    return project


def is_whole(project: Project) -> None:
    number = source.current().release
    assert project.pragmas == {"syntax-version": "1.0.0", "project": project.folder.name}
    assert project.tags[f"v{number}"] == list(project.changes)[-1]
    for verb in ("deploy", "verify", "revert"):
        folder = project.folder / verb
        there = {str(p.relative_to(folder).with_suffix("")) for p in folder.rglob("*.sql")}
        assert there == project.changes.keys()


def test_a_server_has_one_project(offline: Project) -> None:
    is_whole(offline)
    assert "engine = mysql" in settings(offline)


def test_a_database_file_has_a_project_and_its_scratch_file_one(tmp_path: Path) -> None:
    config = from_entries({"engine": "firebird-embedded"}, tmp_path)
    projects = exported(config, tmp_path)
    names = ["kenshin-mdm-vps", "kenshin-mdm-vps-scratch", "kenshin-he", "kenshin-he-scratch"]
    assert [project.folder.name for project in projects] == names
    for project in projects:
        is_whole(project)
    assert f"db:firebird:{tmp_path}/kenshin-he.fdb.scratch" in settings(projects[3])


def test_the_same_release_gives_the_same_plan(offline: Project, tmp_path: Path) -> None:
    """Sqitch knows a change by what its plan says of it."""
    (again,) = exported(from_entries({"engine": "mysql"}, tmp_path), tmp_path)
    plans = [(p.folder / "sqitch.plan").read_text(encoding="utf-8") for p in (offline, again)]
    assert plans[0] == plans[1]


def test_a_change_requires_what_it_mentions(offline: Project) -> None:
    assert "mdm/create-table/mdm_alert_history" in offline.changes["mdm/make/open_alert"]
    # An alias shows what another database has.
    assert offline.changes["vps/make/heconf"] == ["mdm/create-table/heconf"]


# --- With the engines ---------------------------------------------------------------------


@dataclass
class Client:
    """Runs a script as Sqitch does."""

    config: Config
    server: FirebirdServer | None

    def run(self, project: Project, script: Path) -> str:
        """What it says of an error; nothing when there was none."""
        command, environment = self._isql(project) if self.server else self._mysql()
        command += ["-i", str(script)] if self.server else ["--execute", f"source {script}"]
        done = subprocess.run(
            command, env=os.environ | environment, capture_output=True, text=True, check=False
        )
        said = f"{script}: {done.stderr or done.stdout}"
        # isql tells of errors in settings without failing.
        return said if done.returncode or done.stderr else ""

    def _mysql(self) -> tuple[list[str], dict[str, str]]:
        reach = self.config.connection
        command = [installed("mariadb", "mariadb-client-core"), f"--user={reach.user}"]
        command += [f"--socket={reach.socket}", f"--database={self.config.places['mdm']}"]
        command += ["--skip-pager", "--silent", "--skip-column-names", "--skip-line-numbers"]
        return [*command, "--abort-source-on-error"], {"MYSQL_PWD": reach.password}

    def _isql(self, project: Project) -> tuple[list[str], dict[str, str]]:
        assert self.server is not None
        reach = self.config.connection
        target = re.search(r'target = "db:firebird://[^/]*/(.*)"', settings(project))
        assert target
        command = fetched("firebird-4.0").command(f"{PROGRAMS}/isql-fb")
        command += ["-quiet", "-bail", "-sqldialect", "3", "-pagelength", "16384"]
        command += ["-charset", "UTF8", f"{reach.host}/{reach.port}:{target[1]}"]
        login = {"ISC_USER": reach.user, "ISC_PASSWORD": reach.password}
        return command, self.server._environment() | login


@dataclass
class Deployed:
    config: Config
    client: Client
    projects: list[Project]

    def run(self, verb: str, project: Project, change: str) -> str:
        return self.client.run(project, project.script(verb, change))


def empty(installations: Installations, engine: str, name: str) -> Config:
    """Databases that hold nothing, as a project wants them."""
    config = installations.new(engine, name)
    with open_session(config) as session:
        if config.dialect == "firebird":
            session.make_places()
        else:
            session.execute("", f"CREATE DATABASE {config.places['mdm']}")
    return config


@pytest.fixture(scope="module")
def deployed(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    if engine == "firebird-embedded":
        pytest.skip("isql is a program of the server")
    config = empty(installations, engine, "sqitch")
    server = installations.server(engine)
    client = Client(config, server if isinstance(server, FirebirdServer) else None)
    done = Deployed(config, client, exported(config, tmp_path_factory.mktemp("sqitch")))
    for project in done.projects:
        for change in project.changes:
            for verb in ("deploy", "verify"):
                said = done.run(verb, project, change)
                assert not said, said
    return done


def test_what_is_deployed_is_the_release(deployed: Deployed) -> None:
    assert release.verify(deployed.config) == []


def dropped(session: Session, database: str, statement: str) -> None:
    with session.transaction():
        session.execute(database, statement)


def test_a_verify_script_fails_when_its_object_is_gone(deployed: Deployed) -> None:
    role = deployed.config.role("READER")
    who = f"ROLE {role}" if deployed.config.dialect == "firebird" else role
    # A right, objects that nothing else needs, and a row.
    gone = {
        "access/rights": ("mdm", f"REVOKE SELECT ON OPEN_ALERT FROM {who}"),
        "mdm/make/open_alert": ("mdm", "DROP VIEW OPEN_ALERT"),
        "mdm/make/open_cycle": ("mdm", "DROP PROCEDURE OPEN_CYCLE"),
        "mdm/create-table/schema_journal": ("mdm", "DROP TABLE SCHEMA_JOURNAL"),
        "history": ("mdm", "DELETE FROM SCHEMA_HISTORY"),
    }
    for change, (database, statement) in gone.items():
        project = next(p for p in deployed.projects if change in p.changes)
        with open_session(deployed.config) as session:
            dropped(session, database, statement)
        said = deployed.run("verify", project, change)
        assert said, change
        assert deployed.run("deploy", project, change) == ""
        assert deployed.run("verify", project, change) == ""
    project = deployed.projects[0]
    assert deployed.run("deploy", project, "access/rights") == ""
    assert release.verify(deployed.config) == []


def test_what_is_taken_back_leaves_the_tables(deployed: Deployed) -> None:
    tag = f"v{source.current().release}-tables"
    kept = [project for project in deployed.projects if tag in project.tags]
    for project in reversed(kept):
        for change in reversed(project.behind(tag)):
            said = deployed.run("revert", project, change)
            assert not said, said
    said = deployed.run("revert", kept[0], "mdm/create-table/heconf")
    assert "heconf stays: rows or accounts would be lost" in said
    with open_session(deployed.config) as session:
        for database in deployed.config.places:
            assert "VIEW" not in {code.kind for code in session.live_code(database).values()}
        assert "OPEN_CYCLE" not in session.live_code("mdm")
        assert session.execute("mdm", "SELECT COUNT(*) FROM HECONF")[0][0] > 0
    assert release.apply(deployed.config).differences == []
