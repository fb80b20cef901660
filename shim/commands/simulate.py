"""The head-end simulator as a verb."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.commands.moment import MOMENT
from kenshin.engines import open_session
from kenshin.rules import Rules
from kenshin.station import MOST_DEVICES, MOST_ITEMS, Station, uniform


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
@click.option(
    "--devices",
    type=click.IntRange(1, MOST_DEVICES),
    help="Register so many devices first, by the rules; those that are there stay as they are.",
)
@click.option(
    "--items",
    type=click.IntRange(1, MOST_ITEMS),
    default=1,
    show_default=True,
    help="Items that are read from each of --devices.",
)
@click.pass_obj
def simulate(
    path: Path,
    snapshot: datetime,
    start: datetime,
    seed: int,
    loss: float,
    unanswered: float,
    devices: int | None,
    items: int,
) -> None:
    """Write the collection logs of SNAPSHOT, and of re-polled readings, into the inbox.

    Stands in for head-ends: it reads their views and writes what they would deliver. With
    --devices it stands in for facility management and PROV as well.
    """
    config = configuration.load(path)
    with open_session(config) as session:
        station = Station(Rules(session, Catalog(config.dialect)), seed, start, loss, unanswered)
        if devices is not None:
            _populate(station, devices, items)
        station.open_heads(config.inbox)
        points = station.items()
        for heid, head in station.heads.items():
            written = [
                head.repoll(snapshot, station.targets(heid), points[heid]),
                head.collect(snapshot, points[heid].values()),
            ]
            for log in written:
                if log is not None:
                    click.echo(log.name)


def _populate(station: Station, devices: int, items: int) -> None:
    """Register what is missing, and let the head-ends see it; goes on where a run was killed."""
    station.rules.run("SYNC_HE")
    first = station.first_unknown(devices)
    missing = uniform(devices, items, first)
    with click.progressbar(
        length=devices + 1 - first, label="register", file=sys.stderr, update_min_steps=100
    ) as bar:
        station.register(missing, lambda: bar.update(1))
    station.rules.run("SYNC_HE")
