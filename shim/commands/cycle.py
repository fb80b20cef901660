"""Verbs that cron runs each cycle."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.cycle import Cycle, locked
from kenshin.engines import open_session

MOMENT = click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y%m%d%H%M"])


@click.command()
@click.argument("snapshot", type=MOMENT)
@click.option("--now", type=MOMENT, help="The clock to go by; for tests and simulations.")
@click.pass_obj
def cycle(path: Path, snapshot: datetime, now: datetime | None) -> None:
    """Take in the logs of SNAPSHOT (station time), diagnose, deliver usage, simulate bills.

    Snapshots since the last finished cycle are caught up first, in order. A cycle that
    broke off goes on where it was; a finished one is not run again. Exit status 75 means
    that a log may still come: run it again in a few minutes.
    """
    config = configuration.load(path)
    with locked(config.inbox, "cycle"), open_session(config) as session:
        work = Cycle(session, Catalog(config.dialect), snapshot, now or datetime.now())
        if sys.stderr.isatty():
            with Console(stderr=True).status("cycle") as status:
                report = work.run(status.update)
        else:
            report = work.run()
    click.echo(report.line())
    sys.exit(report.exit_status)


@click.command("sync-he")
@click.pass_obj
def sync_he(path: Path) -> None:
    """Bring HE-DB up to date with MDM-DB."""
    config = configuration.load(path)
    catalog = Catalog(config.dialect)
    with locked(config.inbox, "sync-he"), open_session(config) as session:
        result = session.call(catalog.database_of("SYNC_HE"), "SYNC_HE")
    if not result.ok:
        click.echo(
            f"sync-he: {result.message or catalog.meaning('SYNC_HE', result.code)}", err=True
        )
        sys.exit(1)
    changed = [
        f"{name} +{added} ~{changed} -{removed}"
        for name, added, changed, removed in result.rows
        if added or changed or removed
    ]
    click.echo("sync-he: " + (", ".join(changed) or "nothing had changed"))
