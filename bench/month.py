"""A month of operation with everything breaking: `python -m bench.month`.

What tests/month.py describes, in full: 31 days of half-hourly cycles at four head-ends, once
calmly and once with programs killed and servers gone; both must come out the same. What they gave
is printed and, with --json, written.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import report
from conftest import ENGINES, Installations
from month_plan import Plan
from month_rig import rig


def main() -> None:
    """Run the month that the command line asks for; exit status 1 when anything differs."""
    options = _options()
    console = Console()
    plan = Plan(
        days=options.days,
        meters=options.meters,
        heads=4,
        seed=options.seed,
        kills=options.kills,
        server_kills=options.server_kills,
    )
    with tempfile.TemporaryDirectory(prefix="kenshin-month-") as name:
        folder = Path(name)
        installations = Installations(folder / "made")
        try:
            with (
                rig(options.engine, installations, folder, plan) as made,
                console.status(options.engine) as status,
            ):
                verdict = made.run(lambda text: status.update(f"{options.engine}: {text}"))
        finally:
            installations.close()
    found = {
        "engine": options.engine,
        "seed": options.seed,
        "machine": report.machine(),
        "failures": len(verdict.failures),
        **verdict.as_json(),
    }
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    console.print(_table(found))
    for failure in verdict.failures[:20]:
        console.print(failure, markup=False, soft_wrap=True)
    sys.exit(1 if verdict.failures else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m bench.month", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, default="mariadb")
    parser.add_argument("--days", type=float, default=31)
    parser.add_argument("--meters", type=int, default=60)
    parser.add_argument("--kills", type=int, default=50, help="SIGKILLs of the cycle")
    parser.add_argument("--server-kills", type=int, default=4, help="of the database server")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--json", type=Path, help="write the findings to this file")
    return parser.parse_args()


def _table(found: dict[str, Any]) -> Table:
    table = Table(title=f"{found['days']:g} days on {found['engine']}", show_header=False)
    for name, value in found.items():
        if name not in ("machine", "engine", "days"):
            shown = len(value) if isinstance(value, list) else value
            table.add_row(name.replace("_", " "), str(shown))
    return table


if __name__ == "__main__":
    main()
