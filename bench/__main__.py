"""Measure what the rules cost, on each engine: all that the specification has a bar for."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from bench import growth, report
from bench.installation import ENGINES
from bench.measure import NAMES, Wanted, measure
from bench.world import HEADS
from servers.base import end_with_parent

_ROWS, _SMALL_ROWS = (80_000, 400_000), (8_000,)
_HISTORY, _SMALL_HISTORY = (5_000_000, 200_000_000), (384_000, 1_152_000)
# A row takes more room on Firebird, and there are no partitions to make a history fast.
_HISTORY_FIREBIRD = (5_000_000, 20_000_000)


def main() -> None:
    """Run the measurements that the command line asks for, one world after the other."""
    options = _options()
    # A log has no width of its own.
    console = Console(width=None if sys.stdout.isatty() else 120)
    if options.one:
        wanted = _wanted(options, options.engine[0], options.rows[0], options.history[0])
        options.one.write_text(json.dumps(measure(wanted, console)), encoding="utf-8")
        return
    worlds = report.merged(options.from_files)
    if not options.from_files:
        worlds = _measured(options, console)
    for table in report.terminal_tables(worlds):
        console.print(table)
    if options.publish:
        report.publish(worlds)
    sys.exit(1 if any(world["failed"] for world in worlds) else 0)


def _measured(options: argparse.Namespace, console: Console) -> list[dict[str, Any]]:
    worlds = []
    for engine in options.engine:
        for rows in options.rows:
            world = _grown(options, engine, rows)
            if world is None:
                console.print(f"{engine}, {rows:,} points: broken off", style="red")
                continue
            worlds.append(world)
            # Written after each one: what is measured stays, whatever the next one does.
            if options.json:
                text = json.dumps({"worlds": worlds}, indent=1)
                options.json.write_text(text + "\n", encoding="utf-8")
    return worlds


def _grown(options: argparse.Namespace, engine: str, rows: int) -> dict[str, Any] | None:
    """The world with the longest history; of shorter ones only what growth is held against."""
    histories = _HISTORY_FIREBIRD if engine == "firebird-embedded" else _HISTORY
    if options.small:
        histories = _SMALL_HISTORY
    *others, longest = sorted(options.history or histories)
    shorter = []
    for history in others if growth.NAME in options.only else ():
        wanted = replace(_wanted(options, engine, rows, history), only=(growth.NAME,))
        shorter.append(_apart(wanted))
    world = _apart(_wanted(options, engine, rows, longest))
    return world and growth.joined(filter(None, shorter), world)


def _wanted(options: argparse.Namespace, engine: str, rows: int, history: int) -> Wanted:
    only, keep = tuple(options.only), options.keep
    return Wanted(engine, rows, history, options.runs, only, options.buffer_pool, keep)


def _apart(wanted: Wanted) -> dict[str, Any] | None:
    """Measure a world in a process of its own; nothing when that ended before it was done."""
    with tempfile.TemporaryDirectory(prefix="kenshin-bench-") as folder:
        path = Path(folder) / "world.json"
        words = [
            *("--engine", wanted.engine),
            *("--rows", str(wanted.points)),
            *("--history", str(wanted.history)),
            *("--runs", str(wanted.runs)),
            *("--buffer-pool", wanted.buffer_pool),
            *("--only", *wanted.only),
            *(("--keep", str(wanted.keep)) if wanted.keep else ()),
            *("--one", str(path)),
        ]
        command = [sys.executable, "-m", "bench", *words]
        # Whoever ends this process ends the measurement too, and with it the server.
        subprocess.run(command, check=False, preexec_fn=end_with_parent())
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    add = parser.add_argument
    add("--small", action="store_true", help="8,000 points and short histories: some minutes")
    add("--engine", nargs="+", choices=ENGINES, default=list(ENGINES), help="default: all")
    add("--rows", nargs="+", type=int, help="readings of a snapshot; 80000 400000")
    add(
        "--history",
        nargs="+",
        type=int,
        help="rows before it: growth is measured at each, the rest at the longest;"
        " 5000000 200000000, on Firebird 5000000 20000000",
    )
    add("--runs", type=int, default=3)
    add("--only", nargs="*", choices=NAMES, default=list(NAMES), metavar="ROW",
        help=f"of {', '.join(NAMES)}; none of them: build the worlds that are kept")  # fmt: skip
    add("--keep", type=Path, metavar="FOLDER",
        help="leave the worlds there, and take up those that are there already")  # fmt: skip
    add("--buffer-pool", default="4G", help="of MySQL and MariaDB")
    add("--json", type=Path, help="write every single run to this file")
    add("--from", dest="from_files", nargs="+", type=Path, default=[], metavar="FILE",
        help="measure nothing: take the figures of these files, a later one wins")  # fmt: skip
    add("--publish", action="store_true", help="write the tables and the charts into docs/")
    add("--one", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rows = options.rows or list(_SMALL_ROWS if options.small else _ROWS)
    if any(r < len(HEADS) or r % len(HEADS) or r > 999_999 for r in options.rows):
        parser.error("--rows must be multiples of 4, below 1,000,000")
    if options.runs < 1 or any(rows < 1 for rows in options.history or []):
        parser.error("--runs and --history must be at least 1")
    return options


if __name__ == "__main__":
    main()
