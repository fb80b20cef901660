"""A month on its way out: sealed, written, verified, noted; each step can be done again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kenshin.archive.layout import HISTORIES, ArchiveError, Layout
from kenshin.archive.manifest import Manifest, sha256_of, verify
from kenshin.archive.places import need_folder, set_aside
from kenshin.archive.write import write_month
from kenshin.engines.base import NOTHING, Result
from kenshin.rules import Rules

_POINTS = 8  # of a page: some ten thousand rows
_ANOTHER = 3001  # another file of the month was recorded


def archive_month(
    rules: Rules,
    folder: Path,
    table: str,
    month: tuple[date, date],
    at: datetime | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Manifest:
    """Archive a month that ARCHIVE_DUE names; from then on PURGE_HISTORY may remove it.

    A file that a run before left behind is verified and used, or set aside. Raises ArchiveError
    when the month cannot be archived, or is: then nothing of it is removed, or written.
    """
    need_folder(folder)
    layout = Layout.of(rules.catalog, table)
    file = layout.file(folder, month[0])
    _expect(rules, "BEGIN_ARCHIVE", p_table_name=table, p_month_start=month[0], p_at=at)
    left = _left_behind(layout, file)
    if left is not None:
        noted = _note(rules, left)
        if noted.ok:
            return left
        if noted.code == _ANOTHER:
            raise ArchiveError(f"{file}: {rules.catalog.said('NOTE_ARCHIVED', noted)}")
    # It is not what the history holds; but it may be all that there is of other rows.
    _set_aside(file)
    write_month(layout, file, month, lambda: _pages(rules, layout, month[0]), progress)
    manifest = verify(layout, file)
    noted = _note(rules, manifest)
    if not noted.ok:
        raise ArchiveError(f"{file}: {rules.catalog.said('NOTE_ARCHIVED', noted)}")
    return manifest


def verify_all(rules: Rules, folder: Path, progress: Callable[[str], None]) -> Iterator[str]:
    """Read every archived month again and yield what is wrong."""
    for month in rules.rows("ARCHIVED_MONTH", "ORDER BY MONTH_START, TABLE_NAME"):
        layout = Layout.of(rules.catalog, month["TABLE_NAME"])
        file = layout.file(folder, month["MONTH_START"])
        progress(f"{layout.table} {month['MONTH_START']}")
        try:
            manifest = verify(layout, file)
        except ArchiveError as error:
            yield str(error)
            continue
        if manifest.sha256 != month["SHA256"]:
            yield f"{file}: is another file than the one that was archived"


def lost(rules: Rules, folder: Path | None) -> list[str]:
    """What is wrong with the files of archived months of which rows are left to be removed."""
    months = rules.rows(
        "ARCHIVED_MONTH", "WHERE REMOVED_AT IS NULL ORDER BY MONTH_START, TABLE_NAME"
    )
    if months and folder is None:
        return [
            f"{len(months)} archived months cannot be looked at: give --archive, "
            "or archive in [files]"
        ]
    return [
        wrong for month in months if folder is not None and (wrong := _wrong(rules, folder, month))
    ]


def _wrong(rules: Rules, folder: Path, month: dict[str, Any]) -> str:
    layout = Layout.of(rules.catalog, month["TABLE_NAME"])
    file = layout.file(folder, month["MONTH_START"])
    try:
        if sha256_of(file) == month["SHA256"]:
            return ""
    except OSError as error:
        return f"{file}: the archived month cannot be read: {error.strerror}; bring it back"
    return f"{file}: is another file than the one that was archived; bring that one back"


def _expect(rules: Rules, rule: str, **arguments: Any) -> None:
    result = rules.answer(rule, **arguments)
    if not result.ok:
        table, month = arguments["p_table_name"], arguments["p_month_start"]
        raise ArchiveError(f"{table} {month}: {rules.catalog.said(rule, result)}")


def _left_behind(layout: Layout, file: Path) -> Manifest | None:
    try:
        return verify(layout, file)
    except ArchiveError:
        return None


def _set_aside(file: Path) -> None:
    try:
        set_aside(file)
    except OSError as error:
        raise ArchiveError(f"{file}: cannot be set aside: {error.strerror}") from error


def _note(rules: Rules, manifest: Manifest) -> Result:
    return rules.answer(
        "NOTE_ARCHIVED",
        p_table_name=manifest.table,
        p_month_start=date.fromisoformat(manifest.month_start),
        p_rows=manifest.rows,
        p_points=manifest.points,
        p_sums=manifest.sums_text,
        p_file_name=manifest.file,
        p_sha256=manifest.sha256,
    )


def _pages(rules: Rules, layout: Layout, month: date) -> Iterator[Sequence[tuple[Any, ...]]]:
    rule = HISTORIES[layout.table]
    place = layout.schema.names.index("LD_ID")
    after = None
    while True:
        page = rules.answer(rule, p_month_start=month, p_after=after, p_points=_POINTS)
        if page.code == NOTHING:
            return
        if not page.ok:
            raise ArchiveError(f"{layout.table} {month}: {rules.catalog.said(rule, page)}")
        yield page.rows
        after = page.rows[-1][place]
