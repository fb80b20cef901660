"""Verbs of the schema release.

Exit status: 0 done or no difference, 1 differences, 2 an error, 130 interrupted.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from kenshin import config as configuration
from kenshin import preflight as checks
from kenshin import release
from kenshin.commands.doctor import report
from kenshin.commands.errors import known
from kenshin.config import Config

DONE, DIFFERENT, FAILED, INTERRUPTED = 0, 1, 2, 130


@click.group()
def db() -> None:
    """Render, plan, install, prove and take back schema releases."""


def verb(name: str) -> Callable[[Callable[..., int]], click.Command]:
    """A verb with --json, whose errors a person or a program can act on."""

    def wrap(work: Callable[..., int]) -> click.Command:
        def run(as_json: bool, **given: Any) -> None:
            try:
                status = work(click.get_current_context().obj, as_json, **given)
            except BrokenPipeError:
                raise  # whoever read the output has enough; click ends quietly
            except (KeyboardInterrupt, click.Abort):
                status = _failed(as_json, "interrupted", INTERRUPTED)
            except known(OSError) as error:
                status = _failed(as_json, str(error), FAILED)
            sys.exit(status)

        # Options that the work's own decorators gave come with it.
        whole = functools.update_wrapper(run, work)
        option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
        return db.command(name)(option(whole))

    return wrap


def _failed(as_json: bool, why: str, status: int) -> int:
    if as_json:
        click.echo(json.dumps({"error": why}))
    click.echo(f"kenshin: {why}", err=True)
    return status


# --- Without a database -----------------------------------------------------------------


ENGINE = click.option(
    "--engine",
    type=click.Choice(configuration.ENGINES),
    help="Write for this engine with its default places; no configuration is read.",
)


def folder_of(default: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The option for where the files go."""
    return click.option(
        "--to",
        "folder",
        default=default,
        show_default=True,
        type=click.Path(path_type=Path),
        help="Folder for the files.",
    )


@verb("render")
@folder_of("release")
@ENGINE
def render(path: Path, as_json: bool, folder: Path, engine: str | None) -> int:
    """Write the release as plain SQL, with scripts to run by hand; no database is needed."""
    return _say_written(as_json, folder, release.render(_config(path, engine), folder))


@verb("export-sqitch")
@folder_of("sqitch")
@ENGINE
def export_sqitch(path: Path, as_json: bool, folder: Path, engine: str | None) -> int:
    """Write the release as a Sqitch project for each schema or database file."""
    return _say_written(as_json, folder, release.export_sqitch(_config(path, engine), folder))


def _say_written(as_json: bool, folder: Path, written: list[Path]) -> int:
    facts: dict[str, object] = {"files": len(written), "folder": str(folder)}
    return _say(as_json, facts, f"{len(written)} files in {folder}")


# --- Before -----------------------------------------------------------------------------


@verb("plan")
def plan(path: Path, as_json: bool) -> int:
    """Say what `apply` would do, without doing it: exit status 1 when there is something."""
    found = release.look(configuration.load(path))
    facts: dict[str, object] = {
        "from": found.came_from or None,
        "to": found.release,
        "steps": [
            {
                "step": number,
                "database": change.database,
                "kind": change.kind,
                "object": change.object,
                "locks": change.locks,
                "statements": list(change.statements),
            }
            for number, change in enumerate(found.changes, start=1)
        ],
        "grants": [str(right) for right in found.grants],
        "revokes": [str(right) for right in found.revokes],
        "api": [asdict(change) for change in found.api],
        "problems": found.problems,
    }
    _say(as_json, facts, "\n".join(_lines_of(found)))
    if found.problems:
        return FAILED
    return DIFFERENT if found.changes or found.grants or found.revokes else DONE


def _lines_of(found: release.Look) -> Iterable[str]:
    yield f"from {found.came_from or 'nothing'} to {found.release}: {len(found.changes)} steps"
    for number, change in enumerate(found.changes, start=1):
        yield f"{number:5}  {change.kind:<12} {change.database}.{change.object}"
    for kind, locks in sorted({(change.kind, change.locks) for change in found.changes}):
        yield f"{kind} locks {locks}"
    yield from (f"grant {right}" for right in found.grants)
    yield from (f"revoke {right}" for right in found.revokes)
    yield from (f"SQL-API: {change}" for change in found.api)
    yield from (f"problem: {problem}" for problem in found.problems)


@verb("preflight")
def preflight(path: Path, as_json: bool) -> int:
    """Look whether the server, its settings and what runs on it let a release in."""
    return report(checks.check(configuration.load(path)), as_json)


