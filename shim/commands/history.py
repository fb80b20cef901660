"""The verb that shows what a metering point used, online and archived months alike."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from kenshin import config as configuration
from kenshin.archive import history as history_of
from kenshin.archive import revisions as revisions_of
from kenshin.catalog import Catalog
from kenshin.engines import EngineError, open_session
from kenshin.rules import Rules

DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
_BARS = " ▁▂▃▄▅▆▇█"
_HEIGHT = 6  # lines of the curve
_MARGIN = 14  # characters beside it, for its figures


@click.command()
@click.argument("ld_id")
@click.argument("sub_number", type=int)
@click.option("--from", "start", type=DAY, required=True, help="Start of the range.")
@click.option("--to", "end", type=DAY, required=True, help="End of the range, excluded.")
@click.option("--csv", "form", flag_value="csv", help="As CSV; so too where no terminal is.")
@click.option("--json", "form", flag_value="json", help="As JSON, one object a line.")
@click.option(
    "--archive",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the archived months; else archive of [files].",
)
@click.option(
    "--revisions", is_flag=True, help="Instead: the superseded values of archived months."
)
@click.pass_obj
def history(
    path: Path,
    ld_id: str,
    sub_number: int,
    start: datetime,
    end: datetime,
    form: str | None,
    archive: Path | None,
    revisions: bool,
) -> None:
    """Show the readings, the usage and the bills of item SUB_NUMBER of the point LD_ID.

    What is online and what is archived make one series. Moments are ends of intervals.
    """
    config = configuration.load(path)
    rows_of = revisions_of if revisions else history_of
    with open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        found = rows_of(rules, archive or config.archive, (ld_id, sub_number, start, end))
    if not found:
        raise EngineError(f"{ld_id} {sub_number}: there is nothing in the range")
    if form is None and sys.stdout.isatty():
        console = Console()
        console.print(_table(found))
        if not revisions:
            console.print(curve(found, console.width), highlight=False, markup=False)
    elif form == "json":
        for row in found:
            click.echo(json.dumps({name: _text(value) for name, value in row.items()}))
    else:
        out = csv.writer(sys.stdout, lineterminator="\n")
        out.writerow(found[0])
        out.writerows([_text(value) for value in row.values()] for row in found)


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*(_text(value) or "" for value in row.values()))
    return table


def _text(value: object) -> str | None:
    if value is None:
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def curve(rows: Sequence[dict[str, Any]], width: int) -> str:
    """The usage of slots in the order of time, drawn as bars.

    A column is the mean of the slots of its share of the time; none, where none is known.
    """
    known = [(row["MEASURED_TIME"], value) for row in rows if (value := _used(row)) is not None]
    if not known:
        return "no usage is known in the range"
    first, last = rows[0]["MEASURED_TIME"], rows[-1]["MEASURED_TIME"]
    columns = max(1, min(width - _MARGIN, len(rows)))
    means = _means(known, first, last, columns)
    top = max([mean for mean in means if mean is not None] + [Decimal(0)])
    bottom = min([mean for mean in means if mean is not None] + [Decimal(0)])
    lines = [
        "".join(_cell(mean, bottom, top, level) for mean in means)
        for level in reversed(range(_HEIGHT))
    ]
    figures = {0: f"{top:f}", _HEIGHT - 1: f"{bottom:f}"}
    drawn = [f"{figures.get(n, ''):>{_MARGIN - 2}} {line}" for n, line in enumerate(lines)]
    times = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    return "\n".join([*drawn, f"{'':>{_MARGIN - 2}} {times}, usage of an interval"])


def _used(row: dict[str, Any]) -> Decimal | None:
    """The current final usage; where there is none yet, what was delivered."""
    found = row["BILLED_USAGE"] if row["BILLED_USAGE"] is not None else row["USAGE_VALUE"]
    return None if found is None else Decimal(found)


def _means(
    known: Sequence[tuple[datetime, Decimal]], first: datetime, last: datetime, columns: int
) -> list[Decimal | None]:
    span = (last - first) or timedelta(seconds=1)
    sums: list[list[Decimal]] = [[] for _ in range(columns)]
    for at, value in known:
        sums[min(columns - 1, int((at - first) / span * columns))].append(value)
    return [
        (sum(values, Decimal(0)) / len(values)).quantize(Decimal("0.0001")) if values else None
        for values in sums
    ]


def _cell(mean: Decimal | None, bottom: Decimal, top: Decimal, level: int) -> str:
    if mean is None or top == bottom:
        return " "
    eighths = round((mean - bottom) / (top - bottom) * _HEIGHT * 8)
    return _BARS[max(0, min(8, eighths - level * 8))]
