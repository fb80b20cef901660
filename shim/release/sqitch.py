"""The installation of this release as Sqitch projects: plan, deploy, revert and verify scripts.

There is one project for each thing that a client connects to: the server of MySQL or MariaDB,
whose databases need each other's tables, or a database file of Firebird. A project installs this
release; a later one's project is another one, and Sqitch refuses it where this one is deployed.

A verify script fails when what it asks for is not there. A revert script takes views, procedures
and rights back; one of a table or of rows fails and says so, as rows would be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kenshin import access, scratch
from kenshin.config import Config
from kenshin.engines import Right
from kenshin.release.changes import State, plan, state_of
from kenshin.release.script import done, joined, macro
from kenshin.release.steps import Step, Target, prelude, steps
from kenshin.render import DATABASES, TERMINATOR, template_values
from kenshin.wanted import wanted

PLANNER = "kenshin <kenshin@localhost>"
# The identity of a change is made from it: the same release must always have the same one.
PLANNED = "2026-01-01T00:00:00Z"

_KEPT = ("sql", "data")  # steps that nothing takes back


@dataclass(frozen=True)
class _Item:
    """One change of a plan."""

    name: str
    note: str
    deploy: list[str]
    proofs: list[tuple[str, str]]  # what is wrong when the query gives no row, and the query
    revert: list[str] | None  # None: it is not taken back
    place: str
    requires: tuple[str, ...] = ()
    is_structure: bool = False


@dataclass(frozen=True)
class _Project:
    name: str
    place: str  # where the client connects to
    items: list[_Item]
    behind: str = ""  # the project that must be deployed before it


@dataclass(frozen=True)
class _Client:
    """What scripts for an engine's own client are written with."""

    engine: str
    begin: str
    use: str
    check: str
    refuse: str
    end: tuple[str, ...]
    role: str
    rights: dict[str, str]


_MYSQL = _Client(
    engine="mysql",
    begin=f"DELIMITER {TERMINATOR}",
    use="USE {}",
    # A name that is no column is refused in every SQL mode, and the client shows it.
    check=(
        "SET @kenshin_check = IF(EXISTS ({query}), 'DO 0', 'DO `{wrong}`')\n$$\n"
        "PREPARE kenshin_check FROM @kenshin_check\n$$\nEXECUTE kenshin_check"
    ),
    refuse="SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{}'",
    end=(),
    role="SELECT 1 FROM mysql.user u WHERE u.User = '{role}'",
    rights={
        "EXECUTE": "SELECT 1 FROM mysql.procs_priv p WHERE p.Db = '{place}' AND p.User = '{role}'"
        " AND p.Routine_name = '{name}' AND FIND_IN_SET('Execute', p.Proc_priv)",
        "SELECT": "SELECT 1 FROM mysql.tables_priv p WHERE p.Db = '{place}' AND p.User = '{role}'"
        " AND p.Table_name = '{name}' AND FIND_IN_SET('Select', p.Table_priv)",
    },
)
_HELD = (
    "SELECT 1 FROM RDB$USER_PRIVILEGES p WHERE p.RDB$USER = '{role}'"
    " AND p.RDB$RELATION_NAME = '{name}' AND p.RDB$PRIVILEGE = "
)
_CLIENTS = {
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "firebird": _Client(
        engine="firebird",
        # Otherwise what changes a table would wait for the rows that were just put into it.
        begin=f"SET BAIL ON;\nSET AUTODDL OFF;\nSET TERM {TERMINATOR} ;",
        use="",
        check=(
            "EXECUTE BLOCK\nAS\nBEGIN\n    IF (NOT EXISTS ({query})) THEN\n"
            "        EXCEPTION RULE_FAILED '{wrong}';\nEND"
        ),
        refuse="EXECUTE BLOCK\nAS\nBEGIN\n    EXCEPTION RULE_FAILED '{}';\nEND",
        end=("COMMIT",),
        role="SELECT 1 FROM RDB$ROLES r WHERE r.RDB$ROLE_NAME = '{role}'",
        rights={"EXECUTE": f"{_HELD}'X'", "SELECT": f"{_HELD}'S'"},
    ),
}


def export(config: Config, folder: Path, planner: str = PLANNER) -> list[Path]:
    """Write the projects, each into a folder of its own name; return the files.

    `planner` is who Sqitch says planned it: a name, and a mail address in angle brackets. The
    databases must be there, empty, when a project is deployed.
    """
    release = Target().code.release
    written: list[Path] = []
    for project in _projects(config):
        written += _write(config, project, folder / project.name, release, planner)
    return written


# --- What is done -------------------------------------------------------------------------


