"""Measure the main job beside its floor, on each engine."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from bench import report
from bench.installation import ENGINES, installed
from bench.main_job import MainJob, Run
from bench.world import HEADS, World
from kenshin.engines import open_session


def main() -> None:
    """Run the measurements that the command line asks for."""
    options = _options()
    console = Console()
    measured: dict[str, Any] = {
        "at": datetime.now().strftime("%Y-%m-%d"),
        "rows": options.rows,
        "history": max(1, options.history // options.rows) * options.rows,
        "runs": options.runs,
        "machine": report.machine(),
        "engines": {},
    }
    for engine in options.engine or ENGINES:
        measured["engines"][engine] = _measure(engine, options, console)
        # Written after each engine: what is measured stays, whatever the next one does.
        if options.json:
            options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    console.print(report.terminal_table(measured))
    if options.publish:
        report.publish(measured)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench", description=__doc__)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, help="default: all of them")
    parser.add_argument("--rows", type=int, default=80_000, help="readings of a snapshot")
    parser.add_argument(
        "--history", type=int, default=2_000_000, help="rows before it; 20000000 for the full run"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--buffer-pool", default="4G", help="of MySQL and MariaDB")
    parser.add_argument("--json", type=Path, help="write every single run to this file")
    parser.add_argument(
        "--publish", action="store_true", help="write the table and the chart into docs/"
    )
    options = parser.parse_args()
    if options.rows < len(HEADS) or options.rows % len(HEADS) or options.rows > 1_000_000:
        parser.error("--rows must be a multiple of 4, at most 1,000,000")
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


def _measure(engine: str, options: argparse.Namespace, console: Console) -> dict[str, Any]:
    runs: list[Run] = []
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console
    )
    with bar, installed(engine, options.buffer_pool) as installation:
        task = bar.add_task(engine, total=1.0)
        with open_session(installation.config) as session:
            world = World(session, options.rows, options.history)
            world.build(
                lambda what, share: bar.update(
                    task, description=f"{engine}: {what}", completed=share
                )
            )
        bar.reset(task, total=float(options.runs))
        job = MainJob(installation, world)
        for number in range(1, options.runs + 1):
            bar.update(task, completed=number - 1)
            runs.append(
                job.run(
                    lambda what, n=number: bar.update(  # type: ignore[misc]
                        task, description=f"{engine}: run {n}, {what}"
                    )
                )
            )
        bar.update(task, description=engine, completed=options.runs)
    return {
        "version": installation.version,
        "settings": installation.settings,
        "median": report.summary(runs),
        "runs": [asdict(run) for run in runs],
    }


main()
