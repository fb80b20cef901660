"""Put the objects of this release into the databases of an installation, and prove it."""

from __future__ import annotations

import csv
import getpass
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kenshin import __version__, access, scratch
from kenshin.config import Config
from kenshin.engines import EngineError, Session, open_session
from kenshin.paths import ROOT
from kenshin.render import (
    DATABASES,
    TERMINATOR,
    Declaration,
    Unit,
    plain,
    render_database,
    render_template,
)

_PHASES = {"sql": 0, "data": 1, "alias": 2, "views": 2, "giver": 3, "procedures": 3}


@dataclass(frozen=True)
class Step:
    """One object, or the first rows of one table, in one database."""

    database: str
    unit: Unit

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL text, in hexadecimal digits."""
        return hashlib.sha256(self.unit.text.encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    """What `verify` found: an object of a database, and what is wrong with it."""

    database: str
    name: str
    what: str


def steps(config: Config) -> list[Step]:
    """Everything that the release puts into an installation, in the order of doing it."""
    units = {database: _units(config, database) for database in DATABASES}
    owned = _owned(units)
    found: list[Step] = []
    for database in DATABASES:
        found += [Step(database, unit) for unit in units[database]]
        found += [Step(database, unit) for unit in _data(config, database, units[database])]
        found += list(_aliases(config, database, units, owned))
    if config.dialect == "firebird":
        found += _links(config)
    return _ordered(config, found)


def _units(config: Config, database: str) -> list[Unit]:
    units = render_database(config.dialect, database)
    if database == "he" and config.places["he"] == config.places["mdm"]:
        # Head-ends read MDM-DB itself: its own tables serve the views, and nothing is copied.
        return [u for u in units if u.folder != "sql" and u.name != "SYNC_HE"]
    if any(
        config.places[database] == config.places[d] for d in DATABASES[: DATABASES.index(database)]
    ):
        common = {path.stem.upper() for path in (ROOT / "sql" / "common").glob("*.sql")}
        return [u for u in units if u.name not in common]
    return units


def _owned(units: dict[str, list[Unit]]) -> dict[str, dict[str, Declaration]]:
    return {
        database: {d.name: d for unit in found for d in unit.declarations}
        for database, found in units.items()
    }


def _aliases(
    config: Config,
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
                yield _alias(config, database, alias, other, declaration)
            if aliases and config.dialect == "firebird":
                yield _giver(config, other, declaration)


def _alias(config: Config, database: str, alias: str, other: str, declaration: Declaration) -> Step:
    declared, statements = render_template(
        config.dialect,
        "alias.sql",
        alias=alias,
        name=declaration.name,
        place=config.places[other],
        columns=declaration.columns,
        key=declaration.key,
    )
    return Step(database, Unit(database, "alias", alias, tuple(declared), tuple(statements)))


def _giver(config: Config, database: str, declaration: Declaration) -> Step:
    """What gives the rows of a table to another database file."""
    declared, statements = render_template(
        config.dialect, "giver.sql", name=declaration.name, columns=declaration.columns
    )
    name = f"GIVE_{declaration.name}"
    return Step(database, Unit(database, "giver", name, tuple(declared), tuple(statements)))


def _links(config: Config) -> Iterator[Step]:
    """The key by which database files know each other; the first one makes it up."""
    source = None
    for place in dict.fromkeys(config.places.values()):
        database = _database_at(config, place)
        for folder, path, name in (
            ("sql", "link.sql", "LINK_KEY"),
            ("data", "link_data.sql", "LINK_KEY"),
            ("sql", "link_used.sql", "LINK_USED"),
            ("sql", "link_proof.sql", "PROVE_LINK"),
        ):
            declared, statements = render_template(config.dialect, path, source=source)
            unit = Unit(database, folder, name, tuple(declared), tuple(statements))
            yield Step(database, unit)
        source = source or place


def _database_at(config: Config, place: str) -> str:
    return next(database for database in DATABASES if config.places[database] == place)


def _data(config: Config, database: str, units: list[Unit], kind: str = "tables") -> Iterator[Unit]:
    """The first rows of type and parameter tables: rows that are there already stay as they are."""
    declarations = {d.name: d for unit in units for d in unit.declarations if d.kind == "table"}
    for path in sorted((_fixtures(kind) / database).glob("*.csv")):
        declaration = declarations.get(path.stem.upper())
        if declaration is not None:
            statements = tuple(_inserts(config.dialect, declaration, path))
            yield Unit(database, "data", declaration.name, (), statements)


def _fixtures(kind: str = "tables") -> Path:
    return ROOT / "fixtures" / kind


def load_rows(session: Session, config: Config, kind: str) -> None:
    """Put the rows of fixtures/<kind>/ into their tables, unless they are there."""
    with session.transaction():
        for database in DATABASES:
            for unit in _data(config, database, _units(config, database), kind):
                for statement in unit.statements:
                    session.execute(database, statement)


def _inserts(dialect: str, declaration: Declaration, path: Path) -> Iterator[str]:
    by_bare_name = {column.strip('"'): column for column in declaration.columns}
    one_row = "RDB$DATABASE" if dialect == "firebird" else "DUAL"
    highest = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            columns = [by_bare_name[name] for name in row]
            values = {by_bare_name[name]: _literal(text) for name, text in row.items()}
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
        yield (
            f"ALTER TABLE {declaration.name} ALTER COLUMN {declaration.key[0]}"
            f" RESTART WITH {highest + 1}"
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


def render(config: Config, folder: Path) -> list[Path]:
    """Write one plain SQL file per object, a script to run by hand per place, and manifest.json."""
    written: list[Path] = []
    manifest = []
    found = steps(config)
    for step in found:
        path = folder / step.database / step.unit.folder / f"{step.unit.name.lower()}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.unit.text, encoding="utf-8")
        written.append(path)
        manifest.append(
            {
                "database": step.database,
                "object": step.unit.name,
                "kind": step.unit.folder,
                "checksum": step.checksum,
                "mentions": sorted(
                    step.unit.mentions & {s.unit.name for s in found} - {step.unit.name}
                ),
                "objects": [d.name for d in step.unit.declarations],
            }
        )
    written += _hand_scripts(config, found, folder)
    path = folder / "manifest.json"
    path.write_text(
        json.dumps(
            {"release": __version__, "dialect": config.dialect, "objects": manifest}, indent=1
        )
        + "\n",
        encoding="utf-8",
    )
    return [*written, path]


def _hand_scripts(config: Config, found: list[Step], folder: Path) -> list[Path]:
    """Scripts for the engine's own client: one for MySQL and MariaDB, one per file for Firebird."""
    first = _joined(prelude(config.dialect))
    if config.dialect != "firebird":
        body = f"DELIMITER {TERMINATOR}\n{first}"
        for place in dict.fromkeys(config.places.values()):
            body += (
                f"CREATE DATABASE IF NOT EXISTS {place}"
                f" DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin\n{TERMINATOR}\n"
            )
        body += _joined(access.definer_statements(config))
        for step in found:
            body += f"USE {config.places[step.database]}\n{TERMINATOR}\n{step.unit.text}"
        body += _joined(access.statements(config, found))
        path = folder / "install.sql"
        path.write_text(body, encoding="utf-8")
        return [path]
    paths = []
    for place in dict.fromkeys(config.places.values()):
        mine = [step for step in found if config.places[step.database] == place]
        for name, body in (
            (place, first + "".join(step.unit.text for step in mine)),
            (scratch.beside(place), _joined(scratch.statements(place))),
        ):
            body += _joined(access.statements(config, found, name))
            path = folder / f"install-{Path(name).name.removesuffix('.fdb')}.sql"
            path.write_text(f"SET TERM {TERMINATOR} ;\n{body}", encoding="utf-8")
            paths.append(path)
    return paths


