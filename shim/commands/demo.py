"""The demonstration."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from kenshin.demo import Demo, Options


@click.command()
@click.option(
    "--folder",
    default="kenshin-demo",
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to make the installation; a demonstration that is there is replaced.",
)
@click.option(
    "--meters",
    default=500,
    show_default=True,
    type=click.IntRange(20, 80_000),
    help="Physical devices.",
)
@click.option(
    "--days",
    default=7.0,
    show_default=True,
    type=click.FloatRange(0.2, 60),
    help="Days to simulate.",
)
@click.option(
    "--seed", default=2026, show_default=True, help="Everything that happens follows from it."
)
def demo(folder: Path, meters: int, days: float, seed: int) -> None:
    """Simulate four head-ends for a week and run every cycle, on the embedded engine."""
    Demo(Options(folder, meters, days, seed), Console()).run()
