"""Rules called by name with named arguments, as their declarations have them."""

from __future__ import annotations

from typing import Any

from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Result, Session


class Rules:
    """The rules of an installation, for a caller that wants them to succeed."""

    def __init__(self, session: Session, catalog: Catalog) -> None:
        self.session = session
        self.catalog = catalog

    def run(self, rule: str, **arguments: Any) -> Result:
        """Call a rule; an argument that is not given is null.

        Raises EngineError when it refuses, and TypeError for an argument that it does not take.
        """
        result = self.answer(rule, **arguments)
        if not result.ok:
            said = result.message or self.catalog.meaning(rule, result.code)
            raise EngineError(f"{rule}: {result.code} {said} ({arguments})")
        return result

    def answer(self, rule: str, **arguments: Any) -> Result:
        """What a rule answers, a refusal too; an argument that is not given is null.

        Raises TypeError for an argument that it does not take.
        """
        database, values = self.bound(rule, **arguments)
        return self.session.call(database, rule, *values)

    def hold(self, rule: str, seconds: int, **arguments: Any) -> Result:
        """What a rule that takes a lock answers; see `Session.hold`."""
        database, values = self.bound(rule, **arguments)
        return self.session.hold(database, rule, values, seconds)

    def bound(self, rule: str, **arguments: Any) -> tuple[str, list[Any]]:
        """The database of a rule, and its arguments in their order.

        Raises TypeError for an argument that it does not take.
        """
        takes = self.catalog.declaration(rule).takes
        unknown = sorted(set(arguments) - set(takes))
        if unknown:
            raise TypeError(f"{rule} takes no {unknown[0]}; it takes {', '.join(takes)}")
        return self.catalog.database_of(rule), [arguments.get(name) for name in takes]

    def rows(self, view: str, where: str = "", *values: Any) -> list[dict[str, Any]]:
        """The rows of a view, each a mapping from column to value."""
        columns = [column.strip('"') for column in self.catalog.declaration(view).columns]
        fields = ", ".join(self.catalog.declaration(view).columns)
        query = f"SELECT {fields} FROM {view} {where}".rstrip()  # noqa: S608 - names of the release
        rows = self.session.execute(self.catalog.database_of(view), query, values)
        return [dict(zip(columns, row, strict=True)) for row in rows]
