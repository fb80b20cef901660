"""What the files of one history look like: where they are, and how their columns are kept.

All of it follows from the rule that gives the rows; nothing of a table is written down here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from kenshin.catalog import Catalog
from kenshin.engines import EngineError

# The histories, each with the rule that gives a sealed month of it.
HISTORIES = {
    "USAGE_HISTORY": "ARCHIVE_USAGE_ROWS",
    "QUOTE_HISTORY": "ARCHIVE_QUOTE_ROWS",
    "USAGE_REVISION": "ARCHIVE_REVISION_ROWS",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_WHOLE = {"SMALLINT": pa.int16(), "INTEGER": pa.int32(), "BIGINT": pa.int64()}
_TIMES = ("DATETIME", "TIMESTAMP")


class ArchiveError(EngineError):
    """An archive is not there, not whole, or not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Layout:
    """The files of one history."""

    table: str
    types: dict[str, str]  # of its columns, as the rule declares them
    key: tuple[str, ...]
    says: dict[str, str]  # what each column is

    @classmethod
    def of(cls, catalog: Catalog, table: str) -> Layout:
        """The layout of a history."""
        declared = catalog.declaration(table)
        columns = {name: says for name, (_, says) in declared.columns.items()}
        gives = catalog.declaration(HISTORIES[table]).gives
        return cls(table, dict(gives), tuple(declared.key), columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as they come: exact decimals, times of the station without a zone."""
        return pa.schema(
            [
                pa.field(name, _arrow(type_), name not in self.key)
                for name, type_ in self.types.items()
            ]
        )

    @cached_property
    def summed(self) -> dict[str, int]:
        """The columns of numbers outside the key, each with its digits behind the point."""
        return {
            field.name: field.type.scale if pa.types.is_decimal(field.type) else 0
            for field in self.schema
            if field.name not in self.key
            and (pa.types.is_decimal(field.type) or pa.types.is_integer(field.type))
        }

    def file(self, folder: Path, month: date) -> Path:
        """The file of a month in the folder of the archive; its manifest is beside it."""
        return folder / self.table.lower() / f"{month}.parquet"


def _arrow(type_: str) -> pa.DataType:
    if match := _DECIMAL.fullmatch(type_):
        return pa.decimal128(int(match[1]), int(match[2]))
    if type_ in _TIMES:
        return pa.timestamp("s")
    return _WHOLE.get(type_) or pa.string()