# --- Doing ------------------------------------------------------------------------------


@verb("apply")
def apply(path: Path, as_json: bool) -> int:
    """Bring this program's release in: structure, code, rights, proof."""
    return _run(as_json, lambda watch: release.apply(configuration.load(path), watch))


@verb("resume")
def resume(path: Path, as_json: bool) -> int:
    """Go on with a run that broke off."""
    return _run(as_json, lambda watch: release.resume(configuration.load(path), watch))


@verb("rollback")
@click.option("--to", "earlier", required=True, help="The release to go back to.")
def rollback(path: Path, as_json: bool, earlier: str) -> int:
    """Go back to the code and the rights of an earlier release; tables stay as they are."""
    config = configuration.load(path)
    return _run(as_json, lambda watch: release.rollback(config, earlier, watch))


@verb("abandon")
@click.argument("step", type=int)
@click.option("--because", required=True, help="Why; it stays in the record.")
def abandon(path: Path, as_json: bool, step: int, because: str) -> int:
    """Record that a STEP of the run that broke off is not to be done; `resume` leaves it out."""
    entry = release.abandon(configuration.load(path), step, because)
    return _say(
        as_json,
        {"step": step, "name": entry.name, "because": because},
        f"step {step}, {entry.name}: abandoned",
    )


@verb("baseline")
@click.option("--release", "number", required=True, help="The release that is there.")
@click.option("--because", required=True, help="Why it is noted by hand; it stays in the record.")
def baseline(path: Path, as_json: bool, number: str, because: str) -> int:
    """Note that what is installed is a release, when nothing differs from it."""
    outcome = release.baseline(configuration.load(path), number, because)
    return _say(
        as_json,
        {"release": outcome.release, "objects": outcome.done},
        f"release {outcome.release}: {outcome.done} objects noted",
    )


def _run(as_json: bool, work: Callable[[release.Watch], release.Outcome]) -> int:
    with Bar(
        TextColumn("{task.description:<48}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("", total=None)

        def watch(at: release.Progress) -> None:
            bar.update(task, total=at.total, completed=at.number - 1, description=at.name)
            if at.note:
                click.echo(f"{at.name}: {at.moment}: {at.note}", err=True)

        outcome = work(watch)
    differences = [asdict(difference) for difference in outcome.differences]
    for difference in outcome.differences:
        click.echo(str(difference), err=True)
    _say(
        as_json,
        {
            "release": outcome.release,
            "steps": outcome.done,
            "differences": differences,
        },
        f"release {outcome.release}: {outcome.done} steps done, {len(differences)} differences",
    )
    return DIFFERENT if differences else DONE


# --- Proof ------------------------------------------------------------------------------


@verb("verify")
def verify(path: Path, as_json: bool) -> int:
    """Compare all objects with the release that is installed, and call every one harmlessly."""
    return _prove(as_json, configuration.load(path), probe=True)


@verb("drift")
def drift(path: Path, as_json: bool) -> int:
    """Compare all objects with the release that is installed; nothing is called."""
    return _prove(as_json, configuration.load(path), probe=False)


@verb("history")
@click.option("--steps", "with_steps", is_flag=True, help="Show the steps of each run as well.")
def history(path: Path, as_json: bool, with_steps: bool) -> int:
    """Show every run that brought a release in or took it back."""
    runs = release.history(configuration.load(path))
    facts = [
        asdict(run) | ({"steps": [asdict(entry) for entry in entries]} if with_steps else {})
        for run, entries in runs
    ]
    lines = []
    for run, entries in runs:
        lines.append(str(run))
        lines += [f"  {e}" for e in entries if with_steps or (run.is_open and e.is_open)]
    click.echo(json.dumps(facts, default=str) if as_json else "\n".join(lines) or "nothing was run")
    return DONE


def _prove(as_json: bool, config: Config, probe: bool) -> int:
    there, found = release.number(config), release.verify(config, probe)
    lines = [str(difference) for difference in found] or [f"no difference from release {there}"]
    differences = [asdict(difference) for difference in found]
    _say(as_json, {"release": there, "differences": differences}, "\n".join(lines))
    return DIFFERENT if found else DONE


def _config(path: Path, engine: str | None) -> Config:
    if engine is None:
        return configuration.load(path)
    return configuration.from_entries({"engine": engine}, Path.cwd())


def _say(as_json: bool, facts: dict[str, object], line: str) -> int:
    click.echo(json.dumps(facts) if as_json else line)
    return DONE
