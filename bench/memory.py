"""How much memory a cycle takes: `python -m bench.memory`.

One real cycle, from logs to usage, in a process of its own, for logs of more and more rows; its
peak is VmHWM of that process. On the servers it must be flat: less than 10 MB more for fifty times
the rows. Embedded Firebird works in the same process, with its page cache and its memory for
sorts: what the engine itself counts is taken off, and the rest must be flat too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from actors import write_config
from bench import report
from bench.installation import ENGINES, installed
from bench.world import HEADS, World
from kenshin.cli import kenshin
from kenshin.config import load
from kenshin.engines import Session, open_session

ROWS = (8_000, 80_000, 400_000)
FLAT_MB = 10.0
MB = 1_000_000
# Memory of the whole database process and of its connections; each counts its own.
_COUNTED = "SELECT MAX(m.MON$MAX_MEMORY_ALLOCATED) FROM MON$MEMORY_USAGE m"


def main() -> None:
    """Measure what the command line asks for."""
    options = _options()
    if options.child:
        return _child(options.child)
    if options.one:
        return print(json.dumps(_measure(options.engine[0], options.one, options.buffer_pool)))
    console = Console()
    measured: dict[str, Any] = {"machine": report.machine(), "flat_mb": FLAT_MB, "engines": {}}
    for engine in options.engine:
        measured["engines"][engine] = []
        for rows in options.rows:
            found = _apart(engine, rows, options.buffer_pool)
            measured["engines"][engine].append(found)
            console.print(f"{engine}, {rows:,} rows: {found}")
            if options.json:
                options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    console.print(_table(measured))
    grown = {engine: _growth(runs) for engine, runs in measured["engines"].items()}
    sys.exit(1 if any(growth >= FLAT_MB for growth in grown.values()) else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.memory", description=__doc__)
    parser.add_argument("--engine", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--rows", nargs="+", type=int, default=list(ROWS), help="of a snapshot")
    parser.add_argument("--buffer-pool", default="2G", help="of MySQL and MariaDB")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if any(rows % len(HEADS) for rows in options.rows):
        parser.error("--rows must be multiples of 4")
    return options


def _apart(engine: str, rows: int, buffer_pool: str) -> dict[str, Any]:
    """Measure in another process: one can have one embedded installation in its life."""
    words = ["--engine", engine, "--one", str(rows), "--buffer-pool", buffer_pool]
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory", *words],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _measure(engine: str, rows: int, buffer_pool: str) -> dict[str, Any]:
    """Megabytes at the peak of one cycle, and what of them is the engine's own."""
    with installed(engine, buffer_pool) as installation:
        config = installation.config
        with open_session(config) as session:
            world = World(session, rows, rows)
            world.build(lambda what, share: None)
        size = sum(world.write_log(config.inbox, heid, 1).stat().st_size for heid in HEADS)
        at = world.at(1)
        words = [f"{at:%Y%m%d%H%M}", "--now", f"{at + timedelta(minutes=25):%Y%m%d%H%M}"]
        toml = write_config(config, config.inbox.parent)
        with toml.open("a") as file:
            file.write('[syslog]\nto = "unix:/dev/null"\n')
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "bench.memory", "--child", str(toml), *words[:1]],
            input=json.dumps(words),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = dict(json.loads(done.stdout.splitlines()[-1]))
        assert found["status"] == 0, done.stdout + done.stderr
        written = sum(path.stat().st_size for path in config.outbox.rglob("USAGE_*.csv"))
    return {
        "rows": rows,
        "logs_mb": round(size / MB, 1),
        "usage_mb": round(written / MB, 1),
        "seconds": round(time.monotonic() - began, 1),
        **found,
    }


def _child(words: list[str]) -> None:
    """Run one cycle and say what the peak was."""
    path, arguments = Path(words[0]), json.load(sys.stdin)
    engine: dict[str, int] = {}
    before = _peak()
    with _engine_counted(path, engine):
        try:
            kenshin(["--config", str(path), "cycle", *arguments], standalone_mode=True)
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
    found: dict[str, Any] = {"status": status, "start_mb": before, "peak_mb": _peak()}
    if engine:
        found["engine_mb"] = round(engine["allocated"] / MB, 1)
    found["own_mb"] = round(found["peak_mb"] - found.get("engine_mb", 0.0), 1)
    print(json.dumps(found))


@contextmanager
def _engine_counted(path: Path, found: dict[str, int]) -> Iterator[None]:
    """Ask an engine that lives in this process for its own figures, before it is closed."""
    if load(path).engine != "firebird-embedded":
        yield
        return
    from kenshin.engines.firebird import FirebirdSession

    close = FirebirdSession.close

    def asking(session: Session) -> None:
        if not found:
            found["allocated"] = int(session.execute("mdm", _COUNTED)[0][0])
        close(session)  # type: ignore[arg-type]

    FirebirdSession.close = asking  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        FirebirdSession.close = close  # type: ignore[method-assign]


def _peak() -> float:
    """The most memory that this process has had, in megabytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) * 1024 / MB, 1)
    raise RuntimeError("the kernel does not tell the peak")


def _growth(runs: list[dict[str, Any]]) -> float:
    own = [run["own_mb"] for run in runs]
    return round(max(own) - own[0], 1)


def _table(measured: dict[str, Any]) -> Table:
    table = Table(title="Peak memory of one cycle, MB")
    for column in ("engine", "rows", "logs", "usage", "start", "peak", "of it engine", "rest"):
        table.add_column(column, justify="left" if column == "engine" else "right")
    for engine, runs in measured["engines"].items():
        for run in runs:
            table.add_row(
                engine,
                f"{run['rows']:,}",
                *(str(run[name]) for name in ("logs_mb", "usage_mb", "start_mb", "peak_mb")),
                str(run.get("engine_mb", "–")),
                str(run["own_mb"]),
            )
        table.add_row(engine, "growth", "", "", "", "", "", f"{_growth(runs)}", end_section=True)
    return table


if __name__ == "__main__":
    main()
