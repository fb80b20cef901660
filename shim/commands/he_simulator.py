"""A simulated head-end's HE-API, and its directory by FTP, as a verb."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kenshin.commands.moment import MOMENT
from kenshin.secret import private_text

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
SHARE = click.FloatRange(0, 1)


@click.command("he-simulator")
@click.option("--listen", default="127.0.0.1:8490", show_default=True, help="Address and port.")
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder in which the meters outlive a restart; without one they forget.",
)
@click.option("--token-file", type=FILE, help="The token that callers must bring.")
@click.option("--certificate", type=FILE, help="TLS certificate, in PEM.")
@click.option("--key", type=FILE, help="Its private key, in PEM.")
@click.option("--seed", default=2026, show_default=True, help="Loads and chances follow from it.")
@click.option("--start", type=MOMENT, help="What its clock shows first; the present moment.")
@click.option(
    "--speed",
    type=click.FloatRange(0),
    default=1.0,
    show_default=True,
    help="How many times as fast its clock runs; 0 it stands.",
)
@click.option("--refusals", type=SHARE, default=0.0, help="Share of commands that are refused.")
@click.option("--silences", type=SHARE, default=0.0, help="Share done without an answer.")
@click.option("--delay", type=click.FloatRange(0), default=0.0, help="Seconds that one may take.")
@click.option("--ftp", help="Address and port at which --directory is served by FTP.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of its collection logs.",
)
@click.option("--ftp-user", default="he", show_default=True, help="Who may log in.")
@click.option("--ftp-password-file", type=FILE, help="The password of --ftp-user.")
def he_simulator(
    listen: str,
    state: Path | None,
    token_file: Path | None,
    certificate: Path | None,
    key: Path | None,
    seed: int,
    start: datetime | None,
    speed: float,
    refusals: float,
    silences: float,
    delay: float,
    ftp: str | None,
    directory: Path | None,
    ftp_user: str,
    ftp_password_file: Path | None,
) -> None:
    """Serve HE-API for simulated meters: any device that is asked for exists.

    With --ftp the folder of its collection logs is served as well. For demonstrations and
    tests. Who can reach it can command it: give it a token.
    """
    # Imported here: no other verb needs a web server.
    from kenshin.simulator.he_api import Habits, Options, Server

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key belong together")
    token = "".join(private_text(token_file, "file of a token").split()) if token_file else ""
    if token_file and not token:
        raise click.UsageError(f"--token-file {token_file}: no token stands in it")
    options = Options(
        listen,
        state,
        token,
        certificate,
        key,
        seed,
        start,
        speed,
        Habits(refusals, silences, delay),
    )
    if ftp is not None:
        _serve_ftp(ftp, directory, ftp_user, ftp_password_file)
    Server(options, lambda url: click.echo(f"HE-API at {url}")).run()


def _serve_ftp(listen: str, directory: Path | None, user: str, password_file: Path | None) -> None:
    if directory is None or password_file is None:
        raise click.UsageError("--ftp needs --directory and --ftp-password-file")
    try:
        from kenshin.simulator.ftp import Options, Server
    except ImportError as error:
        raise click.UsageError(f"--ftp needs {error.name}: pip install 'kenshin[demo]'") from None
    password = private_text(password_file, "file of a password").rstrip("\r\n")
    if not password:
        raise click.UsageError(f"--ftp-password-file {password_file}: no password stands in it")
    try:
        server = Server(Options(listen, directory, user, password))
    except ValueError as error:
        raise click.UsageError(f"--ftp {error}") from None
    except OSError as error:
        raise click.UsageError(f"--ftp {listen}: {error.strerror or error}") from None
    server.start()
    click.echo(f"FTP at {server.url}")
