"""Turn the templates of sql/, procedures/ and views/ into SQL for one engine.

A template declares its objects through the macros of the engine's frame; rendering it gives
both the SQL text and those declarations, so nothing about an object is written down twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateRuntimeError
from jinja2.bccache import Bucket, BytecodeCache

from kenshin.paths import ROOT

# Nearest first: a dialect's folder holds only what it writes in its own way.
LINEAGE = {
    "mysql": ("mysql",),
    "mariadb": ("mariadb", "mysql"),
    "firebird": ("firebird",),
}
DATABASES = ("mdm", "vps", "he")
FOLDERS = ("sql", "views", "procedures")
TERMINATOR = "$$"

_VARIABLE = re.compile(r"(?<![:\w]):(\w+)", re.ASCII)
_STRING_OR_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*")
_NAME = re.compile(r"(?<![\w.$])[A-Z][A-Z0-9_]*(?![\w(]*'')")


@dataclass(frozen=True)
class Declaration:
    """What one macro call of a template says of one object."""

    kind: str  # table, session, splitter, view or procedure
    name: str
    purpose: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    takes: dict[str, str] = field(default_factory=dict)
    gives: dict[str, str] = field(default_factory=dict)
    codes: dict[int, str] = field(default_factory=dict)
    callers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Unit:
    """One template, rendered: the statements that make its objects in one database."""

    database: str  # mdm, vps or he
    folder: str  # sql, views or procedures
    name: str  # the file's stem in upper case, which is its main object's name
    declarations: tuple[Declaration, ...]
    statements: tuple[str, ...]

    @property
    def text(self) -> str:
        """The statements as one plain SQL file, each ended by a line of its own."""
        return "".join(f"{statement}\n{TERMINATOR}\n" for statement in self.statements)

    @cached_property
    def mentions(self) -> frozenset[str]:
        """Every upper-case name outside strings and comments."""
        bare = _STRING_OR_COMMENT.sub(" ", self.text)
        # EXECUTE STATEMENT and PREPARE hold SQL in strings: its names count as well.
        dynamic = " ".join(re.findall(r"'([^']*(?:SELECT|INSERT)[^']*)'", self.text))
        return frozenset(re.findall(r"[A-Z][A-Z0-9_]*", bare + " " + dynamic))


class _Compiled(BytecodeCache):
    """Compiled templates, kept for the process: every template imports the frame."""

    def __init__(self) -> None:
        self._buckets: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._buckets:
            bucket.bytecode_from_string(self._buckets[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._buckets[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


def bind(sql: str, declared: Iterable[str], mark: str) -> str:
    """Write every :name of a rule the way the dialect writes a variable.

    Raises TemplateRuntimeError for a name that the rule does not declare.
    """
    known = set(declared)

    def variable(match: re.Match[str]) -> str:
        if match[1] not in known:
            raise TemplateRuntimeError(f":{match[1]} is not declared")
        return mark + match[1]

    return _VARIABLE.sub(variable, sql)


def environment(dialect: str, declared: list[Declaration]) -> Environment:
    """The Jinja environment of one dialect; every declaration made is appended to `declared`."""

    def declare(kind: str, name: str, purpose: str, **rest: Any) -> str:
        declared.append(Declaration(kind, name, purpose, **rest))
        return ""

    env = Environment(
        loader=FileSystemLoader(
            [ROOT, ROOT / "sql", *(ROOT / "sql" / d for d in LINEAGE[dialect])]
        ),
        undefined=StrictUndefined,
        bytecode_cache=_COMPILED,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - SQL, not HTML
    )
    env.globals["declare"] = declare
    env.globals["columns_of_table"] = columns_of_table
    env.globals["tables_of"] = tables_of
    env.filters["bind"] = bind
    env.filters["quoted"] = lambda text: "'" + text.replace("'", "''") + "'"
    env.filters["sigils"] = lambda names: ", ".join(":" + name for name in names)
    env.filters["variables"] = lambda sql: _VARIABLE.findall(sql)
    env.filters["parameters"] = lambda sql: _VARIABLE.sub("?", sql)
    return env


def columns_of_table(database: str, table: str) -> list[str]:
    """The columns that a table's own template declares, for rules that copy whole rows."""
    declared: list[Declaration] = []
    env = environment("mysql", declared)
    env.get_template(f"sql/{database}/{table.lower()}.sql").render()
    return list(next(d for d in declared if d.name == table).columns)


def tables_of(database: str) -> list[Declaration]:
    """The tables that a database's own templates declare, for rules that copy all of them."""
    declared: list[Declaration] = []
    env = environment("mysql", declared)
    for path in sorted((ROOT / "sql" / database).glob("*.sql")):
        env.get_template(path.relative_to(ROOT).as_posix()).render()
    return [declaration for declaration in declared if declaration.kind == "table"]


def _templates(database: str) -> Iterable[tuple[str, Path]]:
    for folder in FOLDERS:
        places = [ROOT / folder / database] + (
            [ROOT / folder / "common"] if folder == "sql" else []
        )
        for place in places:
            for path in sorted(place.glob("*.sql")):
                yield folder, path


def render_template(dialect: str, path: str) -> tuple[list[Declaration], list[str]]:
    """Render one template, given by its path below the root: declarations and statements."""
    declared: list[Declaration] = []
    text = environment(dialect, declared).get_template(path).render()
    statements = [part.strip() for part in re.split(r"^\$\$$", text, flags=re.MULTILINE)]
    return declared, [_tidy(part) for part in statements if part]


def _tidy(statement: str) -> str:
    return re.sub(
        r"\n[ \t]*(?:\n[ \t]*)+\n",
        "\n\n",
        "\n".join(line.rstrip() for line in statement.splitlines()),
    )


def render_database(dialect: str, database: str) -> list[Unit]:
    """Every object of one database for one dialect, in the order in which they can be made."""
    units = []
    for folder, path in _templates(database):
        declared, statements = render_template(dialect, path.relative_to(ROOT).as_posix())
        units.append(Unit(database, folder, path.stem.upper(), tuple(declared), tuple(statements)))
    return in_order(units)


def in_order(units: list[Unit]) -> list[Unit]:
    """Sort units so that each stands behind those it mentions; folders stay in order."""
    by_object = {d.name: unit for unit in units for d in unit.declarations}
    done: dict[int, Unit] = {}

    def place(unit: Unit, path: tuple[str, ...]) -> None:
        if id(unit) in done or unit.name in path:
            return
        for name in sorted(unit.mentions):
            other = by_object.get(name)
            if other is not None and other is not unit:
                place(other, (*path, unit.name))
        done[id(unit)] = unit

    for unit in units:
        place(unit, ())
    return list(done.values())
