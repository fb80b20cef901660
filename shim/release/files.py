"""A release as plain SQL: a file an object, scripts for the engine's own client, a manifest.

The scripts do what the runner does, in its order, with the same guards: one that broke off is
simply run again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PureWindowsPath

from kenshin import access, scratch, source
from kenshin.config import Config
from kenshin.engines import Right
from kenshin.release.changes import Change, in_way_of_rollback, plan, state_of
from kenshin.release.script import done, joined, macro
from kenshin.release.steps import Step, Target, database_at, prelude, steps
from kenshin.render import TERMINATOR, template_values

_TABLE = re.compile(r"CREATE TABLE (\w+)")
_SQL_MODE = re.compile(r"sql_mode = '([^']*)'")


@dataclass(frozen=True)
class Way:
    """From one release, or from nothing, to another."""

    name: str  # install, or upgrade or rollback with both releases
    config: Config
    target: Target
    wanted: list[Step]
    before: list[Step]
    came_from: str = ""

    @cached_property
    def changes(self) -> list[Change]:
        """What is to be done, in its order."""
        state = state_of(self.config, self.before, self.wanted)
        return plan(self.config, state, self.target, self.wanted).changes

    @cached_property
    def surplus(self) -> list[Right]:
        """The rights that go."""
        old, new = (access.declared(self.config, found) for found in (self.before, self.wanted))
        return sorted(old - new)


def render(config: Config, folder: Path) -> list[Path]:
    """Write one plain SQL file per object, the scripts to run by hand, and manifest.json."""
    found = steps(config)
    written = [_object(folder, step) for step in found]
    for way in ways(config, found):
        written += _scripts(way, folder)
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest(config, found), indent=1) + "\n", encoding="utf-8")
    return [*written, path]


def ways(config: Config, found: list[Step]) -> Iterator[Way]:
    """The installation, and upgrades from earlier releases with the way back, if there is one."""
    new = Target()
    yield Way("install", config, new, found, [])
    for release in source.earlier():
        old = source.find(release)
        before = steps(config, Target(old, old))
        there = f"{release}-{new.code.release}"
        yield Way(f"upgrade-{there}", config, new, found, before, release)
        if not in_way_of_rollback(config, before, found):
            back = Target(old, new.structure)
            name = f"rollback-{new.code.release}-{release}"
            yield Way(name, config, back, steps(config, back), found, new.code.release)


def manifest(config: Config, found: list[Step]) -> dict[str, object]:
    """What the release holds: each object with its checksum and what it mentions."""
    first = prelude(config.dialect)
    frozen = _SQL_MODE.search("\n".join(first))
    names = {step.unit.name for step in found}
    return {
        "release": source.current().release,
        "dialect": config.dialect,
        "sql_mode": frozen[1] if frozen else None,
        "definer": template_values("frame.sql", dialect=config.dialect).get("definer"),
        "prelude": first,
        "objects": [
            {
                "database": step.database,
                "object": step.unit.name,
                "kind": step.unit.folder,
                "checksum": step.checksum,
                "mentions": sorted(step.unit.mentions & names - {step.unit.name}),
                "objects": [d.name for d in step.unit.declarations],
            }
            for step in found
        ],
    }


def _object(folder: Path, step: Step) -> Path:
    path = folder / step.database / step.unit.folder / f"{step.unit.name.lower()}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(step.unit.text, encoding="utf-8")
    return path


def _scripts(way: Way, folder: Path) -> list[Path]:
    texts = _server(way) if way.config.dialect != "firebird" else _database_files(way)
    paths = []
    for name, text in texts:
        path = folder / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def _server(way: Way) -> Iterator[tuple[str, str]]:
    """One script for the mysql or mariadb client."""
    config = way.config
    parts = [*prelude(config.dialect)]
    if not way.before:
        for place in dict.fromkeys(config.places.values()):
            parts.append(
                f"CREATE DATABASE IF NOT EXISTS {place}"
                " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            )
    parts += [*access.definer_statements(config), *access.role_statements(config)]
    for change in way.changes:
        parts += [f"USE {config.places[change.database]}", *done(config, change)]
    parts += _revokes(config, way.surplus)
    parts += access.grants(config, sorted(access.declared(config, way.wanted)))
    parts += access.account_statements(config)
    parts += [f"USE {config.places['mdm']}", *_noted(way)]
    yield way.name, f"DELIMITER {TERMINATOR}\n{joined(parts)}"


def _database_files(way: Way) -> Iterator[tuple[str, str]]:
    """One script for isql per database file; one for the scratch file beside it when it is new."""
    config = way.config
    rights = sorted(access.declared(config, way.wanted))
    roles = [] if way.before else access.role_statements(config)
    for place in dict.fromkeys(config.places.values()):
        parts = _each(config, [*prelude(config.dialect), *roles])
        for change in way.changes:
            if config.places[change.database] == place:
                parts += [*done(config, change), *macro(config, "end_change")]
        gone = _revokes(config, [right for right in way.surplus if right.place == place])
        given = access.grants(config, [right for right in rights if right.place == place])
        parts += _each(config, [*gone, *given])
        if place == config.places["mdm"]:
            parts += _each(config, _noted(way))
        yield _named(way, place, place), _for_isql(parts)
        if not way.before:
            file = scratch.beside(place)
            mine = access.grants(config, [right for right in rights if right.place == file])
            objects = [part for text in scratch.statements(place) for part in _once(config, text)]
            yield _named(way, place, file), _for_isql(_each(config, [*objects, *roles, *mine]))


def _each(config: Config, statements: Iterable[str]) -> list[str]:
    """Statements each of which is committed before the next."""
    end = macro(config, "end_change")
    return [part for statement in statements for part in (statement, *end)]


def _revokes(config: Config, rights: list[Right]) -> list[str]:
    """Dropped objects may have taken their rights with them."""
    return [
        part
        for guard, statements in access.revokes(config, rights)
        for part in macro(config, "unless", guard, statements)
    ]


def _once(config: Config, statement: str) -> list[str]:
    """A statement that makes a table only where it is not there."""
    made = _TABLE.match(statement)
    if not made:
        return [statement]
    return macro(config, "unless", macro(config, "has_table", made[1])[0], [statement])


def _named(way: Way, place: str, file: str) -> str:
    """A script's name by the file that it is for: the one of a place, or its scratch file."""
    places = way.config.places
    stems = [_stem(other) for other in dict.fromkeys(places.values())]
    # Files in different folders may have one name, also where case does not count.
    is_shared = stems.count(_stem(place)) > 1
    database = f"-{database_at(way.config, place)}" if is_shared else ""
    return f"{way.name}{database}-{_name(file)}"


def _stem(place: str) -> str:
    return _name(place).lower()


def _name(file: str) -> str:
    return PureWindowsPath(file).name.replace(".fdb", "")


def _for_isql(parts: Iterable[str]) -> str:
    # isql would commit each change of the schema behind a transaction of its own.
    return f"SET BAIL ON;\nSET AUTODDL OFF;\nSET TERM {TERMINATOR} ;\n{joined(parts)}"


def _noted(way: Way) -> list[str]:
    releases = way.target.code.release, way.target.structure.release
    return macro(way.config, "noted", *releases, way.came_from)
