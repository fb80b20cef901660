"""What changes for those who call the SQL-API when one release follows another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kenshin.release.steps import Step
from kenshin.render import Declaration

_TYPE = re.compile(r"(\w+)(?:\((\d+)(?:, ?(\d+))?\))?(.*)")
_OPTIONAL = re.compile(r" NOT NULL| DEFAULT \S+")
_INTEGERS = ("SMALLINT", "INTEGER", "BIGINT")

Found = Iterator[tuple[str, bool]]  # what is different, and whether it breaks


@dataclass(frozen=True, order=True)
class ApiChange:
    """One change of a procedure or view that a consumer may use.

    `what` is of the object: it is added, removed, or changed in what `detail` says. `breaks` says
    that a caller who keeps to the reference and works today may fail, or take one value for
    another:

    - An object that goes, or a role that may not use it any more, breaks.
    - The signature of a procedure is a promise under its name: any other list of arguments or
      result columns breaks, a result column at the end too. MySQL gives a caller all columns,
      Firebird wants a variable for each and puts the result code behind them.
    - An argument or a column of a staging table may take more than before; less breaks.
    - What comes out keeps its type. A longer text may not fit where a caller puts it, and with a
      shorter one Firebird refuses to compare a parameter that was short enough before.
    - A column of a view may be added at its end. That breaks INSERT ... SELECT *, but callers name
      the columns that they read. One in between breaks who counts them.
    - A result code may be added, as callers take what they do not know by its range, and go. One
      with another text breaks: whether the meaning is another one is for a person to read.
    """

    database: str
    object: str
    kind: str  # procedure or view
    what: str  # added, removed or changed
    detail: str
    breaks: bool

    def __str__(self) -> str:
        text = f"{self.kind} {self.database}.{self.object} {self.what}: {self.detail}"
        return f"{text}; this breaks callers" if self.breaks else text


@dataclass(frozen=True)
class _Public:
    """A procedure or view with callers, and the staging table that they fill for it."""

    database: str
    declaration: Declaration
    staging: dict[str, str]  # columns and their types

    def change(self, what: str, detail: str, breaks: bool) -> ApiChange:
        declared = self.declaration
        return ApiChange(self.database, declared.name, declared.kind, what, detail, breaks)


def changes(old: list[Step], new: list[Step]) -> list[ApiChange]:
    """The change in the SQL-API between two releases, by database and object."""
    before, after = _public(old), _public(new)
    found = []
    for key in before.keys() - after.keys():
        found.append(before[key].change("removed", "nobody may use it any more", True))
    for key in after.keys() - before.keys():
        callers = ", ".join(sorted(after[key].declaration.callers))
        found.append(after[key].change("added", f"for {callers}", False))
    for key in before.keys() & after.keys():
        for detail, breaks in _between(before[key], after[key]):
            found.append(after[key].change("changed", detail, breaks))
    return sorted(found)


def _public(steps: Iterable[Step]) -> dict[tuple[str, str, str], _Public]:
    declared = [(step.database, d) for step in steps for d in step.unit.declarations]
    staging = {(database, d.name): d for database, d in declared if d.kind == "session"}
    return {
        (database, d.name, d.kind): _Public(database, d, _types(staging.get((database, d.staged))))
        for database, d in declared
        if d.callers
    }


def _types(declaration: Declaration | None) -> dict[str, str]:
    columns = declaration.columns if declaration else {}
    return {column.strip('"'): kind for column, (kind, _) in columns.items()}


def _between(old: _Public, new: _Public) -> Found:
    before, after = old.declaration, new.declaration
    yield from _callers(set(before.callers), set(after.callers))
    if before.kind == "view":
        yield from _names("column", _types(before), _types(after), may_grow=True)
        yield from _kinds("column", _types(before), _types(after), may_widen=False)
        return
    yield from _names("argument", before.takes, after.takes, may_grow=False)
    yield from _kinds("argument", before.takes, after.takes, may_widen=True)
    yield from _names("result column", before.gives, after.gives, may_grow=False)
    yield from _kinds("result column", before.gives, after.gives, may_widen=False)
    yield from _codes(before.codes, after.codes)
    yield from _staging(old, new)


def _callers(old: set[str], new: set[str]) -> Found:
    for role in old - new:
        yield f"role {role} may not use it any more", True
    for role in new - old:
        yield f"role {role} may use it", False


def _codes(old: dict[int, str], new: dict[int, str]) -> Found:
    for code in old.keys() - new.keys():
        yield f"result code {code} removed: {old[code]}", False
    for code in new.keys() - old.keys():
        yield f"result code {code} added: {new[code]}", False
    for code in old.keys() & new.keys():
        if old[code] != new[code]:
            yield f"result code {code} says '{new[code]}', said '{old[code]}'", True


def _staging(old: _Public, new: _Public) -> Found:
    was, now = old.declaration.staged, new.declaration.staged
    if was != now:
        yield f"its rows go into {now or 'no table'}, went into {was or 'none'}", True
        return
    added = [kind for column, kind in new.staging.items() if column not in old.staging]
    may_grow = all("NOT NULL" not in kind or "DEFAULT" in kind for kind in added)
    yield from _names(f"{now} column", old.staging, new.staging, may_grow)
    yield from _kinds(f"{now} column", old.staging, new.staging, may_widen=True)


def _names(what: str, old: dict[str, str], new: dict[str, str], may_grow: bool) -> Found:
    """Names that come, go or change places; with `may_grow` one that comes last breaks nobody."""
    kept = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    at_end = list(new)[: len(kept)] == moved
    for name in old.keys() - new.keys():
        yield f"{what} {name} removed", True
    for name in new.keys() - old.keys():
        place = "" if at_end else f" as number {list(new).index(name) + 1}"
        yield f"{what} {name} {new[name]} added{place}", not (may_grow and at_end)
    if kept != moved:
        yield f"{what}s stand as {', '.join(moved)}, stood as {', '.join(kept)}", True


def _kinds(what: str, old: dict[str, str], new: dict[str, str], may_widen: bool) -> Found:
    for name in old.keys() & new.keys():
        if old[name] != new[name]:
            breaks = not (may_widen and _holds(new[name], old[name]))
            yield f"{what} {name} is {new[name]}, was {old[name]}", breaks


def _holds(kind: str, other: str) -> bool:
    """Whether every value of the other type is one of this type."""
    if "NOT NULL" in kind and "NOT NULL" not in other:
        return False
    name, size, scale, rest = _parts(kind)
    its_name, its_size, its_scale, its_rest = _parts(other)
    if name in _INTEGERS and its_name in _INTEGERS:
        return _INTEGERS.index(name) >= _INTEGERS.index(its_name)
    same = (name, rest) == (its_name, its_rest)
    return same and scale >= its_scale and size - scale >= its_size - its_scale


def _parts(kind: str) -> tuple[str, int, int, str]:
    match = _TYPE.fullmatch(_OPTIONAL.sub("", kind))
    if match is None:
        return kind, 0, 0, ""
    return match[1], int(match[2] or 0), int(match[3] or 0), match[4].strip()
