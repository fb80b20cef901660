"""The synchronisation of HE-DB as a verb."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kenshin import config as configuration
from kenshin.batch import DONE, FAILED, batch
from kenshin.catalog import Catalog
from kenshin.engines import Result, open_session
from kenshin.rules import Rules
from kenshin.trial import tried


@click.command("sync-he")
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@click.pass_obj
def sync_he(path: Path, dry_run: bool) -> None:
    """Bring HE-DB up to date with MDM-DB.

    Exit status: 0 done, or nothing had changed; 1 failed; 75 another run is at work.
    """
    config = configuration.load(path)
    with batch("sync-he", config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        if dry_run:
            result = tried(session, lambda: rules.answer("SYNC_HE"))
        else:
            result = rules.answer("SYNC_HE")
        if not result.ok:
            run.say(rules.catalog.said("SYNC_HE", result), FAILED, code=result.code)
            return
        changed = _changed(rules, result)
        would = "would change: " if dry_run and changed else ""
        run.say(would + (", ".join(changed) or "nothing had changed"), DONE)


def _changed(rules: Rules, result: Result) -> list[str]:
    """The tables that differed, with how many rows."""
    rows: list[dict[str, Any]] = rules.rows_of("SYNC_HE", result)
    return [
        f"{row['TABLE_NAME'].strip()} +{row['ADDED']} ~{row['CHANGED']} -{row['REMOVED']}"
        for row in rows
        if row["ADDED"] or row["CHANGED"] or row["REMOVED"]
    ]
