"""The verb that takes in bills."""

from __future__ import annotations

import re
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.commands.intake import take_in
from kenshin.intake import Kind

_PAST = re.compile(r"(?<![A-Za-z0-9])PAST(?![A-Za-z0-9])")


@click.command("import-bill")
@click.option(
    "--dry-run", is_flag=True, help="Try the files here, list the others; change nothing."
)
@click.pass_obj
def import_bill(path: Path, dry_run: bool) -> None:
    """Fetch bill files and take them in.

    They wait in inbox/bills, and are in its done/ or rejected/ afterwards. A file in whose name
    the word PAST stands apart (BILL_PAST_1.csv) is of that class, which sets bills that a slot
    has already; any other is ONTIME.

    Exit status: 0 done; 3 done, with rows or files that were rejected; 1 failed; 75 another
    run is at work.
    """
    config = configuration.load(path)
    kind = Kind(
        "bills",
        "IMPORT_BILL_ROWS",
        "BILL_LINE",
        config.transfer.bills,
        lambda name: (name, _class_of(name)),
    )
    take_in("import-bill", config, kind, dry_run)


def _class_of(name: str) -> str:
    """The class of a bill file: PAST where that word stands in its name, else ONTIME."""
    return "PAST" if _PAST.search(name) else "ONTIME"
