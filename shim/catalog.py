"""What the release offers, read from the declarations in the templates."""

from __future__ import annotations

from functools import cached_property

from kenshin.engines import Result
from kenshin.render import DATABASES, Declaration, Unit, render_database


class Catalog:
    """The objects of the release, for one dialect."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    @cached_property
    def units(self) -> dict[str, list[Unit]]:
        """Every template by its database, rendered."""
        return {database: render_database(self.dialect, database) for database in DATABASES}

    @cached_property
    def objects(self) -> dict[str, tuple[str, Declaration]]:
        """Every object by its name: its database and its declaration."""
        return {
            declaration.name: (database, declaration)
            for database in reversed(DATABASES)
            for unit in self.units[database]
            for declaration in unit.declarations
        }

    def database_of(self, name: str) -> str:
        """The database of an object: mdm, vps or he. Raises KeyError for an unknown one."""
        return self.objects[name][0]

    def declaration(self, name: str) -> Declaration:
        """The declaration of an object."""
        return self.objects[name][1]

    def file_columns(self, staging: str) -> list[str]:
        """The fields of a file that a staging table takes, and one for a field too many."""
        return [column for column in self.declaration(staging).columns if column != "LINE_NO"]

    def column(self, name: str, argument: str) -> tuple[str, str]:
        """The column that an argument or result of a rule names: its type and what it is.

        A table that the rule works on comes before the others. Raises KeyError when there is none.
        """
        column = argument.removeprefix("p_").upper()
        for table in self._tables(name):
            for field, described in table.columns.items():
                if field.strip('"') == column:
                    return described
        raise KeyError(f"{name}: no table has a column {column}")

    def _tables(self, name: str) -> list[Declaration]:
        """All tables, those that a rule works on first, then those of its database."""
        database = self.database_of(name)
        mentions = next(
            unit.mentions
            for unit in self.units[database]
            if name in {declaration.name for declaration in unit.declarations}
        )
        tables = [
            declaration
            for other in (database, *DATABASES)
            for unit in self.units[other]
            for declaration in unit.declarations
            if declaration.kind == "table"
        ]
        return sorted(tables, key=lambda table: table.name not in mentions)

    def says(self, name: str, argument: str) -> str:
        """What an argument or a result of a rule is: in its own words, else in its column's."""
        return self.declaration(name).means.get(argument) or self.column(name, argument)[1]

    def meaning(self, rule: str, code: int) -> str:
        """What a rule says a result code means; empty when it says nothing."""
        return self.declaration(rule).codes.get(code, "")

    def said(self, rule: str, result: Result) -> str:
        """What a result of a rule says: in its own words, else in those of its code."""
        return result.message or self.meaning(rule, result.code)
