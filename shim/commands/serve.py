"""The verb that serves the HTTP-API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kenshin import config as configuration
from kenshin.config import Config


@click.command()
@click.option("--listen", metavar="ADDRESS:PORT", help="Where to listen; unix:/path is a socket.")
@click.option("--workers", type=click.IntRange(1), help="Processes.")
@click.option("--threads", type=click.IntRange(1), help="Requests at a time in each of them.")
@click.pass_obj
def serve(path: Path, listen: str | None, workers: int | None, threads: int | None) -> None:
    """Serve the HTTP-API until SIGTERM; requests that run are let end.

    What is not given is as [http_api] of the configuration says. SIGHUP reads the configuration
    and the certificate anew and replaces the workers.
    """
    # Imported here: no other verb needs gunicorn.
    from kenshin.http_api import server

    given: dict[str, Any] = {"listen": listen, "workers": workers, "threads": threads}
    chosen = {name: value for name, value in given.items() if value is not None}

    def read() -> Config:
        config = configuration.load(path)
        return replace(config, http_api=replace(config.http_api, **chosen))

    server.serve(read)
