"""The periodic cycle as a verb."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.alerts import Told, notify
from kenshin.batch import Batch, batch
from kenshin.catalog import Catalog
from kenshin.commands.errors import known
from kenshin.commands.moment import MOMENT
from kenshin.config import Config
from kenshin.cycle import Cycle
from kenshin.engines import open_session
from kenshin.rules import Rules


@click.command()
@click.argument("snapshot", type=MOMENT, required=False)
@click.option(
    "--until", type=MOMENT, help="Catch up to this snapshot; SNAPSHOT is then the first one."
)
@click.option("--now", type=MOMENT, help="The clock to go by; for tests and simulations.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
@click.pass_obj
def cycle(
    path: Path,
    snapshot: datetime | None,
    until: datetime | None,
    now: datetime | None,
    dry_run: bool,
) -> None:
    """Take in collection logs, diagnose, deliver usage, simulate bills, tell monitoring.

    Without SNAPSHOT (station time) it is the newest one by the clock. Every snapshot since the
    last finished cycle is a cycle of its own, run in order, so the same call catches up after
    an outage; a finished cycle is not run again. New logs are fetched first, usage files that
    wait in the outbox are delivered last, whatever became of the cycles.

    Exit status: 0 done, or nothing was due; 3 done with rejected logs or missing snapshots;
    1 something failed, and the rest is done all the same; 75 a log may still come, or another
    run is at work: run it again in a few minutes.
    """
    if until is not None and snapshot is not None and until < snapshot:
        raise click.UsageError("--until lies before SNAPSHOT")
    config = configuration.load(path)
    with batch("cycle", config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        work = Cycle(session, rules.catalog, snapshot, now or datetime.now(), until)
        if dry_run:
            lines = work.plan()
            for line in lines:
                click.echo(line)
            run.say(f"would do this with {len(lines)} logs" if lines else "nothing to do")
            return
        _run(run, work, rules, config)


def _run(run: Batch, work: Cycle, rules: Rules, config: Config) -> None:
    report = work.run(run.progress)
    run.progress("tell monitoring")
    told = Told()
    try:
        told = notify(rules, config)
        report.notified = told.count
    except known() as error:
        report.failed.append(str(error))
    rest = ", more alerts wait for the next run to tell monitoring" if told.more else ""
    run.say(report.line() + rest, report.exit_status, **report.fields())
