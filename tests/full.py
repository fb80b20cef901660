"""Rows in every table of an installation, and all that it holds, to be compared with another's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from case import plain_rows
from kenshin import access
from kenshin.config import Config
from kenshin.engines import Session, column_spec
from kenshin.release import Step
from kenshin.release.steps import database_at
from kenshin.render import Declaration

START = datetime(2026, 1, 14, 10, 30)
ROWS = 3
ACCOUNT = "meter_reader"
# The runner's own record, and what comes and goes by itself.
_OWN = re.compile(r"SCHEMA_\w+|LINK_USED")
_DEFAULT = re.compile(r" DEFAULT ('[^']*'|\S+)")

Row = tuple[Any, ...]


# --- Rows in every table ----------------------------------------------------------------


def filled(session: Session, steps: Sequence[Step], account: str = ACCOUNT) -> None:
    """Put rows into every table of a release, one of them with no value that may be left out."""
    for step in steps:
        for declaration in step.unit.declarations if step.unit.folder == "sql" else ():
            name = declaration.name
            if declaration.kind == "table" and not _OWN.fullmatch(name) and name != "LINK_KEY":
                _fill(session, step.database, declaration, account)


def _fill(session: Session, database: str, declaration: Declaration, account: str) -> None:
    if declaration.name == "ACCOUNT_ROLE":
        # A row here says that the engine has such an account.
        access.add_account(session, account, "READER", access.new_password())
        return
    with session.transaction():
        for n in range(ROWS):
            row = {
                column: _value(column, kind, n)
                for column, (kind, _) in declaration.columns.items()
                if "IDENTITY" not in kind and "AUTO_INCREMENT" not in kind
            }
            least = {c: v for c, v in row.items() if _is_required(declaration.columns[c][0])}
            row = row if n else least or row
            marks = ", ".join("?" * len(row))
            session.execute(
                database,
                f"INSERT INTO {declaration.name} ({', '.join(row)}) VALUES ({marks})",
                list(row.values()),
            )


def _is_required(kind: str) -> bool:
    return "NOT NULL" in kind and "DEFAULT" not in kind


def _value(column: str, kind: str, n: int) -> Any:
    """A value of a type, another one for each n, and none that a release's first rows have."""
    name, _, size = kind.partition(" ")[0].rstrip(")").partition("(")
    if column == "DELETED":
        return n % 2
    if name in ("CHAR", "VARCHAR"):
        return f"{n}'é\\ %"[: int(size)]
    if name in ("MEDIUMTEXT", "BLOB"):
        return f"{n}'é\\ %" * 10_000
    if name == "VARBINARY":
        return bytes([n, 0, 255])
    if name == "DECIMAL":
        return Decimal(f"{n}.25")
    at = START + timedelta(days=n, hours=n)
    times = {"DATE": at.date(), "TIME": at.time(), "DATETIME": at, "TIMESTAMP": at}
    return times[name] if name in times else 32000 + n


# --- All rows ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """What is in a table: its columns with their types, and its rows by these columns."""

    columns: dict[str, str]
    rows: list[Row]

    def of(self, columns: Sequence[str]) -> Counter[Row]:
        """The rows with some of the columns only, and how often each is there."""
        places = [list(self.columns).index(column) for column in columns]
        return Counter(tuple(row[place] for place in places) for row in self.rows)


def rows(session: Session) -> dict[str, Rows]:
    """Everything in every table but the runner's own, by database and table."""
    found = {}
    for database in _databases(session.config):
        for name, table in session.live_tables(database).items():
            if table.temporary or _OWN.fullmatch(name):
                continue
            columns = ", ".join(f'x."{column}"' for column in table.columns)
            read = session.execute(database, f"SELECT {columns} FROM {name} x")
            found[f"{database}.{name}"] = Rows(table.columns, plain_rows(read))
    return found


def lost(
    config: Config, before: dict[str, Rows], after: dict[str, Rows], clean: dict[str, Rows]
) -> list[str]:
    """Which tables have not all the rows that they had, with new columns at their defaults.

    Rows that a clean installation has as well may be new.
    """
    wrong = []
    for name, old in before.items():
        new = after.get(name)
        if new is None or old.columns.keys() - new.columns.keys():
            wrong.append(f"{name} is not what it was")
            continue
        kept = list(old.columns)
        had, has = old.of(kept), new.of(kept)
        if had - has:
            wrong.append(f"{name} has lost {had - has}")
        if has - had - clean[name].of(kept):
            wrong.append(f"{name} has got {has - had}")
        added = {c: _default(config, kind) for c, kind in new.columns.items() if c not in kept}
        if (
            new.of(list(added)).keys()
            - {tuple(added.values())}
            - clean[name].of(list(added)).keys()
        ):
            wrong.append(f"{name} has not {added} in each row")
    return wrong


