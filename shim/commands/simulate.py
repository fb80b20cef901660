"""The head-end simulator as a verb."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.commands.cycle import MOMENT
from kenshin.engines import open_session
from kenshin.rules import Rules
from kenshin.station import Station


@click.command()
@click.argument("snapshot", type=MOMENT)
@click.option(
    "--start",
    type=MOMENT,
    required=True,
    help="When the registers began; the same for every snapshot.",
)
@click.option(
    "--seed", default=2026, show_default=True, help="Everything that happens follows from it."
)
@click.option(
    "--loss", default=0.03, show_default=True, help="Share of the readings that are lost."
)
@click.option(
    "--unanswered", default=0.15, show_default=True, help="Share of re-polls without an answer."
)
@click.pass_obj
def simulate(
    path: Path, snapshot: datetime, start: datetime, seed: int, loss: float, unanswered: float
) -> None:
    """Write the collection logs of SNAPSHOT, and of re-polled readings, into the inbox.

    Stands in for head-ends: it reads their views and writes what they would deliver.
    """
    config = configuration.load(path)
    with open_session(config) as session:
        station = Station(Rules(session, Catalog(config.dialect)), seed, start, loss, unanswered)
        station.open_heads(config.inbox)
        items = station.items()
        for heid, head in station.heads.items():
            written = [
                head.repoll(snapshot, station.targets(heid), items[heid]),
                head.collect(snapshot, items[heid].values()),
            ]
            for log in written:
                if log is not None:
                    click.echo(log.name)
