"""Verbs of the schema release."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from rich.progress import Progress

from kenshin import config as configuration
from kenshin import release


@click.group()
def db() -> None:
    """Render, install and verify the schema release."""


@db.command("render")
@click.option(
    "--to",
    "folder",
    default="release",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder for the SQL files.",
)
@click.option(
    "--engine",
    type=click.Choice(configuration.ENGINES),
    help="Render for this engine with its default places; no configuration is read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def render(path: Path, folder: Path, engine: str | None, as_json: bool) -> None:
    """Write the release as plain SQL files, with scripts to run by hand. Needs no database."""
    config = (
        configuration.from_entries({"engine": engine}, Path.cwd())
        if engine
        else configuration.load(path)
    )
    written = release.render(config, folder)
    _say(
        as_json, {"files": len(written), "folder": str(folder)}, f"{len(written)} files in {folder}"
    )


@db.command("apply")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def apply(path: Path, as_json: bool) -> None:
    """Install the release into empty databases, or finish an installation that broke off."""
    config = configuration.load(path)
    total = len(release.steps(config))
    with Progress(transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("install", total=total)
        done = release.apply(
            config, lambda step: progress.update(bar, advance=1, description=step.unit.name)
        )
    found = release.verify(config)
    for difference in found:
        click.echo(f"{difference.database}.{difference.name} {difference.what}", err=True)
    _say(
        as_json,
        {"steps": total, "done": done, "differences": len(found)},
        f"{done} of {total} objects installed, {total - done} were there",
    )
    sys.exit(1 if found else 0)


@db.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.pass_obj
def verify(path: Path, as_json: bool) -> None:
    """Compare the live objects with the release: exit 0 no difference, 1 differences."""
    found = release.verify(configuration.load(path))
    lines = [f"{d.database}.{d.name} {d.what}" for d in found]
    _say(as_json, {"differences": [vars(d) for d in found]}, "\n".join(lines) or "no difference")
    sys.exit(1 if found else 0)


def _say(as_json: bool, facts: dict[str, object], line: str) -> None:
    click.echo(json.dumps(facts) if as_json else line)
