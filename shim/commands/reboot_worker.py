"""The worker of the mass reboot as a verb."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin import syslog
from kenshin.batch import DONE, FAILED, progress_of
from kenshin.catalog import Catalog
from kenshin.commands.errors import known
from kenshin.engines import open_session
from kenshin.rules import Rules

ERROR, WARNING, INFORMATION = 3, 4, 6  # severities of syslog


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

    Any number of workers may run at a time. What fails goes to syslog as well. SIGTERM or Ctrl-C
    ends one behind the device that it is at. Exit status: 0 ended as asked for; 1 the database
    failed, or with --once a device was not rebooted.
    """
    # Imported here: no other verb needs HE-API.
    from kenshin.he_api.client import HeadEnds
    from kenshin.reboot import Worker, kept_signals

    config = configuration.load(path)

    def say(text: str) -> None:
        click.echo(f"reboot-worker: {text}", err=True)
        syslog.log(config.syslog, "reboot-worker", WARNING, text, {})

    with kept_signals():
        try:
            with open_session(config) as session, progress_of("reboot-worker") as progress:
                rules = Rules(session, Catalog(config.dialect))
                worker = Worker(rules, HeadEnds(config), rate, say)
                worker.run(once, progress)
        except known() as error:
            syslog.log(config.syslog, "reboot-worker", ERROR, str(error), {"status": FAILED})
            raise
        report = worker.report
        status = FAILED if once and report.failing else DONE
        severity = ERROR if status else INFORMATION
        fields = {"status": status, **report.fields()}
        syslog.log(config.syslog, "reboot-worker", severity, report.line(), fields)
    click.echo(f"reboot-worker: {report.line()}")
    sys.exit(status)
