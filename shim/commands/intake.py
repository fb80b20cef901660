"""Verbs that take in files of other systems."""

from __future__ import annotations

from datetime import datetime

import click

from kenshin.batch import batch
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.incident import Incidents
from kenshin.intake import Intake, Kind
from kenshin.rules import Rules


def take_in(verb: str, config: Config, kind: Kind, dry_run: bool) -> None:
    """Carry out a verb that takes in the files of a kind."""
    with batch(verb, config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        intake = Intake(rules, config.inbox, kind, Incidents(rules, verb, datetime.now()))
        if not dry_run:
            counts = intake.run(run.progress)
            run.say(counts.line(), counts.status, **counts.fields())
            return
        counts, names = intake.trial()
        for name in names:
            click.echo(f"{name}: would be fetched")
        run.say(f"would be: {counts.line()}", counts.status, **counts.fields())
