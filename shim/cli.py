"""The command line: each verb is in the file of its name in kenshin.commands."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from kenshin import __version__
from kenshin.lock import Busy

VERBS = (
    "account",
    "add-certificates",
    "close-month",
    "config",
    "cycle",
    "db",
    "demo",
    "doctor",
    "he-simulator",
    "history",
    "import-bill",
    "key",
    "purge",
    "reboot-worker",
    "register-devices",
    "secret",
    "serve",
    "simulate",
    "sync-he",
    "syslog-ingest",
)


class Verbs(click.Group):
    """Loads no verb but the one that is called: each brings libraries, some of them threads."""

    def list_commands(self, context: click.Context) -> list[str]:
        """The names of all verbs."""
        return list(VERBS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """A verb, or nothing when there is none of this name."""
        if name not in VERBS:
            return None
        word = name.replace("-", "_")
        command: click.Command = getattr(import_module(f"kenshin.commands.{word}"), word)
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """Run the command line; errors for a person are one line on standard error."""
    try:
        kenshin(standalone_mode=True)
    except Busy as error:
        click.echo(f"kenshin: {error}", err=True)
        sys.exit(75)
    except Exception as error:
        # Loaded here: it brings the drivers, which --help and --version need not.
        from kenshin.commands.errors import known

        if not isinstance(error, known()):
            raise
        click.echo(f"kenshin: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
