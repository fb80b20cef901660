"""What a release puts into the databases of an installation, step by step, in its order."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from kenshin.config import Config
from kenshin.engines import Session
from kenshin.paths import ROOT
from kenshin.render import (
    DATABASES,
    LINEAGE,
    Declaration,
    Unit,
    render_database,
    render_macro,
    render_template,
)
from kenshin.source import Source, current

_PHASES = {"sql": 0, "data": 1, "alias": 2, "views": 2, "giver": 3, "procedures": 3}


@dataclass(frozen=True)
class Target:
    """What an installation shall be.

    Views, procedures and rights are those of one release; tables and their first rows may be a
    newer one's, which a rollback leaves as they are.
    """

    code: Source = field(default_factory=current)
    structure: Source = field(default_factory=current)


@dataclass(frozen=True)
class Step:
    """One object, or the first rows of one table, in one database."""

    database: str
    unit: Unit

    @property
    def key(self) -> str:
        """What SCHEMA_RELEASE knows it by."""
        return f"{self.unit.folder}:{self.unit.name}"

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL text, in hexadecimal digits."""
        return hashlib.sha256(self.unit.text.encode()).hexdigest()


def steps(config: Config, target: Target | None = None) -> list[Step]:
    """Everything that a release puts into an installation, in the order of doing it."""
    target = target or Target()
    units = {database: _units(config, target, database) for database in DATABASES}
    owned = _owned(units)
    found: list[Step] = []
    for database in DATABASES:
        found += [Step(database, unit) for unit in units[database]]
        rows = _rows(target.structure, f"fixtures/tables/{database}")
        found += [Step(database, unit) for unit in _data(config, database, units[database], rows)]
        found += list(_aliases(config, target, database, units, owned))
    if config.dialect == "firebird":
        found += _links(config, target)
    # Two databases may want the same giver.
    return _ordered(config, list({(step.database, step.key): step for step in found}.values()))


def checksums(target: Target) -> str:
    """What every step of a release comes to on each engine with all databases apart, as JSON."""
    found = {}
    for engine in LINEAGE:
        places = {database: f"/{database}" for database in DATABASES}
        config = Config(engine, places, ROOT, ROOT, ROOT)
        made = sorted((f"{s.database}:{s.key}", s.checksum) for s in steps(config, target))
        found[engine] = dict(made)
    return json.dumps(found, indent=1) + "\n"


def _units(config: Config, target: Target, database: str) -> list[Unit]:
    units = render_database(config.dialect, database, target.structure)
    if target.code is not target.structure:
        tables = [unit for unit in units if unit.folder == "sql"]
        code = render_database(config.dialect, database, target.code)
        units = tables + [unit for unit in code if unit.folder != "sql"]
    if database == "he" and config.places["he"] == config.places["mdm"]:
        # Head-ends read MDM-DB itself: its own tables serve the views, and nothing is copied.
        return [u for u in units if u.folder != "sql" and u.name != "SYNC_HE"]
    if any(
        config.places[database] == config.places[d] for d in DATABASES[: DATABASES.index(database)]
    ):
        common = {f"sql/common/{u.name.lower()}.sql" for u in units} & set(target.structure.files)
        return [u for u in units if f"sql/common/{u.name.lower()}.sql" not in common]
    return units


def _owned(units: dict[str, list[Unit]]) -> dict[str, dict[str, Declaration]]:
    return {
        database: {d.name: d for unit in found for d in unit.declarations}
        for database, found in units.items()
    }


def _aliases(
    config: Config,
    target: Target,
    database: str,
    units: dict[str, list[Unit]],
    owned: dict[str, dict[str, Declaration]],
) -> Iterator[Step]:
    """Objects of another place that rules here mention, under their own name or as MDM_<name>."""
    place = config.places[database]
    here = {name for d in DATABASES if config.places[d] == place for name in owned[d]}
    mentioned = frozenset().union(*(unit.mentions for unit in units[database]))
    # HE-DB holds copies only: nobody looks for the original there.
    for other in ("mdm", "vps"):
        if config.places[other] == place:
            continue
        for name, declaration in owned[other].items():
            if declaration.kind not in ("table", "view"):
                continue
            prefixed = f"{other.upper()}_{name}"
            aliases = [name] if name in mentioned and name not in here else []
            aliases += [prefixed] if prefixed in mentioned else []
            for alias in aliases:
                yield _alias(config, target, database, alias, other, declaration)
            if aliases and config.dialect == "firebird":
                yield _giver(config, target, other, declaration)


def _alias(
    config: Config,
    target: Target,
    database: str,
    alias: str,
    other: str,
    declaration: Declaration,
) -> Step:
    declared, statements = render_template(
        config.dialect,
        "alias.sql",
        target.structure,
        alias=alias,
        name=declaration.name,
        place=config.places[other],
        columns=declaration.columns,
        key=declaration.key,
    )
    return Step(database, Unit(database, "alias", alias, tuple(declared), tuple(statements)))


