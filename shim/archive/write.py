"""One month of a history into its file, in constant memory, and its manifest behind it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from kenshin import __version__
from kenshin.archive.layout import ArchiveError, Layout
from kenshin.archive.manifest import Manifest, Totals, path_of, sha256_of, tables_in
from kenshin.archive.places import part_of, parts_of, place

GROUP = 250_000  # rows of a row group: what a reader of one point decompresses
_CHUNK = 20_000  # rows that are Python objects at once
_LEVEL = 9
# Registers grow by little, and usage lies in its low bytes; all else is told by few values.
_ENCODINGS = {
    "MEASURED_TIME": "DELTA_BINARY_PACKED",
    "READING": "DELTA_BINARY_PACKED",
    "USAGE_VALUE": "BYTE_STREAM_SPLIT",
}


class MonthWriter:
    """Writes the rows of a month, which come in the order of its key.

    Decimals are kept with as few digits behind the point as all values have: a rarer digit in a
    later row makes what is written so far be copied with it. That halves the file.
    """

    def __init__(self, layout: Layout, part: Path) -> None:
        self._layout = layout
        self._part = part
        self._schema = pa.schema([_narrow(field, 0) for field in layout.schema])
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._out: _Parquet | None = _Parquet(part, self._schema, layout.key)

    def add(self, table: pa.Table) -> None:
        """Add a table of the layout's schema."""
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= GROUP:
            self._flush()

    def close(self) -> None:
        """Write what waits, and let the file be on the disk."""
        self._flush()
        self._leave()

    def abandon(self) -> None:
        """Let go of the file as it is."""
        if self._out is not None:
            self._out.abandon()
            self._out = None

    def _leave(self) -> None:
        if self._out is not None:
            out, self._out = self._out, None
            out.close()

    def _flush(self) -> None:
        if not self._rows:
            return
        table = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting, self._rows = [], 0
        wanted = pa.schema([_enough(field, table) for field in self._schema])
        if wanted != self._schema:
            self._widen(wanted)
        assert self._out is not None  # noqa: S101 - between two closings
        self._out.write(table.cast(self._schema))

    def _widen(self, schema: pa.Schema) -> None:
        self._leave()
        before = self._part.with_name(self._part.name + ".narrow")
        self._part.replace(before)
        try:
            self._schema = schema
            self._out = _Parquet(self._part, schema, self._layout.key)
            for table in tables_in(before):
                self._out.write(table.cast(schema))
        finally:
            before.unlink(missing_ok=True)


class _Parquet:
    """A Parquet file that is being written."""

    def __init__(self, path: Path, schema: pa.Schema, key: Sequence[str]) -> None:
        self._file = path.open("wb")
        encodings = {name: how for name, how in _ENCODINGS.items() if name in schema.names}
        try:
            self._writer = pq.ParquetWriter(
                self._file,
                schema,
                compression="zstd",
                compression_level=_LEVEL,
                use_dictionary=[name for name in schema.names if name not in encodings],
                column_encoding=encodings,
                store_decimal_as_integer=True,
                write_page_checksum=True,
                dictionary_pagesize_limit=4 << 20,
                max_rows_per_page=GROUP,
                sorting_columns=[pq.SortingColumn(schema.names.index(name)) for name in key],
            )
        except BaseException:
            self._file.close()
            raise

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table, row_group_size=GROUP)

    def close(self) -> None:
        try:
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def abandon(self) -> None:
        try:
            self._writer.close()
        except (pa.ArrowException, OSError):
            pass  # what kept it from being written keeps it from being finished as well
        finally:
            self._file.close()


def _narrow(field: pa.Field, scale: int) -> pa.Field:
    """A field with so many digits behind the point, if it is a decimal."""
    if not pa.types.is_decimal(field.type):
        return field
    return field.with_type(pa.decimal128(field.type.precision, scale))


def _enough(field: pa.Field, table: pa.Table) -> pa.Field:
    """A field with as many digits behind the point as the values of a table need, or more."""
    if not pa.types.is_decimal(field.type):
        return field
    column = table[field.name]
    for scale in range(field.type.scale, column.type.scale):
        try:
            column.cast(pa.decimal128(field.type.precision, scale))
        except pa.ArrowInvalid:
            continue  # it would lose a digit
        return _narrow(field, scale)
    return _narrow(field, column.type.scale)


def write_month(
    layout: Layout,
    file: Path,
    month: tuple[date, date],
    pages: Callable[[], Iterator[Sequence[tuple[Any, ...]]]],
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Write the rows of a month and its manifest, each whole or not at all.

    Raises ArchiveError when the disk is full, the folder cannot be written to, or there is a
    file of the month; then nothing is left behind, and that file stays.
    """
    part = part_of(file)
    totals = Totals(layout, *month)
    with _told(file), Removed(part, part.with_name(part.name + ".narrow")):
        file.parent.mkdir(exist_ok=True)
        for old in parts_of(file):
            old.unlink(missing_ok=True)
        writer = MonthWriter(layout, part)
        try:
            for page in pages():
                for first in range(0, len(page), _CHUNK):
                    table = _table(layout, page[first : first + _CHUNK])
                    totals.add(table)
                    writer.add(table)
                progress(totals.rows)
            writer.close()
        finally:
            writer.abandon()
        # From here on until its manifest is written the file counts for nothing.
        place(part, file)
        manifest = _manifest(layout, file, month, totals)
        manifest.write(path_of(file))
    return manifest


class Removed:
    """Files that are gone behind it, whatever happens."""

    def __init__(self, *paths: Path) -> None:
        self._paths = paths

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for path in self._paths:
            path.unlink(missing_ok=True)


@contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise ArchiveError(
            f"{file}: cannot be written: {why}; nothing of the month was removed"
        ) from error
    except pa.ArrowException as error:
        raise ArchiveError(f"{file}: cannot be written: {error}") from error


def _table(layout: Layout, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True)
    arrays = [
        _exact(values, field.type) for values, field in zip(columns, layout.schema, strict=True)
    ]
    return pa.table(arrays, schema=layout.schema)


def _exact(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    if not pa.types.is_timestamp(type_):
        return pa.array(values, type=type_)
    # A fraction of a second would be cut off without a word; the cast refuses it.
    return pa.array(values, type=pa.timestamp("us")).cast(type_)


def _manifest(layout: Layout, file: Path, month: tuple[date, date], totals: Totals) -> Manifest:
    return Manifest(
        table=layout.table,
        month_start=str(month[0]),
        month_end=str(month[1]),
        file=file.name,
        size=file.stat().st_size,
        sha256=sha256_of(file),
        rows=totals.rows,
        points=totals.points,
        sums=totals.told(),
        first_time=str(totals.first_time) if totals.first_time else None,
        last_time=str(totals.last_time) if totals.last_time else None,
        key=list(layout.key),
        columns=[
            {"name": name, "type": type_, "says": layout.says[name]}
            for name, type_ in layout.types.items()
        ],
        kenshin=__version__,
        written_at=f"{datetime.now():%Y-%m-%d %H:%M:%S}",
    )