def _default(config: Config, kind: str) -> Any:
    match = _DEFAULT.search(column_spec(config.dialect, kind))
    return match[1].strip("'") if match else None


# --- All objects ------------------------------------------------------------------------


def catalogue(session: Session) -> dict[str, Any]:
    """Every object as the engine itself shows it, without what is an installation's own.

    This asks the engine, not the program's own inspection.
    """
    config = session.config
    own = {place: f"<{database}>" for database, place in reversed(config.places.items())}
    own |= {config.role_prefix: "<role>_"} if config.role_prefix else {}
    show = _firebird if config.dialect == "firebird" else _innodb
    found = {}
    for database in _databases(config):
        for name, text in show(session, database):
            for mine, common in own.items():
                name, text = name.replace(mine, common), text.replace(mine, common)
            found[f"{database} {name}"] = text
    return found


def unlike(one: dict[str, str], other: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Where two catalogues differ."""
    return {
        name: (one.get(name, "is missing"), other.get(name, "is missing"))
        for name in sorted(one.keys() | other.keys())
        if one.get(name) != other.get(name)
    }


def _databases(config: Config) -> list[str]:
    return [database_at(config, place) for place in dict.fromkeys(config.places.values())]


def _innodb(session: Session, database: str) -> Iterator[tuple[str, str]]:
    objects = session.execute(
        database,
        "SELECT IF(t.TABLE_TYPE = 'VIEW', 'VIEW', 'TABLE'), t.TABLE_NAME"
        "  FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE()"
        " UNION ALL SELECT r.ROUTINE_TYPE, r.ROUTINE_NAME"
        "  FROM information_schema.ROUTINES r WHERE r.ROUTINE_SCHEMA = DATABASE()"
        " UNION ALL SELECT 'TRIGGER', g.TRIGGER_NAME"
        "  FROM information_schema.TRIGGERS g WHERE g.TRIGGER_SCHEMA = DATABASE()"
        " UNION ALL SELECT 'EVENT', e.EVENT_NAME"
        "  FROM information_schema.EVENTS e WHERE e.EVENT_SCHEMA = DATABASE()",
    )
    for kind, name in objects:
        ((_, *shown),) = session.execute(database, f"SHOW CREATE {kind} {name}")
        text = re.sub(r" AUTO_INCREMENT=\d+", "", "\n".join(map(str, shown)))
        yield f"{kind} {name}", text
    yield from _rights(session, database)


def _rights(session: Session, database: str) -> Iterator[tuple[str, str]]:
    roles = [session.config.role(role) for role in access.roles()]
    for right in session.live_rights(roles):
        if right.place == session.config.places[database]:
            yield f"right {right}", "is given"


# Names that the engine made up tell nothing.
_NAMED = "CASE WHEN {0} STARTING WITH 'RDB$' OR {0} STARTING WITH 'INTEG_' THEN '' ELSE {0} END"
_TYPE = (
    "f.RDB$FIELD_TYPE, f.RDB$FIELD_SUB_TYPE, f.RDB$FIELD_LENGTH, f.RDB$CHARACTER_LENGTH,"
    " f.RDB$FIELD_PRECISION, f.RDB$FIELD_SCALE, f.RDB$CHARACTER_SET_ID, f.RDB$COLLATION_ID,"
    " CAST(f.RDB$COMPUTED_SOURCE AS VARCHAR(2000)), f.RDB$NULL_FLAG,"
    " CAST(f.RDB$DEFAULT_SOURCE AS VARCHAR(2000)), CAST(f.RDB$VALIDATION_SOURCE AS VARCHAR(2000))"
)
_FIELD = " JOIN RDB$FIELDS f ON f.RDB$FIELD_NAME = x.RDB$FIELD_SOURCE"
_FIREBIRD = {
    "relation": (
        "SELECT x.RDB$RELATION_NAME, x.RDB$RELATION_TYPE, x.RDB$VIEW_SOURCE, x.RDB$DESCRIPTION,"
        " x.RDB$SQL_SECURITY FROM RDB$RELATIONS x WHERE x.RDB$SYSTEM_FLAG = 0"
    ),
    "column": (
        "SELECT TRIM(x.RDB$RELATION_NAME) || '.' || x.RDB$FIELD_NAME, x.RDB$FIELD_POSITION,"
        " x.RDB$NULL_FLAG, x.RDB$DEFAULT_SOURCE, x.RDB$DESCRIPTION, x.RDB$IDENTITY_TYPE,"
        f" {_TYPE} FROM RDB$RELATION_FIELDS x{_FIELD} WHERE x.RDB$SYSTEM_FLAG = 0"
    ),
    "index": (
        "SELECT TRIM(x.RDB$RELATION_NAME) || ' ' || COALESCE((SELECT LIST(TRIM(s.RDB$FIELD_NAME))"
        " FROM (SELECT * FROM RDB$INDEX_SEGMENTS g WHERE g.RDB$INDEX_NAME = x.RDB$INDEX_NAME"
        f" ORDER BY g.RDB$FIELD_POSITION) s), '') || ' ' || {_NAMED.format('x.RDB$INDEX_NAME')},"
        " x.RDB$UNIQUE_FLAG, COALESCE(x.RDB$INDEX_INACTIVE, 0), COALESCE(x.RDB$INDEX_TYPE, 0),"
        " x.RDB$EXPRESSION_SOURCE FROM RDB$INDICES x WHERE x.RDB$SYSTEM_FLAG = 0"
    ),
    "constraint": (
        "SELECT TRIM(x.RDB$RELATION_NAME) || ' ' || TRIM(x.RDB$CONSTRAINT_TYPE) || ' '"
        f" || {_NAMED.format('x.RDB$CONSTRAINT_NAME')} || ' ' || COALESCE((SELECT"
        " LIST(TRIM(c.RDB$TRIGGER_NAME)) FROM RDB$CHECK_CONSTRAINTS c"
        " WHERE c.RDB$CONSTRAINT_NAME = x.RDB$CONSTRAINT_NAME), ''), x.RDB$CONSTRAINT_TYPE"
        " FROM RDB$RELATION_CONSTRAINTS x"
    ),
    "procedure": (
        "SELECT x.RDB$PROCEDURE_NAME, x.RDB$PROCEDURE_INPUTS, x.RDB$PROCEDURE_OUTPUTS,"
        " x.RDB$PROCEDURE_TYPE, x.RDB$VALID_BLR, x.RDB$SQL_SECURITY, x.RDB$PROCEDURE_SOURCE,"
        " x.RDB$DESCRIPTION FROM RDB$PROCEDURES x WHERE x.RDB$SYSTEM_FLAG = 0"
        " AND x.RDB$PACKAGE_NAME IS NULL"
    ),
    "parameter": (
        "SELECT TRIM(x.RDB$PROCEDURE_NAME) || '.' || x.RDB$PARAMETER_NAME, x.RDB$PARAMETER_NUMBER,"
        f" x.RDB$PARAMETER_TYPE, x.RDB$DESCRIPTION, {_TYPE} FROM RDB$PROCEDURE_PARAMETERS x{_FIELD}"
        " WHERE x.RDB$SYSTEM_FLAG = 0 AND x.RDB$PACKAGE_NAME IS NULL"
    ),
    "exception": (
        "SELECT x.RDB$EXCEPTION_NAME, x.RDB$MESSAGE FROM RDB$EXCEPTIONS x"
        " WHERE x.RDB$SYSTEM_FLAG = 0"
    ),
    "trigger": (
        "SELECT x.RDB$TRIGGER_NAME, x.RDB$RELATION_NAME, x.RDB$TRIGGER_TYPE, x.RDB$TRIGGER_SOURCE"
        " FROM RDB$TRIGGERS x WHERE x.RDB$SYSTEM_FLAG = 0"
    ),
    "sequence": (
        "SELECT x.RDB$GENERATOR_NAME, x.RDB$GENERATOR_INCREMENT FROM RDB$GENERATORS x"
        " WHERE x.RDB$SYSTEM_FLAG = 0 AND x.RDB$GENERATOR_NAME NOT STARTING WITH 'RDB$'"
    ),
}  # fmt: skip


def _firebird(session: Session, database: str) -> Iterator[tuple[str, str]]:
    for kind, query in _FIREBIRD.items():
        for name, *parts in plain_rows(session.execute(database, query)):
            yield f"{kind} {name}", "\n".join(map(str, parts))
    yield from _rights(session, database)
