"""What simulated head-ends cost: `python -m bench.simulator`.

Seconds and memory of writing the logs of more and more points, each number in a process of its own.
"peak" is VmHWM behind the first snapshot and behind the last one: it must not grow in between. With
--engine also how fast devices come into an installation by its rules, and how long it takes to read
the views of the head-ends.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.installation import ENGINES, installed
from kenshin.engines import open_session
from kenshin.rules import Rules
from kenshin.simulator import CUMULATIVE, INSTANT, HeadEnd, LoadCurves, Points, Registers
from kenshin.station import Station, uniform

POINTS = (8_000, 80_000, 400_000)
HEADS = (1, 2, 3, 4)
ITEMS = 5
START = datetime(2026, 3, 1)
INTERVAL = timedelta(minutes=30)
MB = 1_000_000
_KINDS = ((CUMULATIVE, -2, "1-0:1.8.0"), (INSTANT, -1, "1-0:31.6.0"))


def main() -> None:
    """Measure what the command line asks for."""
    options = _options()
    if options.one:
        return print(json.dumps(snapshots(options.one, options.snapshots)))
    console = Console()
    found = [_apart(points, options.snapshots) for points in options.points]
    console.print(_table(found, f"Logs of one snapshot, median of {options.snapshots}"))
    if options.engine:
        found = [register(engine, options.devices) for engine in options.engine]
        console.print(_table(found, f"{options.devices} devices with {ITEMS} items, by the rules"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.simulator", description=__doc__)
    parser.add_argument("--points", nargs="*", type=int, default=list(POINTS))
    parser.add_argument("--snapshots", type=int, default=3)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, help="register devices there too")
    parser.add_argument("--devices", type=int, default=1000, help="to register")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def _apart(points: int, count: int) -> dict[str, Any]:
    words = ["--one", str(points), "--snapshots", str(count)]
    done = subprocess.run(
        [sys.executable, "-m", "bench.simulator", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout))


def snapshots(points: int, count: int) -> dict[str, Any]:
    """Write the logs of some snapshots, and of what the one before had lost; megabytes, seconds."""
    registers = Registers(LoadCurves.load(), seed=2026, start=START)
    bare = _peak()
    with tempfile.TemporaryDirectory(prefix="kenshin-bench-") as folder:
        heads = {heid: HeadEnd(heid, Path(folder), registers, seed=2026 + heid) for heid in HEADS}
        tables = {heid: _points(heid, points) for heid in HEADS}
        seconds, peaks, size = [], [], 0
        for slot in range(1, count + 1):
            began = time.perf_counter()
            for heid, head in heads.items():
                _write(head, tables[heid], START + slot * INTERVAL)
            seconds.append(time.perf_counter() - began)
            peaks.append(_peak())
            size = sum(log.stat().st_size for log in Path(folder).iterdir())
            for log in Path(folder).iterdir():
                log.unlink()
    middle = sorted(seconds)[count // 2]
    return {
        "points": points,
        "logs MB": size / MB,
        "seconds": middle,
        "readings/s": points / middle,
        "bare process MB": bare,
        "peak MB": peaks[0],
        "peak MB, last": peaks[-1],
    }


def _write(head: HeadEnd, points: Points, at: datetime) -> None:
    lost = head.lost(at - INTERVAL, points.values())
    targets = ((i.pd_table_key, i.ld_address, i.sub_number, at - INTERVAL) for i, _ in lost)
    head.repoll(at, targets, points)
    head.collect(at, points.values())


def _points(heid: int, points: int) -> Points:
    """The share of one head-end: devices with five items, of two kinds."""
    table = Points()
    for key in _keys(heid, points):
        table.add(key, *_KINDS[key[2] == 2])
    return table


def _keys(heid: int, points: int) -> Iterator[tuple[int, int, int]]:
    share = points // ITEMS // len(HEADS)
    for device in range((heid - 1) * share + 1, heid * share + 1):
        yield from ((device, 2, 1), (device, 2, 2), (device, 3, 1), (device, 3, 2), (device, 4, 1))


def _peak() -> float:
    """The most memory that this process has had, in megabytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / MB for line in lines if line.startswith("VmHWM:"))


def register(engine: str, devices: int) -> dict[str, Any]:
    """Register devices on a fresh installation, then read the views of the head-ends."""
    with installed(engine, "1G") as installation, open_session(installation.config) as session:
        rules = Rules(session, installation.catalog)
        rules.run("SET_CONFIG", p_name="HE_ALLOCATION", p_value="BALANCE")
        station = Station(rules, 2026, START, 0.0, 0.0)
        began = time.perf_counter()
        station.register(uniform(devices, ITEMS))
        registered = time.perf_counter() - began
        rules.run("SYNC_HE")
        synchronised = time.perf_counter() - began - registered
        station.open_heads(installation.config.inbox)
        points = sum(map(len, station.items().values()))
        read = time.perf_counter() - began - registered - synchronised
    return {
        "engine": engine,
        "points": points,
        "devices/s": devices / registered,
        "SYNC_HE seconds": synchronised,
        "views seconds": read,
    }


def _table(found: list[dict[str, Any]], title: str) -> Table:
    table = Table(title=title)
    for name in found[0]:
        table.add_column(name, justify="left" if name == "engine" else "right")
    for row in found:
        table.add_row(
            *(
                f"{v:,.1f}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else v
                for v in row.values()
            )
        )
    return table


if __name__ == "__main__":
    main()
