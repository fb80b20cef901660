"""The verb that takes in certificates."""

from __future__ import annotations

from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.commands.intake import take_in
from kenshin.intake import Kind


@click.command("add-certificates")
@click.option(
    "--dry-run", is_flag=True, help="Try the files here, list the others; change nothing."
)
@click.pass_obj
def add_certificates(path: Path, dry_run: bool) -> None:
    """Fetch files of certificates and take them in.

    They wait in inbox/certificates, and are in its done/ or rejected/ afterwards.

    Exit status: 0 done; 3 done, with rows or files that were rejected; 1 failed; 75 another
    run is at work.
    """
    config = configuration.load(path)
    kind = Kind(
        "certificates",
        "ADD_CERTIFICATE_ROWS",
        "CERTIFICATE_LINE",
        config.transfer.certificates,
        lambda name: (name,),
    )
    take_in("add-certificates", config, kind, dry_run)
