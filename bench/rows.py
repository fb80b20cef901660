"""What is measured, with the bar and the moonshot of each row; here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

_SERVERS = ("mysql", "mariadb")
_ALL = (*_SERVERS, "firebird-embedded")


@dataclass(frozen=True)
class Bar:
    """What a value may be at most, and what would be as good as it gets."""

    most: float
    moonshot: float | None = None


@dataclass(frozen=True)
class Row:
    """One row of the table. Less is better in every one of them."""

    name: str
    title: str
    unit: str  # x: times the floor
    bars: Mapping[str, Bar] = field(default_factory=dict)  # by engine
    asked: tuple[int, ...] = ()  # points that the bars are set for; empty: whatever they are
    digits: int = 2


def _for(engines: tuple[str, ...], most: float, moonshot: float | None = None) -> dict[str, Bar]:
    return dict.fromkeys(engines, Bar(most, moonshot))


_JOB = {**_for(_SERVERS, 2.5, 1.5), "firebird-embedded": Bar(4.0, 2.5)}

ROWS = {
    row.name: row
    for row in (
        Row("snapshot", "one snapshot, file in to file out / floor", "x", _JOB, (80_000, 400_000)),
        Row("growth", "growth of its time over the history", "x", _for(_ALL, 1.2)),
        Row("export", "EXPORT_USAGE / bare outfile", "x", _for(_SERVERS, 1.5, 1.1), (400_000,)),
        Row("export-seconds", "EXPORT_USAGE_ROWS, streamed", "s"),
        Row("month", "a point's month, QUERY_USAGE, p95", "ms", _for(_ALL, 10.0, 3.0), (), 1),
        Row("month-bare", "a point's month, bare SELECTs, p95", "ms", _for(_ALL, 10.0, 3.0), (), 1),
        Row("bill", "SIMULATE_BILL / bare UPDATE", "x", _for(_ALL, 2.0, 1.3), (400_000,)),
        Row("purge", "purge of one day of readings", "s", _for(_ALL, 1.0), (400_000,)),
        # A tenth of a second is what an insert waits for the disk now and then.
        Row("purge-wait", "longest that an insert waited for it", "s", _for(_ALL, 0.1), (400_000,)),
        Row("pack", "packing a day of both histories", "s"),
        Row("sync", "SYNC_HE, 100 changed devices", "s", _for(_ALL, 0.5), (80_000,)),
        Row("bytes", "bytes of a reading, packed and priced", "bytes", _for(_ALL, 140, 60), (), 0),
        Row(
            "bytes-live", "bytes of a reading, live and priced", "bytes", _for(_ALL, 140, 60), (), 0
        ),
        Row("archive", "archived, bytes of a reading", "bytes", _for(_ALL, 6, 4)),
        Row("readers", "a cycle with 10 readers / alone", "x"),
        Row("readers-p95", "a point's month during the cycle, p95", "ms", {}, (), 1),
        Row("python", "plain Python, executemany / our import", "x"),
        Row("copy", "our import / COPY into PostgreSQL", "x"),
    )
}


def verdict(row: Row, engine: str, points: int, value: float) -> str:
    """Whether the bar is met, and else by how much it is missed; empty where none is set."""
    bar = row.bars.get(engine)
    if bar is None or (row.asked and points not in row.asked):
        return ""
    if bar.moonshot is not None and value <= bar.moonshot:
        return "moonshot met"
    if value <= bar.most:
        return "met"
    return f"missed by {shown(row, value - bar.most)}"


def shown(row: Row, value: float) -> str:
    """A value with its unit."""
    digits = row.digits
    while value and digits < 4 and abs(value) < 10**-digits:
        digits += 1
    return f"{value:.{digits}f} {'×' if row.unit == 'x' else row.unit}"


def bar_shown(row: Row, engine: str) -> str:
    """The bar of a row and its moonshot; empty where none is set."""
    bar = row.bars.get(engine)
    if bar is None:
        return ""
    unit = "×" if row.unit == "x" else row.unit
    best = f", moonshot {bar.moonshot:g}" if bar.moonshot is not None else ""
    return f"{bar.most:g} {unit}{best}"