def _projects(config: Config) -> Iterator[_Project]:
    found = steps(config)
    items = list(_objects(config, found))
    rights = sorted(access.declared(config, found))
    if config.dialect != "firebird":
        first = config.places["mdm"]
        yield _Project("kenshin", first, [*_server(config), *items, *_last(config, first, rights)])
        return
    behind = ""
    for place in dict.fromkeys(config.places.values()):
        here = [database for database in DATABASES if config.places[database] == place]
        name = "-".join(["kenshin", *here])
        file = scratch.beside(place)
        yield _Project(name, place, list(_file(config, place, items, rights)), behind)
        yield _Project(f"{name}-scratch", file, list(_scratch(config, place, rights)), name)
        behind = behind or name  # the first file makes up the key by which they know each other


def _server(config: Config) -> Iterator[_Item]:
    """What a server of MySQL or MariaDB needs before the first object."""
    first = config.places["mdm"]
    made, proofs = [], []
    for place in dict.fromkeys(config.places.values()):
        for verb in ("CREATE DATABASE IF NOT EXISTS", "ALTER DATABASE"):
            made.append(f"{verb} {place} DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        there = f"SELECT 1 FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{place}'"
        proofs.append((f"database {place} is missing", there))
    yield _Item("access/databases", "make the databases", made, proofs, None, first)
    definer = template_values("frame.sql", dialect=config.dialect)["definer"].split("'")[1]
    proof = f"account {definer} is missing", _MYSQL.role.format(role=definer)
    made = access.definer_statements(config)
    yield _Item("access/definer", "make the account that rules run as", made, [proof], None, first)
    yield _roles(config, first)


def _file(config: Config, place: str, items: list[_Item], rights: list[Right]) -> Iterator[_Item]:
    """What a database file of Firebird gets."""
    made = prelude(config.dialect)
    proof = (
        "exception RULE_FAILED is missing",
        "SELECT 1 FROM RDB$DATABASE",
    )  # the check itself needs it
    yield _Item("access/exception", "make what failed rules raise", made, [proof], None, place)
    yield _roles(config, place)
    yield from (item for item in items if item.place == place)
    yield from _last(config, place, [right for right in rights if right.place == place])


def _scratch(config: Config, place: str, rights: list[Right]) -> Iterator[_Item]:
    """What the scratch file beside a database file gets. It may be deleted and made anew."""
    file = scratch.beside(place)
    objects = [*prelude(config.dialect), *scratch.statements(place)]
    proofs = list(_proofs(config, "scratch", objects))
    # Some use what the ones before have made.
    end = macro(config, "end_change")
    made = [statement for one in objects for statement in (one, *end)]
    yield _Item("scratch/objects", "make what handles files", made, proofs, None, file)
    yield _roles(config, file)
    yield _rights(config, file, [right for right in rights if right.place == file])


def _roles(config: Config, place: str) -> _Item:
    query = _CLIENTS[config.dialect].role
    names = [config.role(role) for role in access.roles()]
    proofs = [(f"role {name} is missing", query.format(role=name)) for name in names]
    made = access.role_statements(config)
    return _Item("access/roles", "make the roles of consumers", made, proofs, None, place)


def _last(config: Config, place: str, rights: list[Right]) -> Iterator[_Item]:
    yield _rights(config, place, rights)
    if place == config.places["mdm"]:
        release = Target().code.release
        made = macro(config, "noted", release, release, "")
        there = f"SELECT 1 FROM SCHEMA_HISTORY h WHERE h.STRUCTURE = '{release}'"
        proof = "SCHEMA_HISTORY has no line of it", there
        # The history goes on; what is there is told by SCHEMA_RELEASE.
        yield _Item("history", "note the release", made, [proof], [], place)


def _rights(config: Config, place: str, rights: list[Right]) -> _Item:
    queries = _CLIENTS[config.dialect].rights
    proofs = [
        (f"{right.role} has no {right.privilege} on {right.name}", _held(queries, right))
        for right in rights
    ]
    made = access.grants(config, rights)
    gone = [text for _, taken in access.revokes(config, rights) for text in taken]
    return _Item("access/rights", "give the roles their rights", made, proofs, gone, place)


def _held(queries: dict[str, str], right: Right) -> str:
    return queries[right.privilege].format(place=right.place, name=right.name, role=right.role)


def _objects(config: Config, found: list[Step]) -> Iterator[_Item]:
    """One item a step of the release."""
    target = Target()
    changes = plan(config, State({}, {}), target, found).changes
    kept = [step for step in found if step.unit.folder in _KEPT]
    back = plan(config, state_of(config, found, kept), target, kept).changes
    drops = {(config.places[drop.database], drop.object): drop for drop in back}
    made: dict[tuple[str, str], str] = {}
    for step, change in zip(found, changes, strict=True):
        place = config.places[step.database]
        is_structure = step.unit.folder in _KEPT
        drop = None if is_structure else drops[place, step.unit.name]
        item = _Item(
            name=f"{step.database}/{change.kind.replace(' ', '-')}/{change.object.lower()}",
            note=change.name,
            deploy=done(config, change),
            proofs=[
                (f"{change.name} was not done", change.guard),
                *_proofs(config, step.database, change.statements),
            ],
            revert=[*drop.statements, *macro(config, "end_change"), *drop.record] if drop else None,
            place=place,
            requires=tuple(sorted(set(_requires(config, step, made)))),
            is_structure=is_structure,
        )
        yield item
        names = wanted(config.dialect, change.statements)
        made |= {(place, name): item.name for name in (*names.tables, *names.code)}


def _proofs(config: Config, database: str, statements: Iterable[str]) -> Iterator[tuple[str, str]]:
    """That what the statements make is there."""
    one_row = template_values("type.sql", dialect=config.dialect)["one_row"]
    made = wanted(config.dialect, statements)
    for name in made.tables:
        yield f"table {database}.{name} is missing", macro(config, "has_table", name)[0]
    for name, code in made.code.items():
        if code.kind in ("VIEW", "PROCEDURE"):
            missing = macro(config, "has_no", code.kind, name)[0]
            there = f"SELECT 1 FROM {one_row} WHERE NOT EXISTS ({missing})"
            yield f"{code.kind.lower()} {database}.{name} is missing", there


def _requires(config: Config, step: Step, made: dict[tuple[str, str], str]) -> Iterator[str]:
    """The changes before it that made what it mentions; an alias names what is elsewhere."""
    here = config.places[step.database]
    text = step.unit.text if step.unit.folder == "alias" else ""
    for (place, thing), name in made.items():
        is_here = place == here and thing in step.unit.mentions - {step.unit.name}
        if is_here or f" {place}.{thing} " in text:
            yield name


# --- What is written ----------------------------------------------------------------------


def _write(
    config: Config, project: _Project, folder: Path, release: str, planner: str
) -> Iterator[Path]:
    yield _file_of(folder / "sqitch.plan", _plan(project, release, planner))
    yield _file_of(folder / "sqitch.conf", _settings(config, project.place))
    client = _CLIENTS[config.dialect]
    begin = _begin(config)
    for item in project.items:
        proofs = [client.check.format(wrong=wrong, query=query) for wrong, query in item.proofs]
        kept = f"{item.name} stays: rows or accounts would be lost"
        revert = [client.refuse.format(kept)] if item.revert is None else item.revert
        for verb, statements in (("deploy", item.deploy), ("verify", proofs), ("revert", revert)):
            use = [client.use.format(item.place)] if client.use else []
            text = f"-- {verb} {project.name}:{item.name}: {item.note}\n{begin}"
            text += joined([*use, *statements, *client.end])
            yield _file_of(folder / verb / f"{item.name}.sql", text)


def _begin(config: Config) -> str:
    """What each script begins with: each has a connection of its own."""
    client = _CLIENTS[config.dialect]
    return f"{client.begin}\n" + (joined(prelude(config.dialect)) if client.use else "")


def _plan(project: _Project, release: str, planner: str) -> str:
    lines = ["%syntax-version=1.0.0", f"%project={project.name}", ""]
    if project.behind:
        lines += [f"# Deploy {project.behind} first.", ""]
    last = max((n for n, item in enumerate(project.items) if item.is_structure), default=None)
    for number, item in enumerate(project.items):
        requires = f" [{' '.join(item.requires)}]" if item.requires else ""
        note = f"{item.note}, release {release}"
        lines.append(f"{item.name}{requires} {PLANNED} {planner} # {note}")
        if number == last:
            lines.append(f"@v{release}-tables {PLANNED} {planner} # tables and first rows")
    lines.append(f"@v{release} {PLANNED} {planner} # release {release}")
    return "\n".join([*lines, ""])


def _settings(config: Config, place: str) -> str:
    """The project's sqitch.conf: a change is verified, and one that fails takes no other back."""
    engine = _CLIENTS[config.dialect].engine
    lines = [
        "[core]",
        f"\tengine = {engine}",
        f'[engine "{engine}"]',
        f'\ttarget = "{_uri(config, place)}"',
    ]
    if config.dialect == "mariadb":
        lines.append("\tclient = mariadb")
    lines += ["[deploy]", "\tverify = true", "\tmode = change"]
    return "\n".join([*lines, ""])


def _uri(config: Config, place: str) -> str:
    """Where the client connects to; the password is not written down."""
    reach = config.connection
    engine = _CLIENTS[config.dialect].engine
    if config.engine == "firebird-embedded":
        return f"db:{engine}:{quote(place)}"
    user = f"{quote(reach.user, safe='')}@" if reach.user else ""
    port = f":{reach.port}" if reach.port else ""
    socket = f"?mysql_socket={quote(reach.socket, safe='/')}" if reach.socket else ""
    return f"db:{engine}://{user}{reach.host}{port}/{quote(place)}{socket}"


def _file_of(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
