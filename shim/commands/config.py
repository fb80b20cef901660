"""Verbs of the settings that rules read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin.catalog import Catalog
from kenshin.engines import open_session


@click.group()
def config() -> None:
    """Set the settings that rules read."""


@config.command("set")
@click.argument("name")
@click.argument("value")
@click.pass_obj
def set_value(path: Path, name: str, value: str) -> None:
    """Set NAME to VALUE, as far as the setting allows it."""
    settings = configuration.load(path)
    catalog = Catalog(settings.dialect)
    with open_session(settings) as session:
        result = session.call(catalog.database_of("SET_CONFIG"), "SET_CONFIG", name, value)
    said = catalog.said("SET_CONFIG", result) or "done"
    click.echo(f"{name}: {said}", err=not result.ok)
    sys.exit(0 if result.ok else 1)
