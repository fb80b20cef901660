"""The worker of the mass reboot as a verb."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.engines import open_session
from kenshin.he_api.client import HeadEnds
from kenshin.reboot import Worker, kept_signals
from kenshin.rules import Rules


@click.command("reboot-worker")
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    default=60.0,
    show_default=True,
    help="Devices per minute at most, so that not a whole district starts at once.",
)
@click.option("--once", is_flag=True, help="End when the queue is empty.")
@click.pass_obj
def reboot_worker(path: Path, rate: float, once: bool) -> None:
    """Reboot the devices that wait in the queue of the mass reboot.

    Any number of workers may run at a time. SIGTERM or Ctrl-C ends one behind the device that it
    is at. Exit status: 0 ended as asked for; 1 the database failed, or with --once a device was
    not rebooted.
    """
    config = configuration.load(path)
    with kept_signals(), open_session(config) as session:
        worker = Worker(
            Rules(session, Catalog(config.dialect)),
            HeadEnds(config),
            rate,
            lambda text: click.echo(f"reboot-worker: {text}", err=True),
        )
        if sys.stderr.isatty():
            with Console(stderr=True).status("reboot-worker") as status:
                worker.run(once, status.update)
        else:
            worker.run(once)
    click.echo(f"reboot-worker: {worker.report.line()}")
    sys.exit(1 if once and worker.report.failing else 0)
