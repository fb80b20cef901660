"""The history of one point, online and archived months alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kenshin.archive.layout import ArchiveError, Layout
from kenshin.archive.manifest import read_manifest
from kenshin.engines.base import NOTHING
from kenshin.rules import Rules

NO_POINT = 2002
_PAGE = 1000
# How QUERY_USAGE names what the archived histories hold; null there when a history has no such row.
_USAGE = ("READING", "USAGE_VALUE", "STATUS", "REPOLL_READING", "REPOLL_USAGE", "REPOLLED_AT")
_QUOTE = {"USAGE_VALUE": "BILLED_USAGE", "QUOTE": "QUOTE", "CO2": "CO2", "SOURCE": "SOURCE"}

Slot = dict[str, Any]
Range = tuple[str, int, datetime, datetime]  # point, item, start, end excluded


def history(rules: Rules, folder: Path | None, asked: Range) -> list[Slot]:
    """What QUERY_USAGE gives of an item, with what is archived of it; by time, each slot once.

    Raises ArchiveError when a month of the range is archived and its file cannot be read.
    """
    slots = {slot["MEASURED_TIME"]: slot for slot in _online(rules, asked)}
    names = list(rules.catalog.declaration("QUERY_USAGE").gives)
    for row in _archived(rules, folder, "USAGE_HISTORY", asked):
        slot = _slot_of(slots, names, row)
        if slot["STATUS"] is None:
            slot.update({name: row[name] for name in _USAGE})
    for row in _archived(rules, folder, "QUOTE_HISTORY", asked):
        slot = _slot_of(slots, names, row)
        if slot["SOURCE"] is None:
            slot.update({to: row[name] for name, to in _QUOTE.items()})
    return [slots[at] for at in sorted(slots)]


def revisions(rules: Rules, folder: Path | None, asked: Range) -> list[Slot]:
    """The superseded values of a point's item that are archived, by time and revision."""
    found = list(_archived(rules, folder, "USAGE_REVISION", asked))
    return sorted(found, key=lambda row: (row["MEASURED_TIME"], row["REVISION"]))


def _slot_of(slots: dict[datetime, Slot], names: list[str], row: Slot) -> Slot:
    at = row["MEASURED_TIME"]
    empty = {**dict.fromkeys(names), "MEASURED_TIME": at, "SUB_NUMBER": row["SUB_NUMBER"]}
    return slots.setdefault(at, empty)


def _online(rules: Rules, asked: Range) -> Iterator[Slot]:
    point, item, start, end = asked
    after = None
    while True:
        page = rules.answer(
            "QUERY_USAGE",
            p_ld_id=point,
            p_sub_number=item,
            p_from=start,
            p_to=end,
            p_after=after,
            p_limit=_PAGE,
        )
        if page.code in (NOTHING, NO_POINT):
            return  # a point may have nothing left online
        if not page.ok:
            raise ArchiveError(f"{point}: {rules.catalog.said('QUERY_USAGE', page)}")
        yield from rules.rows_of("QUERY_USAGE", page)
        after = page.rows[-1][0]


def _archived(rules: Rules, folder: Path | None, table: str, asked: Range) -> Iterator[Slot]:
    point, item, start, end = asked
    layout = Layout.of(rules.catalog, table)
    # A slot belongs to the month in which it begins: the one that ends with it, too.
    months = rules.rows(
        "ARCHIVED_MONTH",
        "WHERE TABLE_NAME = ? AND MONTH_START < ? AND MONTH_END >= ? ORDER BY MONTH_START",
        table,
        end,
        start.date(),
    )
    for month in months:
        if folder is None:
            raise ArchiveError(
                f"{table} {month['MONTH_START']} is archived: give the folder with --archive, "
                "or set archive in [files]"
            )
        file = layout.file(folder, month["MONTH_START"])
        for slot in _rows(file, layout.schema, month, (point, item)):
            if start <= slot["MEASURED_TIME"] < end:
                yield slot


def _rows(
    file: Path, schema: pa.Schema, month: dict[str, Any], wanted: tuple[str, int]
) -> Iterator[Slot]:
    """The rows of a point's item: only the row groups that can hold some are read."""
    point, item = wanted
    try:
        with pq.ParquetFile(file, page_checksum_verification=True) as parquet:
            _expect_archived(file, parquet.metadata.num_rows, month)
            for number in range(parquet.num_row_groups):
                if not _may_hold(parquet.metadata.row_group(number), point):
                    continue
                table = parquet.read_row_group(number)
                mine = pc.and_(pc.equal(table["LD_ID"], point), pc.equal(table["SUB_NUMBER"], item))
                yield from table.filter(mine).cast(schema).to_pylist()
    except FileNotFoundError as error:
        raise ArchiveError(
            f"{file}: the month is archived and its file is not here; "
            "bring it back, or name its folder with --archive"
        ) from error
    except (pa.ArrowException, OSError) as error:
        raise ArchiveError(f"{file}: cannot be read: {error}") from error


def _expect_archived(file: Path, rows: int, month: dict[str, Any]) -> None:
    recorded = month["ROWS_KEPT"], month["SHA256"]
    if (rows, read_manifest(file).sha256) != recorded:
        raise ArchiveError(
            f"{file}: is another file than the one that was archived, which had "
            f"{month['ROWS_KEPT']} rows; bring that one back"
        )


def _may_hold(group: Any, point: str) -> bool:
    statistics = group.column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= point <= statistics.max)
