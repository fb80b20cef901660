"""Verbs of wrapped keys and hashed passwords."""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from kenshin import config as configuration
from kenshin import rotation
from kenshin import secret as secrets
from kenshin.config import Config, ConfigError
from kenshin.engines import open_session
from kenshin.secret import KeyRing, SecretError, new_private

_MOST_INPUT = 4096
_NAMED = 20

F = TypeVar("F", bound=Callable[..., Any])


def _for_device(verb: F) -> F:
    """The options that say which device and column a secret belongs to."""
    for option in (
        click.option("--serial", help="Serial number of a device that has no MAC."),
        click.option("--mac", help="MAC address of the device, in any notation."),
        click.option(
            "--column", required=True, help="PASSWORD, COMMON_KEY or SESSION_KEY.", metavar="NAME"
        ),
    ):
        verb = option(verb)
    return verb


_INPUT = click.option(
    "--from",
    "notation",
    type=click.Choice(["hex", "base64", "raw"]),
    default="hex",
    show_default=True,
    help="How standard input is written.",
)


@click.group()
def secret() -> None:
    """Wrap keys of devices and hash passwords, as the rules want them.

    Secrets come on standard input, never on the command line. The key-encryption keys are in
    KENSHIN_KEK, or in the file that kek_file in [secrets] of the configuration names.
    """


# --- Keys -----------------------------------------------------------------------------


@secret.command("new-key")
@click.option("--id", "key_id", help="Id of the key, instead of today's date.")
@click.pass_obj
def new_key(path: Path, key_id: str | None) -> None:
    """Put a fresh key at the head of the key file: it is the active one from now on."""
    if secrets.ENVIRONMENT in os.environ:
        raise click.UsageError(f"{secrets.ENVIRONMENT} is set, so no key file is in use")
    file = _key_file(configuration.load(path)).resolve()
    with _alone(file.parent):
        known = KeyRing.load(file).ids if file.exists() else ()
        chosen = key_id or _dated(known)
        if chosen in known:
            raise SecretError(f"{file}: there is a key {chosen} already")
        _prepend(file, secrets.new_key_line(chosen))
    click.echo(f"{file}: key {chosen} is active, {len(known)} older")


