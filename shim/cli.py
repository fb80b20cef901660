"""The command line: one group per kind of work, one file per group."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kenshin import __version__
from kenshin.commands import account as account_commands
from kenshin.commands import config as config_commands
from kenshin.commands import cycle as cycle_commands
from kenshin.commands import db as db_commands
from kenshin.commands import demo as demo_commands
from kenshin.commands import doctor as doctor_commands
from kenshin.commands import he_simulator as he_simulator_commands
from kenshin.commands import key as key_commands
from kenshin.commands import reboot as reboot_commands
from kenshin.commands import secret as secret_commands
from kenshin.commands import serve as serve_commands
from kenshin.commands import simulate as simulate_commands
from kenshin.commands.errors import known
from kenshin.cycle import Busy


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "path",
    envvar="KENSHIN_CONFIG",
    default="kenshin.toml",
    show_default=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The installation's configuration file.",
)
@click.version_option(__version__)
@click.pass_context
def kenshin(context: click.Context, path: Path) -> None:
    """A Meter Data Manager that lives in the database.

    Exit status: 0 done, 3 done with rejects or gaps, 1 failed, 2 wrong usage, 75 try again. The
    verbs of `db`, and `doctor`, say 0 nothing differs, 1 something does, 2 failed.
    """
    context.obj = path


kenshin.add_command(db_commands.db)
kenshin.add_command(config_commands.config)
kenshin.add_command(account_commands.account)
kenshin.add_command(secret_commands.secret)
kenshin.add_command(key_commands.key)
kenshin.add_command(cycle_commands.cycle)
kenshin.add_command(cycle_commands.sync_he)
kenshin.add_command(serve_commands.serve)
kenshin.add_command(simulate_commands.simulate)
kenshin.add_command(he_simulator_commands.he_simulator)
kenshin.add_command(reboot_commands.reboot_worker)
kenshin.add_command(demo_commands.demo)
kenshin.add_command(doctor_commands.doctor)


def main() -> None:
    """Run the command line; errors for a person are one line on standard error."""
    try:
        kenshin(standalone_mode=True)
    except Busy as error:
        click.echo(f"kenshin: {error}", err=True)
        sys.exit(75)
    except known() as error:
        click.echo(f"kenshin: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
