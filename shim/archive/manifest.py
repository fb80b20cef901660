"""The manifest of an archived month: what is in its file, so that anybody can check it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kenshin.archive.layout import ArchiveError, Layout
from kenshin.durable import write_text

FORMAT = 1
_EXACT = Context(prec=60)
_WIDE = 38  # digits of a sum


class Totals:
    """What the rows of a month come to, of one table after another in the order of the key.

    Raises ArchiveError for a row outside of the month, or not behind the one before it.
    """

    def __init__(self, layout: Layout, start: date, end: date) -> None:
        self._layout = layout
        self._month = datetime(*start.timetuple()[:3]), datetime(*end.timetuple()[:3])
        self._last: tuple[Any, ...] | None = None
        self.rows = self.points = 0
        self.sums = {name: Decimal(0).scaleb(-scale) for name, scale in layout.summed.items()}
        self.first_time: datetime | None = None
        self.last_time: datetime | None = None

    def add(self, table: pa.Table) -> None:
        """Add the rows of a table, of whatever scales."""
        if not table.num_rows:
            return
        self._times(table["MEASURED_TIME"])
        self._points(table)
        self.rows += table.num_rows
        for name, scale in self._layout.summed.items():
            wide = table[name].cast(pa.decimal128(_WIDE, scale))
            found = pc.sum(wide).as_py()
            if found is not None:
                self.sums[name] = _EXACT.add(self.sums[name], found)

    def _times(self, times: pa.ChunkedArray) -> None:
        first, last = pc.min(times).as_py(), pc.max(times).as_py()
        if first <= self._month[0] or last > self._month[1]:
            raise ArchiveError(
                f"{self._layout.table}: a row of {first} or {last} is of no such month"
            )
        self.first_time = min(filter(None, (self.first_time, first)))
        self.last_time = max(filter(None, (self.last_time, last)))

    def _points(self, table: pa.Table) -> None:
        keys = table.select(self._layout.key)
        first, last = _row(keys, 0), _row(keys, -1)
        points = table["LD_ID"].combine_chunks()
        changes = pc.sum(pc.not_equal(points[1:], points[:-1])).as_py() or 0
        before = self._last
        if (before is not None and first <= before) or not _ascends(keys):
            raise ArchiveError(f"{self._layout.table}: the rows are not in the order of the key")
        self.points += changes + (before is None or before[0] != first[0])
        self._last = last

    def told(self) -> dict[str, str]:
        """The sums as a manifest has them."""
        return {name: f"{value:f}" for name, value in self.sums.items()}


def _row(table: pa.Table, number: int) -> tuple[Any, ...]:
    at = number % table.num_rows
    return tuple(column[at].as_py() for column in table.columns)


def _ascends(keys: pa.Table) -> bool:
    """Whether each key is above the one before it: the first column that differs decides."""
    behind: Any = None
    for column in reversed(keys.combine_chunks().columns):
        values = column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        above = pc.greater(values[1:], values[:-1])
        same = pc.equal(values[1:], values[:-1])
        behind = above if behind is None else pc.or_(above, pc.and_(same, behind))
    return bool(pc.all(behind).as_py()) if len(keys) > 1 else True


@dataclass(frozen=True)
class Manifest:
    """What a file holds."""

    table: str
    month_start: str
    month_end: str
    file: str
    size: int
    sha256: str
    rows: int
    points: int
    sums: dict[str, str]
    first_time: str | None
    last_time: str | None
    key: list[str]
    columns: list[dict[str, str]]
    kenshin: str
    written_at: str
    format: int = field(default=FORMAT)

    @property
    def sums_text(self) -> str:
        """The sums as NOTE_ARCHIVED takes them."""
        return ";".join(f"{name}={value}" for name, value in self.sums.items())

    def write(self, path: Path) -> None:
        """Write it, whole or not at all."""
        part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
        write_text(path, json.dumps(asdict(self), indent=1) + "\n", part)


def path_of(file: Path) -> Path:
    """Where the manifest of a file is."""
    return file.with_suffix(".json")


def read_manifest(file: Path) -> Manifest:
    """The manifest of a file. Raises ArchiveError when it is not there or not readable."""
    path = path_of(file)
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        manifest = Manifest(**entries)
    except OSError as error:
        raise ArchiveError(f"{path}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: is no manifest: {error}") from error
    if manifest.format != FORMAT:
        raise ArchiveError(f"{path}: format {manifest.format!r} is not known to this release")
    return manifest


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tables_in(file: Path) -> Iterator[pa.Table]:
    """The row groups of a file, one after the other. Raises ArchiveError where it is damaged."""
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            for number in range(parquet.num_row_groups):
                yield parquet.read_row_group(number)
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(f"{file}: cannot be read: {error}") from error


def verify(layout: Layout, file: Path) -> Manifest:
    """Read a file from the disk and compare all that its manifest says.

    Raises ArchiveError when something is missing or differs.
    """
    manifest = read_manifest(file)
    where = (manifest.table, manifest.file)
    if where != (layout.table, file.name) or not file.name.startswith(manifest.month_start):
        raise ArchiveError(f"{path_of(file)}: is the manifest of {manifest.table} {manifest.file}")
    try:
        size, checksum = file.stat().st_size, sha256_of(file)
    except OSError as error:
        raise ArchiveError(f"{file}: {error.strerror}") from error
    if (size, checksum) != (manifest.size, manifest.sha256):
        raise ArchiveError(f"{file}: the checksum is another one than in its manifest")
    totals = Totals(
        layout, date.fromisoformat(manifest.month_start), date.fromisoformat(manifest.month_end)
    )
    for table in tables_in(file):
        if table.schema.names != layout.schema.names:
            raise ArchiveError(f"{file}: has other columns than {layout.table}")
        totals.add(table)
    found = totals.rows, totals.points, totals.told()
    said = manifest.rows, manifest.points, manifest.sums
    if found != said:
        raise ArchiveError(f"{file}: holds {found}, its manifest says {said}")
    return manifest
