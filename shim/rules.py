"""Rules called by name with named arguments, as their declarations have them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Result, Session
from kenshin.engines.base import SQL_FAILED

_NUMBERS = re.compile(r"([0-9A-Z]{5}) ([0-9]+)")  # SQLSTATE, and the engine's own


class RuleFailed(EngineError):
    """The engine could not carry out a rule.

    What it said may hold the values that the rule was called with: only its numbers are told.
    """

    def __init__(self, rule: str, said: str) -> None:
        numbers = _NUMBERS.match(said)
        super().__init__(f"{rule}: the engine failed it: {numbers[0] if numbers else SQL_FAILED}")
        self.rule = rule
        self.sqlstate = numbers[1] if numbers else None
        self.errno = numbers[2] if numbers else None


class Rules:
    """The rules of an installation, on one session. An argument that is not given is null.

    All raise TypeError for an argument that a rule does not take.
    """

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self.session = session
        self.catalog = catalog

    def run(self, rule: str, **arguments: Any) -> Result:
        """Call a rule that must succeed. Raises EngineError when it refuses."""
        result = self.call(rule, **arguments)
        if not result.ok:
            said = self.catalog.said(rule, result)
            raise EngineError(f"{rule}: {result.code} {said} ({arguments})")
        return result

    def answer(self, rule: str, **arguments: Any) -> Result:
        """What a rule answers, a refusal too. Raises RuleFailed when the engine failed it."""
        result = self.call(rule, **arguments)
        if result.code >= SQL_FAILED:
            raise RuleFailed(rule, result.message)
        return result

    def call(self, rule: str, **arguments: Any) -> Result:
        """What a rule answers, whatever it is."""
        database, values = self.bound(rule, **arguments)
        alters = self.catalog.declaration(rule).alters
        call = self.session.call_alone if alters else self.session.call
        return call(database, rule, *values)

    def hold(self, rule: str, seconds: int, **arguments: Any) -> Result:
        """What a rule that takes a lock answers; see `Session.hold`."""
        database, values = self.bound(rule, **arguments)
        return self.session.hold(database, rule, values, seconds)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let go of every lock in the end; inside another one, at the end of that."""
        outermost = not self.session.holds
        try:
            yield
        finally:
            if outermost:
                self.session.let_go()

    def bound(self, rule: str, **arguments: Any) -> tuple[str, list[Any]]:
        """The database of a rule, and its arguments in their order."""
        takes = self.catalog.declaration(rule).takes
        unknown = sorted(set(arguments) - set(takes))
        if unknown:
            raise TypeError(f"{rule} takes no {unknown[0]}; it takes {', '.join(takes)}")
        return self.catalog.database_of(rule), [arguments.get(name) for name in takes]

    def fitted(self, rule: str, argument: str, text: str) -> str:
        """A text, cut to what an argument of a rule may be long."""
        return text[: self.catalog.declaration(rule).longest[argument]]

    def rows_of(self, rule: str, result: Result) -> list[dict[str, Any]]:
        """The rows that a rule gave, each a mapping from column to value."""
        columns = self.catalog.declaration(rule).gives
        return [dict(zip(columns, row, strict=True)) for row in result.rows]

    def rows(self, view: str, where: str = "", *values: Any) -> list[dict[str, Any]]:
        """The rows of a view, each a mapping from column to value."""
        columns = [column.strip('"') for column in self.catalog.declaration(view).columns]
        fields = ", ".join(self.catalog.declaration(view).columns)
        query = f"SELECT {fields} FROM {view} {where}".rstrip()  # noqa: S608 - names of the release
        rows = self.session.execute(self.catalog.database_of(view), query, values)
        return [dict(zip(columns, row, strict=True)) for row in rows]


def seconds_left(until: float) -> int:
    """The whole seconds that locks may be waited for still, up to a moment of monotonic()."""
    return max(0, round(until - monotonic()))
