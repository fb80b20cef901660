"""The verb that removes what is past its retention, and archives first what is to be kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.archive import ArchiveError, archive_month, held, lost, verify_all
from kenshin.batch import DONE, FAILED, GAPS, Batch, batch
from kenshin.catalog import Catalog
from kenshin.commands.moment import MOMENT
from kenshin.engines import EngineError, open_session
from kenshin.engines.base import BUSY, NOTHING, Result
from kenshin.incident import ARCHIVE, Incidents
from kenshin.rules import Rules
from kenshin.trial import tried

NOT_ARCHIVED = 4002  # MDM_CONFIG ARCHIVE_HISTORY is 0


@dataclass
class Due:
    """Months that are past their retention and not archived."""

    months: list[tuple[str, tuple[date, date]]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # histories with months that are not closed
    archives: bool = True


@dataclass(frozen=True)
class Purge:
    """One run, with what it was given."""

    rules: Rules
    run: Batch
    folder: Path | None
    at: datetime | None
    most: int | None


@click.command()
@click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the months that leave; else archive of [files].",
)
@click.option("--at", type=MOMENT, help="The moment to count back from; for tests.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and change nothing.")
@click.option(
    "--most",
    type=click.IntRange(1, 10_000_000),
    help="Rows of one step, a transaction of its own; 100000.",
)
@click.option("--verify", is_flag=True, help="Only read every archived month again.")
@click.pass_obj
def purge(
    path: Path,
    archive: Path | None,
    at: datetime | None,
    dry_run: bool,
    most: int | None,
    verify: bool,
) -> None:
    """Archive the months that are due, then remove what is past its retention.

    With MDM_CONFIG ARCHIVE_HISTORY = 1 histories leave only by whole closed months whose archive
    was verified; without it there is no archive. Killed at any point, the next run goes on.
    """
    config = configuration.load(path)
    folder = archive or config.archive
    if verify and folder is None:
        raise click.UsageError("--archive, or archive in [files], says which folder to verify")
    with batch("purge", config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        if verify and folder is not None:
            _verify(rules, folder, run)
            return
        due = _due(rules, at)
        if archive is not None and not due.archives:
            raise EngineError(
                "--archive: histories are not archived; set ARCHIVE_HISTORY = 1 first, so that "
                "nothing of them can be removed without its archive"
            )
        if dry_run:
            run.say(_dry_run(rules, due, at, most), DONE)
            return
        with _held(folder if due.archives else None) as refused:
            due = _due(rules, at)  # another run may have archived some until it let go
            _purge(Purge(rules, run, folder, at, most), due, refused)


def _due(rules: Rules, at: datetime | None) -> Due:
    result = rules.answer("ARCHIVE_DUE", p_at=at)
    if result.code == NOT_ARCHIVED:
        return Due(archives=False)
    _expect(rules, "ARCHIVE_DUE", result)
    due = Due()
    for row in rules.rows_of("ARCHIVE_DUE", result):
        if row["STATE"] == "DUE":
            due.months.append((row["TABLE_NAME"], (row["MONTH_START"], row["MONTH_END"])))
        elif row["TABLE_NAME"] not in due.waiting:
            due.waiting.append(row["TABLE_NAME"])
    return due


@contextmanager
def _held(folder: Path | None) -> Iterator[str]:
    """Hold the archive; or say why it cannot be used, and what needs none of it goes on."""
    refused = ""
    with ExitStack() as stack:
        if folder is not None:
            try:
                stack.enter_context(held(folder))
            except ArchiveError as error:
                refused = str(error)
        yield refused


def _purge(work: Purge, due: Due, refused: str) -> None:
    if not due.archives:
        _say(work, due, "", [], _remove(work), _pack(work))
        return
    incidents = Incidents(work.rules, "PURGE")
    failed = refused or _archive(work, due)
    wrong = lost(work.rules, work.folder)
    told = failed or (wrong[0] if wrong else "")
    if told:
        incidents.raised(ARCHIVE, told)
    elif work.folder is not None:
        incidents.cleared(ARCHIVE)
    # What leaves with an archived month is one step with all the rest.
    removed = Counter[str]() if wrong else _remove(work)
    _say(work, due, failed, wrong, removed, _pack(work))


def _archive(work: Purge, due: Due) -> str:
    """Archive what is due; what kept a month from it, after which the others wait."""
    if work.folder is None:
        return ""
    run = work.run
    for table, month in due.months:
        what = f"archive {table} {month[0]}"
        run.progress(what)
        try:
            done = archive_month(
                work.rules, work.folder, table, month, work.at, _counted(run, what)
            )
        except EngineError as error:
            return str(error)
        run.fields["archived"] = int(str(run.fields.get("archived", 0))) + 1
        run.fields["archived_rows"] = int(str(run.fields.get("archived_rows", 0))) + done.rows
    return ""


def _counted(run: Batch, what: str) -> Callable[[int], None]:
    return lambda rows: run.progress(f"{what}: {rows} rows")


def _remove(work: Purge) -> Counter[str]:
    """Whole partitions, then step by step, each a transaction of its own, until nothing is left."""
    rules = work.rules
    removed = _drop(work)
    while True:
        result = rules.answer("PURGE_HISTORY", p_at=work.at, p_most=work.most)
        if result.code == NOTHING:
            return removed
        _expect(rules, "PURGE_HISTORY", result)
        for row in rules.rows_of("PURGE_HISTORY", result):
            removed[row["TABLE_NAME"]] += row["REMOVED"]
        work.run.progress(_totals(removed))


def _drop(work: Purge) -> Counter[str]:
    """The partitions that went. Those that others use go row by row, or with the next run."""
    result = work.rules.answer("DROP_HISTORY", p_at=work.at)
    if result.code == BUSY:
        return Counter()
    _expect(work.rules, "DROP_HISTORY", result)
    rows = work.rules.rows_of("DROP_HISTORY", result)
    return Counter({f"{row['TABLE_NAME']} partitions": row["PARTITIONS"] for row in rows})


def _pack(work: Purge) -> int:
    """How many days of a history became one partition; one that others use waits for a next run."""
    rule, packed = "PACK_HISTORY", 0
    while (result := work.rules.answer(rule, p_at=work.at)).code not in (NOTHING, BUSY):
        _expect(work.rules, rule, result)
        packed += 1
        for row in work.rules.rows_of(rule, result):
            work.run.progress(f"packed {row['TABLE_NAME']} {row['DAY_ON']}")
    return packed


def _dry_run(rules: Rules, due: Due, at: datetime | None, most: int | None) -> str:
    """What a run would do; the first step of the purge is done, and taken back."""
    months = [f"{table} {month[0]}" for table, month in due.months]
    result = tried(rules.session, lambda: rules.answer("PURGE_HISTORY", p_at=at, p_most=most))
    _expect(rules, "PURGE_HISTORY", result)
    rows = rules.rows_of("PURGE_HISTORY", result)
    removed = Counter({row["TABLE_NAME"]: row["REMOVED"] for row in rows})
    return (
        f"dry run, nothing was changed: due for the archive {', '.join(months) or 'no month'}; "
        f"the first step would remove {_totals(removed) or 'nothing'}"
    )


def _say(
    work: Purge,
    due: Due,
    failed: str,
    wrong: Sequence[str],
    removed: Counter[str],
    packed: int,
) -> None:
    run, parts, status = work.run, [], DONE
    if "archived" in run.fields:
        parts.append(
            f"archived {run.fields['archived']} months of {run.fields['archived_rows']} rows"
        )
    parts.append(f"removed {_totals(removed) or 'nothing'}")
    if packed:
        parts.append(f"packed {packed} days")
    if due.waiting:
        parts.append(
            f"past retention and not closed: {', '.join(due.waiting)}; kenshin close-month first"
        )
        status = GAPS
    if due.months and work.folder is None:
        parts.append(
            f"{len(due.months)} months wait for the archive: give --archive, or archive in [files]"
        )
        status = GAPS
    if failed:
        parts.append(f"archive failed: {failed}")
        status = FAILED
    if wrong:
        parts.append(
            f"nothing leaves until the archive is as it was recorded; of {len(wrong)} months, the "
            f"first one: {wrong[0]}"
        )
        status = FAILED
    run.say("; ".join(parts), status, removed=sum(removed.values()))


def _verify(rules: Rules, folder: Path, run: Batch) -> None:
    # Of a source of its own: only another verification ends its alert.
    incidents = Incidents(rules, "PURGE --verify")
    wrong = list(verify_all(rules, folder, run.progress))
    if wrong:
        incidents.raised(ARCHIVE, f"{len(wrong)} archived months: {wrong[0]}")
        run.say("\n".join(wrong), FAILED, wrong=len(wrong))
    else:
        incidents.cleared(ARCHIVE)
        run.say("every archived month is as it was archived", DONE, wrong=0)


def _totals(removed: Counter[str]) -> str:
    return ", ".join(f"{table} {count}" for table, count in sorted(removed.items()))


def _expect(rules: Rules, rule: str, result: Result) -> None:
    if not result.ok:
        raise EngineError(f"{rule}: {result.code} {rules.catalog.said(rule, result)}")