def _giver(config: Config, target: Target, database: str, declaration: Declaration) -> Step:
    """What gives the rows of a table to another database file."""
    declared, statements = render_template(
        config.dialect,
        "giver.sql",
        target.structure,
        name=declaration.name,
        columns=declaration.columns,
    )
    name = f"GIVE_{declaration.name}"
    return Step(database, Unit(database, "giver", name, tuple(declared), tuple(statements)))


def _links(config: Config, target: Target) -> Iterator[Step]:
    """The key by which database files know each other; the first one makes it up."""
    source = None
    for place in dict.fromkeys(config.places.values()):
        database = database_at(config, place)
        for folder, path, name in (
            ("sql", "link.sql", "LINK_KEY"),
            ("data", "link_data.sql", "LINK_KEY"),
            ("sql", "link_used.sql", "LINK_USED"),
            ("sql", "link_proof.sql", "PROVE_LINK"),
        ):
            # How the key gets there is the runner's doing, whatever release it is about.
            of = None if folder == "data" else target.structure
            declared, statements = render_template(config.dialect, path, of, source=source)
            unit = Unit(database, folder, name, tuple(declared), tuple(statements))
            yield Step(database, unit)
        source = source or place


def database_at(config: Config, place: str) -> str:
    return next(database for database in DATABASES if config.places[database] == place)


def _rows(source: Source, folder: str) -> dict[str, str]:
    """The first rows of tables, by the table's name: each a CSV file's text."""
    paths = source.paths(folder, ".csv")
    return {
        path.rpartition("/")[2].removesuffix(".csv").upper(): source.files[path] for path in paths
    }


def _data(config: Config, database: str, units: list[Unit], rows: dict[str, str]) -> Iterator[Unit]:
    """The first rows of tables: rows that are there already stay as they are."""
    declarations = {d.name: d for unit in units for d in unit.declarations if d.kind == "table"}
    for table, text in rows.items():
        declaration = declarations.get(table)
        if declaration is not None:
            statements = tuple(_inserts(config.dialect, declaration, text))
            yield Unit(database, "data", table, (), statements)


def load_rows(session: Session, config: Config, kind: str) -> None:
    """Put the rows of fixtures/<kind>/ into their tables, unless they are there."""
    with session.transaction():
        for database in DATABASES:
            folder = ROOT / "fixtures" / kind / database
            rows = {path.stem.upper(): path.read_text("utf-8") for path in folder.glob("*.csv")}
            for unit in _data(config, database, _units(config, Target(), database), rows):
                for statement in unit.statements:
                    session.execute(database, statement)


def _inserts(dialect: str, declaration: Declaration, text: str) -> Iterator[str]:
    by_bare_name = {column.strip('"'): column for column in declaration.columns}
    one_row = "RDB$DATABASE" if dialect == "firebird" else "DUAL"
    highest = 0
    for row in csv.DictReader(io.StringIO(text)):
        columns = [by_bare_name[name] for name in row]
        values = {by_bare_name[name]: _literal(value) for name, value in row.items()}
        same = " AND ".join(f"x.{column} = {values[column]}" for column in declaration.key)
        yield (
            f"INSERT INTO {declaration.name} ({', '.join(columns)})\n"
            f"SELECT {', '.join(values.values())}\n  FROM {one_row}\n"
            f" WHERE NOT EXISTS (SELECT 1 FROM {declaration.name} x WHERE {same})"
        )
        if row.get(declaration.key[0], "").isdigit():
            highest = max(highest, int(row[declaration.key[0]]))
    if "IDENTITY" in declaration.columns[declaration.key[0]][0]:
        # Given keys do not move Firebird's counter.
        yield from render_macro(
            dialect, "change.sql", "move_counter", declaration.name, declaration.key[0], highest
        )


def _literal(text: str | None) -> str:
    return "NULL" if text in (None, "") else "'" + str(text).replace("'", "''") + "'"


def _ordered(config: Config, found: list[Step]) -> list[Step]:
    """Tables before rows before views before procedures; within, behind what each mentions."""
    ordered: list[Step] = []
    by_name: dict[tuple[str, str], Step] = {}
    for step in found:
        if step.unit.folder != "data":
            by_name[step.database, step.unit.name] = step
    done: set[int] = set()

    def place(step: Step, path: tuple[int, ...]) -> None:
        if id(step) in done or id(step) in path:
            return
        # An alias stands behind what it shows elsewhere, anything else behind what is here.
        here = config.places[step.database]
        alias = step.unit.folder == "alias"
        behind = [d for d in DATABASES if (config.places[d] == here) != alias]
        for name in sorted(step.unit.mentions):
            for database in behind:
                other = by_name.get((database, name))
                if other is not None and other is not step and _phase(other) <= _phase(step):
                    place(other, (*path, id(step)))
        done.add(id(step))
        ordered.append(step)

    # The record of what was done comes first.
    for step in sorted(found, key=lambda s: (_phase(s), s.unit.name != "SCHEMA_RELEASE")):
        place(step, ())
    return ordered


def _phase(step: Step) -> int:
    return _PHASES[step.unit.folder]


def prelude(dialect: str) -> list[str]:
    """What every connection, or every database, needs before the first object."""
    return render_template(dialect, "prelude.sql")[1]
