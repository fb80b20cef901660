"""A simulated head-end's HE-API as a verb."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from kenshin.commands.cycle import MOMENT
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
) -> None:
    """Serve HE-API for simulated meters: any device that is asked for exists.

    For demonstrations and tests. Who can reach it can command it: give it a token.
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
    Server(options, lambda url: click.echo(f"HE-API at {url}")).run()
