"""What the release offers, read from the declarations in the templates."""

from __future__ import annotations

from functools import cached_property

from kenshin.render import DATABASES, Declaration, render_database


class Catalog:
    """The objects of the release, for one dialect."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    @cached_property
    def objects(self) -> dict[str, tuple[str, Declaration]]:
        """Every object by its name: its database and its declaration."""
        return {
            declaration.name: (database, declaration)
            for database in reversed(DATABASES)
            for unit in render_database(self.dialect, database)
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

    def meaning(self, rule: str, code: int) -> str:
        """What a rule says a result code means; empty when it says nothing."""
        return self.declaration(rule).codes.get(code, "")