def _joined(statements: list[str]) -> str:
    return "".join(f"{statement}\n{TERMINATOR}\n" for statement in statements)


def apply(config: Config, progress: Callable[[Step], None] = lambda _: None) -> int:
    """Install the release, or finish a broken-off installation; return how many steps were done.

    Raises EngineError where a table differs from this release: structure is not changed here.
    """
    done = 0
    with open_session(config) as session:
        access.check_prefix(session)
        session.make_places()
        access.make_definer(session)
        for place in dict.fromkeys(config.places.values()):
            for statement in prelude(config.dialect):
                session.execute(_database_at(config, place), statement)
        found = steps(config)
        databases = {step.database for step in found}
        live = {database: set(session.live_objects(database)) for database in databases}
        recorded = {
            database: _recorded(session, database) if "SCHEMA_RELEASE" in live[database] else {}
            for database in databases
        }
        for step in found:
            progress(step)
            done += _apply_step(session, step, recorded[step.database], live[step.database])
        scratch.put(session)
        access.put(session, found)
    return done


def _recorded(session: Session, database: str) -> dict[str, str]:
    rows = session.execute(database, "SELECT r.OBJECT, r.CHECKSUM FROM SCHEMA_RELEASE r")
    return dict(rows)


def _apply_step(session: Session, step: Step, known: dict[str, str], live: set[str]) -> bool:
    key = f"{step.unit.folder}:{step.unit.name}"
    if known.get(key) == step.checksum:
        return False
    table = next((d for d in step.unit.declarations if d.kind == "table"), None)
    if table is not None and table.name in live:
        columns = session.live_columns(step.database, table.name)
        if columns != [column.strip('"') for column in table.columns]:
            raise EngineError(
                f"{step.database}: table {table.name} has other columns than release "
                f"{__version__}; this release installs into empty databases only"
            )
    else:
        # Where the engine can, an object is one transaction.
        with session.transaction():
            for statement in step.unit.statements:
                try:
                    session.execute(step.database, statement)
                except Exception as error:
                    raise EngineError(
                        f"{step.database}.{step.unit.name}: {error}\n{statement}"
                    ) from error
    with session.transaction():
        _record(session, step, key)
    known[key] = step.checksum
    return True


