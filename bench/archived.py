"""Bytes of a reading in the archive: a month of real curves, priced by tiers, in both histories."""

from __future__ import annotations

import csv
import gzip
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from bench.station import Measured, NotHere, Station
from kenshin.archive.layout import Layout
from kenshin.archive.write import write_month
from kenshin.catalog import Catalog

_CURVES = Path(__file__).resolve().parents[1] / "fixtures/load_curves/households_30min_wh.csv.gz"
_MONTH = date(2017, 11, 1), date(2017, 12, 1)
_TABLES = ("USAGE_HISTORY", "QUOTE_HISTORY")
_FOUR = Decimal("0.0001")
_UNITS = 10  # Wh of the last digit of a register


def measure(station: Station) -> list[Measured]:
    """Both histories of 60 points and one month, written as `kenshin purge` writes them."""
    if station.firebird:
        raise NotHere("the files are the same for every engine")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="kenshin-bench-") as folder:
        for table in _TABLES:
            station.say(table)
            size, rows = _written(station.installation.catalog, Path(folder), table)
            figures[table] = size / rows
    found = sum(figures.values())
    return [Measured("archive", found, [figures], f"60 points, {rows:,} readings")]


def _written(catalog: Catalog, folder: Path, table: str) -> tuple[int, int]:
    layout = Layout.of(catalog, table)
    rows = sorted(
        tuple(row.get(name) for name in layout.types) for row in (pair[table] for pair in _slots())
    )
    manifest = write_month(layout, layout.file(folder, _MONTH[0]), _MONTH, lambda: iter([rows]))
    return manifest.size, manifest.rows


def _slots() -> Iterator[dict[str, dict[str, Any]]]:
    """Every slot of the month: a row of each history."""
    with gzip.open(_CURVES, "rt", encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    for column, name in enumerate(header[1:], 1):
        register, used = int(name) * 7 % 2_000_000 + 500_000, Decimal(0)
        rest = 0
        for line in lines:
            at = datetime.fromisoformat(line[0]) + timedelta(minutes=30)
            units, rest = divmod(rest + int(line[column]), _UNITS)
            register += units
            if not _MONTH[0] <= (at - timedelta(seconds=1)).date() < _MONTH[1]:
                continue
            usage = Decimal(units) / 100
            key = {"LD_ID": f"P{int(name):09}", "SUB_NUMBER": 1, "MEASURED_TIME": at}
            quote = _money(_tiers(used + usage) - _tiers(used)) + _money(Decimal(840) / 1440)
            used += usage
            yield {
                "USAGE_HISTORY": {
                    **key,
                    "READING": Decimal(register) / 100,
                    "USAGE_VALUE": usage,
                    "STATUS": 0,
                    "REPOLLS": 0,
                },
                "QUOTE_HISTORY": {
                    **key,
                    "USAGE_VALUE": usage,
                    "QUALITY": "M",
                    "REVISION": 0,
                    "QUOTE": quote,
                    "CO2": _money(usage * Decimal("0.4")),
                    "SOURCE": "S",
                    # A cycle prices a snapshot as soon as its logs are there.
                    "UPDATED_AT": at + timedelta(minutes=21),
                },
            }


def _tiers(used: Decimal) -> Decimal:
    """What so many kWh cost from the begin of the month."""
    first, second = min(used, Decimal(120)), min(max(used - 120, Decimal(0)), Decimal(180))
    third = max(used - 300, Decimal(0))
    return first * Decimal("19.88") + second * Decimal("26.48") + third * Decimal("30.57")


def _money(value: Decimal) -> Decimal:
    return value.quantize(_FOUR, ROUND_HALF_UP)
