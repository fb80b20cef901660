"""What must be done to bring an installation from what it is to what it shall be.

The way is computed, never written down: from the tables, checksums and rights that are there, or
that an earlier release declares, to those of the target. A release adds to tables and replaces
code; what would lose rows has no step, and is said to be a problem instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from kenshin import access
from kenshin.config import Config
from kenshin.engines import Table, column_spec
from kenshin.release.steps import Step, Target, database_at
from kenshin.render import Declaration, index_name, render_macro, template_values
from kenshin.wanted import Wanted, wanted

# A statement that cannot be run again on what is there.
_CREATES_TABLE = re.compile(r"CREATE (?:GLOBAL TEMPORARY )?TABLE |CREATE (?:UNIQUE )?INDEX ")
_MOVED = (
    "a table with rows of its own stands where one of another database was shown, or the other way"
    " round: databases that share a place, or no longer do, are moved by hand, not by a release"
)
_COMMENT = re.compile(r"COMMENT ON (?:TABLE|COLUMN) ")
_PUBLIC = re.compile(r"CREATE DEFINER = \S+ PROCEDURE IF NOT EXISTS (\w+)")


@dataclass(frozen=True)
class Change:
    """One step of a run: it is done when its guard gives a row."""

    database: str
    kind: str  # one of `locks` in change.sql
    object: str
    statements: tuple[str, ...] = field(repr=False)
    guard: str = field(repr=False)
    record: tuple[str, ...] = field(repr=False, default=())  # tells SCHEMA_RELEASE of it
    locks: str = field(repr=False, default="")
    repeatable: bool = True  # its statements may be run again on what they made

    @property
    def name(self) -> str:
        """What a person reads."""
        return f"{self.kind} {self.database}.{self.object}"


@dataclass(frozen=True)
class State:
    """What an installation has, by place."""

    tables: dict[str, dict[str, Table]]
    recorded: dict[str, dict[str, str]]  # the key of each step that was deployed, its checksum
    altered: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    # by place and key: routines with a public name that are not as the target has them
    made: dict[tuple[str, str], Wanted] = field(default_factory=dict)
    # by place and key: what each step made, as the release that it is of says
    indexes: frozenset[Index] = frozenset()  # that releases made here


class Index(NamedTuple):
    """An index of a table at a place."""

    place: str
    table: str
    name: str


@dataclass(frozen=True)
class Plan:
    """The way from a state to a target."""

    changes: list[Change]
    problems: list[str]


def state_of(config: Config, found: list[Step], next_: list[Step]) -> State:
    """What an installation has that got all the steps of a release and nothing else."""
    tables: dict[str, dict[str, Table]] = {}
    recorded: dict[str, dict[str, str]] = {}
    public: dict[tuple[str, str], dict[str, str]] = {}
    for step in found:
        place = config.places[step.database]
        recorded.setdefault(place, {})[step.key] = step.checksum
        public[place, step.key] = _public(step)
        tables.setdefault(place, {}).update(_made(config, step).tables)
    altered = {}
    for step in next_:
        place = config.places[step.database]
        before = public.get((place, step.key), {})
        names = {name for name, text in _public(step).items() if before.get(name, text) != text}
        if names:
            altered[place, step.key] = names
    made = made_by(config, found)
    return State(tables, recorded, altered, made, frozenset(indexes_of(made)))


def made_by(config: Config, found: list[Step]) -> dict[tuple[str, str], Wanted]:
    """What each step of a release makes, by place and key."""
    return {
        (config.places[step.database], step.key): _made(config, step)
        for step in found
        if step.unit.folder != "data"
    }


def indexes_of(made: Mapping[tuple[str, str], Wanted]) -> set[Index]:
    """The indexes that steps make."""
    return {
        Index(place, name, index)
        for (place, _), step in made.items()
        for name, table in step.tables.items()
        for index in table.indexes
    }


def plan(config: Config, state: State, target: Target, found: list[Step]) -> Plan:
    """What brings an installation from a state to a target whose steps were found."""
    planner = _Planner(config, state, target, found)
    changes = [change for step in found for change in planner.of_step(step)]
    return Plan([*changes, *planner.drops()], planner.problems)


def make(config: Config, state: State, target: Target, some: list[Step]) -> Plan:
    """What makes some of the steps of a target; nothing goes."""
    planner = _Planner(config, state, target, some)
    return Plan([change for step in some for change in planner.of_step(step)], planner.problems)


def gone(config: Config, state: State, found: list[Step]) -> dict[str, list[str]]:
    """By place: the keys of what was deployed and is not among the steps that were found."""
    keys: dict[str, set[str]] = {place: set() for place in state.recorded}
    for step in found:
        keys.setdefault(config.places[step.database], set()).add(step.key)
    # In their order procedures go before the views that they use.
    return {place: sorted(known.keys() - keys[place]) for place, known in state.recorded.items()}


def is_left(config: Config, state: State, found: list[Step]) -> bool:
    """Whether there is something that none of the steps makes: one of a release, or an index."""
    return any(gone(config, state, found).values()) or any(
        state.tables.get(config.places[step.database], {}).get(table.name, table).indexes.keys()
        - table.indexes.keys()
        for step in found
        for table in _tables(config, step)
    )


def in_way_of_rollback(config: Config, old: list[Step], new: list[Step]) -> list[str]:
    """What of a newer release's tables keeps an older release's rules from working on them."""
    problems = []
    newer = {
        (step.database, declaration.name): declaration
        for step in new
        for declaration in step.unit.declarations
        if declaration.kind == "table"
    }
    for step in old:
        for declaration in (d for d in step.unit.declarations if d.kind == "table"):
            now = newer.get((step.database, declaration.name))
            where = f"{step.database}.{declaration.name}"
            if now is None:
                problems.append(f"{where}: the table is gone")
                continue
            for column, (kind, _) in declaration.columns.items():
                if column not in now.columns:
                    problems.append(f"{where}.{column}: the column is gone")
                elif now.columns[column][0] != kind:
                    problems.append(f"{where}.{column}: is {now.columns[column][0]}, was {kind}")
            problems += (
                f"{where}: the unique index {name} is gone"
                for name, index in declaration.indexes.items()
                if index.unique and name not in now.indexes
            )
            for column in now.columns.keys() - declaration.columns.keys():
                if not _may_be_added(now.columns[column][0]):
                    problems.append(f"{where}.{column}: the older rules give it no value")
    return problems


class _Planner:
    def __init__(self, config: Config, state: State, target: Target, found: list[Step]) -> None:
        self.config = config
        self.state = state
        self.target = target
        self.problems: list[str] = []
        values = template_values("change.sql", dialect=config.dialect)
        self.locks: dict[str, str] = values["locks"]
        self.found = found

    def of_step(self, step: Step) -> Iterator[Change]:
        """What one step of the target needs; nothing when it is there as it should be."""
        place = self.config.places[step.database]
        known = self.state.recorded.get(place, {}).get(step.key)
        there = self.state.tables.get(place, {})
        declared = list(_tables(self.config, step))
        missing = [declaration for declaration in declared if declaration.name not in there]
        if step.unit.folder == "alias" and step.unit.name in there and not declared:
            self.problems.append(f"{step.database}.{step.unit.name}: {_MOVED}")
            return
        if declared and missing == declared:
            self._check_gone(step, declared[0], known)
            yield self._create(step, declared[0])
        elif declared:
            adds = [c for d in declared for c in self._adds(step, d, there.get(d.name))]
            yield from adds
            texts = self._texts(step, declared, there)
            if adds or texts or known != step.checksum:
                yield self._settle(step, texts)
        elif known != step.checksum:
            kind = "first rows" if step.unit.folder == "data" else "replace" if known else "make"
            yield self._recorded(step, kind, step.unit.name, self._code(place, step))

    def drops(self) -> Iterator[Change]:
        """Views and procedures that were deployed and are not of the target: they go."""
        for place, keys in gone(self.config, self.state, self.found).items():
            for key in keys:
                name = key.partition(":")[2]
                statements = [
                    text
                    for kind, thing in self._gone(place, key)
                    for text in self._drop(kind, thing)
                ]
                if statements:
                    yield self._change(
                        database_at(self.config, place),
                        "drop",
                        name,
                        statements,
                        self._one("is_not_recorded", key),
                        self._render("forget", key),
                    )

    # The kinds of change ----------------------------------------------------------------

    def _create(self, step: Step, declaration: Declaration) -> Change:
        return self._change(
            step.database,
            "create table",
            declaration.name,
            step.unit.statements,
            self._one("has_table", declaration.name),
            self._record(step),
            repeatable=False,
        )

    def _adds(self, step: Step, declaration: Declaration, table: Table | None) -> Iterator[Change]:
        where = f"{step.database}.{declaration.name}"
        if table is None:
            self.problems.append(f"{where}: is missing, though {step.unit.name} was deployed")
            return
        if table.temporary != (declaration.kind == "session"):
            self.problems.append(f"{where}: {_MOVED}")
            return
        if tuple(field.strip('"') for field in declaration.key) != table.key:
            self.problems.append(f"{where}: its primary key is ({', '.join(table.key)})")
        yield from self._add_columns(step, declaration, table)
        yield from self._add_indexes(step, declaration, table)
        yield from self._drop_indexes(step, declaration, table)
        yield from self._divide(step, declaration, table)

    def _add_columns(self, step: Step, declaration: Declaration, table: Table) -> Iterator[Change]:
        before = ""
        for number, (column, (kind, meaning)) in enumerate(declaration.columns.items(), start=1):
            name = column.strip('"')
            spec = column_spec(self.config.dialect, kind)
            where = f"{declaration.name}.{name}"
            if name not in table.columns and not _may_be_added(kind):
                self.problems.append(
                    f"{step.database}.{where}: {kind} cannot be added to rows that are there;"
                    " give it NOT NULL with a default, or neither"
                )
            elif name not in table.columns:
                statements = self._render(
                    "add_column", declaration.name, column, kind, meaning, before, number
                )
                guard = self._one("has_column", declaration.name, column)
                yield self._change(
                    step.database, "add column", where, statements, guard, repeatable=False
                )
            elif table.columns[name] != spec:
                self.problems.append(
                    f"{step.database}.{where}: is {table.columns[name]}, the release has {spec};"
                    " no step changes a column that holds values"
                )
            before = column

    def _add_indexes(self, step: Step, declaration: Declaration, table: Table) -> Iterator[Change]:
        for name, fields, unique, live in _indexes(declaration):
            if name not in table.indexes:
                statements = self._render("add_index", declaration.name, name, fields, unique, live)
                guard = self._one("has_index", declaration.name, name)
                yield self._change(
                    step.database, "add index", name, statements, guard, repeatable=False
                )

    def _drop_indexes(self, step: Step, declaration: Declaration, table: Table) -> Iterator[Change]:
        """Those that an earlier release made; one that a DBA added stays."""
        place = self.config.places[step.database]
        for name in sorted(table.indexes.keys() - declaration.indexes.keys()):
            if Index(place, declaration.name, name) in self.state.indexes:
                statements = self._render("drop_index", declaration.name, name)
                guard = self._one("has_no_index", declaration.name, name)
                yield self._change(
                    step.database, "drop index", name, statements, guard, repeatable=False
                )

    def _divide(self, step: Step, declaration: Declaration, table: Table) -> Iterator[Change]:
        """Partitions of what an earlier release kept in one piece."""
        made = _made(self.config, step).tables[declaration.name].settings.get("division", "")
        there = table.settings.get("division", "")
        if made and not there:
            statements = self._render("divide", declaration.name, declaration.by_time)
            guard = self._one("is_divided", declaration.name)
            name = declaration.name
            yield self._change(step.database, "divide", name, statements, guard, repeatable=False)

    def _check_gone(self, step: Step, declaration: Declaration, known: str | None) -> None:
        """A table that held rows is not made anew without a word."""
        if known is not None and declaration.kind == "table":
            self.problems.append(
                f"{step.database}.{declaration.name}: the table was deployed and is gone; restore"
                " it from a backup, or have it made anew, with its first rows only: DELETE FROM"
                f" SCHEMA_RELEASE WHERE OBJECT IN ('{step.key}', 'data:{step.unit.name}')"
            )

    def _texts(self, step: Step, declared: list[Declaration], there: dict[str, Table]) -> list[str]:
        """What writes the descriptions of tables and columns that differ."""
        made = _made(self.config, step).tables
        statements = []
        for declaration in (d for d in declared if d.name in there):
            was, now = there[declaration.name].settings, made[declaration.name].settings
            purpose = declaration.purpose if was.get("comment") != now.get("comment") else ""
            columns = {
                column: declaration.columns[column]
                for column in declaration.columns
                if column.strip('"') in there[declaration.name].columns
                and _comment(was, column) != _comment(now, column)
            }
            if purpose or columns:
                statements += self._render("describe", declaration.name, purpose, columns)
        return statements

    def _settle(self, step: Step, texts: list[str]) -> Change:
        """The descriptions, what else a step makes beside its tables, and its record."""
        code = [
            statement
            for statement in step.unit.statements
            if not _CREATES_TABLE.match(statement) and not _COMMENT.match(statement)
        ]
        kind = "replace" if code else "describe"
        return self._recorded(step, kind, step.unit.name, [*texts, *code])

    def _code(self, place: str, step: Step) -> list[str]:
        """The statements of a step; what a public name has lost with it is given back at once."""
        altered = self.state.altered.get((place, step.key), set())
        drops = [s for name in sorted(altered) for s in self._drop("PROCEDURE", name)]
        # Whose rights on what is not dropped stay: they need not be looked for.
        rights = sorted(access.declared(self.config, self.found)) if altered else []
        lost = [right for right in rights if right.place == place and right.name in altered]
        return [*drops, *step.unit.statements, *access.grants(self.config, lost)]

    def _gone(self, place: str, key: str) -> list[tuple[str, str]]:
        """What a deployed step made, as far as it goes with it: never a table that keeps rows."""
        made = self.state.made.get((place, key))
        folder, _, name = key.partition(":")
        if made is None:  # a release that this program does not know
            kind = "VIEW" if folder == "views" else "PROCEDURE"
            return [(kind, name)] if folder in ("views", "procedures") else []
        live = self.state.tables.get(place, {})
        tables = [t for t in made.tables if t in live and live[t].temporary]
        # The public name of a procedure goes before what it calls.
        code = [(code.kind, thing) for thing, code in reversed(made.code.items())]
        return [*code, *(("TABLE", table) for table in tables)]

    # Statements -------------------------------------------------------------------------

    def _recorded(self, step: Step, kind: str, name: str, statements: list[str]) -> Change:
        guard = self._one("is_recorded", step.key, step.checksum)
        return self._change(step.database, kind, name, statements, guard, self._record(step))

    def _record(self, step: Step) -> list[str]:
        code = step.unit.folder not in ("sql", "data")
        release = (self.target.code if code else self.target.structure).release
        return self._render(
            "record", release, step.key, step.unit.folder, step.checksum, step.unit.name
        )

    def _drop(self, kind: str, name: str) -> list[str]:
        return self._render("drop", kind, name)

    def _change(
        self,
        database: str,
        kind: str,
        name: str,
        statements: Iterable[str],
        guard: str,
        record: Iterable[str] = (),
        repeatable: bool = True,
    ) -> Change:
        made = tuple(statements), guard, tuple(record)
        return Change(database, kind, name, *made, self.locks[kind], repeatable)

    def _render(self, macro: str, *arguments: object) -> list[str]:
        return render_macro(self.config.dialect, "change.sql", macro, *arguments)

    def _one(self, macro: str, *arguments: object) -> str:
        return self._render(macro, *arguments)[0]


def _tables(config: Config, step: Step) -> Iterator[Declaration]:
    """The tables that a step makes and the engine keeps."""
    kept = ("table", "session") if config.dialect == "firebird" else ("table",)
    return (d for d in step.unit.declarations if d.kind in kept)


def _comment(settings: dict[str, str], column: str) -> str:
    return settings.get(f"comment of {column.strip(chr(34))}", "")


def _made(config: Config, step: Step) -> Wanted:
    return wanted(config.dialect, step.unit.statements, step.unit.declarations)


def _indexes(declaration: Declaration) -> Iterator[tuple[str, list[str], bool, bool]]:
    """Name, columns, whether it is unique, whether among the rows that are not deleted only."""
    name = declaration.name
    for fields in declaration.unique:
        yield index_name(name, fields), fields, True, False
    for fields in declaration.unique_live:
        yield index_name(name, fields, live=True), fields, True, True
    for fields in declaration.index:
        yield index_name(name, fields), fields, False, False


def _public(step: Step) -> dict[str, str]:
    """The routines of a step that stay when a release replaces what they call."""
    found = {}
    for statement in step.unit.statements:
        made = _PUBLIC.match(statement)
        if made:
            found[made[1]] = statement
    return found


def _may_be_added(kind: str) -> bool:
    """A column for rows that are there: they get the same on every engine, a value or none."""
    return ("DEFAULT" in kind) == ("NOT NULL" in kind) and "IDENTITY" not in kind