def _record(session: Session, step: Step, key: str) -> None:
    database = step.database
    session.execute(database, "DELETE FROM SCHEMA_RELEASE WHERE OBJECT = ?", [key])
    session.execute(
        database,
        "INSERT INTO SCHEMA_RELEASE"
        ' ("RELEASE", OBJECT, KIND, CHECKSUM, DEPLOYED_AT, DEPLOYED_BY) VALUES (?, ?, ?, ?, ?, ?)',
        [
            __version__,
            key,
            step.unit.folder,
            step.checksum,
            datetime.now().replace(microsecond=0),
            getpass.getuser(),
        ],
    )


def verify(config: Config) -> list[Difference]:
    """Compare the live objects with this release; an empty list means that all is as it should."""
    found: list[Difference] = []
    with open_session(config) as session:
        released = steps(config)
        for step in released:
            found += _differences(session, step)
        for place, name, what in scratch.differences(session):
            found.append(Difference(place, name, what))
        missing, surplus = access.differences(session, released)
        found += [Difference(right.place, str(right), "is missing") for right in sorted(missing)]
        found += [Difference(right.place, str(right), "is nobody's") for right in sorted(surplus)]
        for name, what in access.stray_accounts(session):
            found.append(Difference("vps", f"account {name}", what))
    return found


def _differences(session: Session, step: Step) -> Iterator[Difference]:
    live = session.live_objects(step.database)
    text = plain(step.unit.text)
    for declaration in step.unit.declarations:
        name = declaration.name
        if declaration.kind == "session" and session.config.dialect != "firebird":
            name = f"STAGE_{name}"
        if name not in live:
            yield Difference(step.database, name, "is missing")
        elif declaration.kind in ("table", "view"):
            columns = [column.strip('"') for column in declaration.columns]
            if session.live_columns(step.database, name) != columns:
                yield Difference(step.database, name, "has other columns")
        elif live[name] and plain(live[name]) not in text:
            yield Difference(step.database, name, "has another body")
