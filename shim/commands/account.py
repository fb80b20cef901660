"""Verbs of the accounts with which other applications call the rules."""

from __future__ import annotations

from pathlib import Path

import click

from kenshin import access
from kenshin import config as configuration
from kenshin.engines import EngineError, open_session
from kenshin.secret import new_private, private_text

HOST = click.option(
    "--host",
    default="%",
    show_default=True,
    help="From where it may log in (MySQL, MariaDB): a host, an address, % for any.",
)


@click.group()
def account() -> None:
    """Make and remove the accounts of consumers: head-ends, billing, portal …"""


@account.command("add")
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(list(access.roles())))
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of its password, for you alone to read; made when it is not there.",
)
@HOST
@click.pass_obj
def add(path: Path, name: str, role: str, password_file: Path | None, host: str) -> None:
    """Make account NAME with the rights of a role, and no others.

    The password is never given on the command line, and there is no default one. The embedded
    engine knows accounts by their names alone and takes no password.
    """
    config = configuration.load(path)
    with open_session(config) as session:
        if session.keeps_logins and password_file is None:
            raise click.UsageError("--password-file says where the password is, or is to be put")
        made = password_file is not None and not password_file.exists()
        access.add_account(session, name, role, _password(password_file), host)
    click.echo(
        f"account {name}: {role}" + (f"; its password is in {password_file}" if made else "")
    )


@account.command("drop")
@click.argument("name")
@HOST
@click.pass_obj
def drop(path: Path, name: str, host: str) -> None:
    """Remove account NAME; what it has open ends by itself."""
    with open_session(configuration.load(path)) as session:
        access.drop_account(session, name, host)
    click.echo(f"account {name}: dropped")


@account.command("list")
@click.pass_obj
def list_(path: Path) -> None:
    """List the accounts that were made here, and their roles."""
    with open_session(configuration.load(path)) as session:
        for known in access.accounts(session):
            click.echo(f"{known.name}\t{known.role}")


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        file = new_private(path)
    except FileExistsError:
        return private_text(path, "password file").rstrip("\n")
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}") from error
    password = access.new_password()
    with file:
        file.write(f"{password}\n".encode())
    return password