def _dated(known: tuple[str, ...]) -> str:
    today = date.today().isoformat()
    names = [today, *(f"{today}-{n}" for n in range(2, 1000))]
    return next(name for name in names if name not in known)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time changes a key file of this folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise SecretError(f"{folder}: {error.strerror}") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prepend(file: Path, line: str) -> None:
    """Write the key file anew beside itself and put it in its place."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        old = file.read_bytes() if file.exists() else b""
        with new_private(part) as out:
            if file.exists() and os.geteuid() == 0:
                os.fchown(out.fileno(), file.stat().st_uid, file.stat().st_gid)
            out.write(line.encode("ascii") + old)
            out.flush()
            os.fsync(out.fileno())
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SecretError(f"{file}: {error.strerror}") from None


# --- One secret -----------------------------------------------------------------------


@secret.command("wrap")
@_for_device
@_INPUT
@click.option("--hex", "shape", flag_value="hex", default=True, help="Print hexadecimal digits.")
@click.option("--base64", "shape", flag_value="base64", help="Print base64.")
@click.option("--sql", "shape", flag_value="sql", help="Print a literal, X'…'.")
@click.pass_obj
def wrap(
    path: Path, column: str, mac: str | None, serial: str | None, notation: str, shape: str
) -> None:
    """Wrap the secret on standard input for one column of one device.

    Hexadecimal digits and base64 are the bytes that they say; of raw input every byte counts,
    a line end too.
    """
    context = secrets.context_of(_column(column), mac=mac, serial=serial)
    blob = _ring(path).wrap(_given(notation), context)
    click.echo(f"X'{blob.hex()}'" if shape == "sql" else _shown(blob, shape))


@secret.command("unwrap")
@_for_device
@_INPUT
@click.option("--hex", "shape", flag_value="hex", default=True, help="Print hexadecimal digits.")
@click.option("--base64", "shape", flag_value="base64", help="Print base64.")
@click.option("--raw", "shape", flag_value="raw", help="Write the bytes as they are.")
@click.option("--force", is_flag=True, help="Show the secret on a terminal.")
@click.pass_obj
def unwrap(
    path: Path,
    column: str,
    mac: str | None,
    serial: str | None,
    notation: str,
    shape: str,
    force: bool,
) -> None:
    """Unwrap the secret on standard input, of one column of one device."""
    if _on_terminal() and not force:
        raise click.UsageError("a terminal would show the secret: send it on, or say --force")
    context = secrets.context_of(_column(column), mac=mac, serial=serial)
    clear = _ring(path).unwrap(_given(notation), context)
    if shape == "raw":
        sys.stdout.buffer.write(clear)
    else:
        click.echo(_shown(clear, shape))


@secret.command("hash-password")
def hash_password() -> None:
    """Hash the password on standard input, or asked for twice, as an argon2id PHC string.

    Of standard input the first line is the password.
    """
    if sys.stdin.isatty():
        text = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = _first_line()
    click.echo(secrets.hash_password(text))


def _on_terminal() -> bool:
    return sys.stdout.isatty()


def _first_line() -> str:
    lines = sys.stdin.buffer.read(_MOST_INPUT + 1).splitlines()
    try:
        return lines[0].decode("utf-8") if lines else ""
    except UnicodeDecodeError:
        raise SecretError("standard input is not UTF-8") from None


def _given(notation: str) -> bytes:
    if sys.stdin.isatty() and notation != "raw":
        content = click.prompt("Secret", hide_input=True, err=True).encode()
    else:
        content = sys.stdin.buffer.read(_MOST_INPUT + 1)
    if len(content) > _MOST_INPUT:
        raise SecretError(f"standard input is longer than {_MOST_INPUT} bytes")
    if notation == "raw":
        return bytes(content)
    try:
        text = b"".join(content.split())
        if notation == "hex":
            return binascii.unhexlify(text)
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SecretError(f"standard input is no {notation}") from None


def _shown(content: bytes, shape: str) -> str:
    return content.hex() if shape == "hex" else base64.b64encode(content).decode("ascii")


def _column(name: str) -> str:
    columns = sorted({column for t in rotation.wrapped_tables() for column in t.columns})
    if name.upper() not in columns:
        raise click.BadParameter(f"there are {', '.join(columns)}", param_hint="--column")
    return name.upper()


# --- All of an installation -----------------------------------------------------------


@secret.command("rotate")
@click.pass_obj
def rotate(path: Path) -> None:
    """Wrap every secret of the installation anew with the active key.

    Whatever the active key wraps already is only tried. Broken off at any point, it is started
    again. Exit status 3: some secrets could not be read, and stay as they are.
    """
    config = configuration.load(path)
    ring = _ring(path)
    with (
        open_session(config) as session,
        Progress(
            console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as progress,
    ):
        total = sum(rotation.rows_in(session, table) for table in rotation.wrapped_tables())
        bar = progress.add_task(f"rotate to {ring.active}", total=total)
        report = rotation.rotate(session, ring, lambda rows: progress.advance(bar, rows))
    for line in report.unreadable[:_NAMED]:
        click.echo(f"unreadable: {line}", err=True)
    if len(report.unreadable) > _NAMED:
        click.echo(f"and {len(report.unreadable) - _NAMED} more", err=True)
    copies = config.places["he"] != config.places["mdm"]
    click.echo(report.line() + ("; HE-DB follows with sync-he" if copies else ""))
    sys.exit(3 if report.unreadable else 0)


@secret.command("status")
@click.pass_obj
def status(path: Path) -> None:
    """Show how many secrets each key wraps, by table and column. Needs no key."""
    with open_session(configuration.load(path)) as session:
        counts = rotation.census(session)
    table = Table("Table", "Column", "Key", box=None, header_style="")
    table.add_column("Secrets", justify="right")
    for (name, column, key_id), count in sorted(counts.items()):
        table.add_row(name, column, key_id, str(count))
    Console(highlight=False, markup=False).print(table if counts else "no secrets")


def _ring(path: Path) -> KeyRing:
    """The keys of the environment, else those of the key file."""
    if secrets.ENVIRONMENT in os.environ:
        return KeyRing.from_environment()
    return KeyRing.load(_key_file(configuration.load(path)))


def _key_file(config: Config) -> Path:
    if config.kek_file is None:
        raise ConfigError(
            f"no key-encryption key: set kek_file in [secrets], or {secrets.ENVIRONMENT}"
        )
    return config.kek_file
