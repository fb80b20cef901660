"""The verb that says what is wrong with an installation, and how findings are shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kenshin import config as configuration
from kenshin import doctor as checks
from kenshin.config import ConfigError
from kenshin.preflight import STATES, Finding, worst

_STYLES = {"ok": "green", "warning": "yellow", "error": "bold red"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_obj
def doctor(path: Path, as_json: bool) -> None:
    """Say what is wrong with this installation, and what to do.

    Exit status: 0 nothing, 1 warnings, 2 errors.
    """
    try:
        findings = checks.check(configuration.load(path))
    except ConfigError as error:
        findings = [Finding("configuration", "error", str(error), "correct that entry")]
    sys.exit(report(findings, as_json))


def report(findings: Sequence[Finding], as_json: bool) -> int:
    """Show findings on standard output; return the exit status: 0 ok, 1 warnings, 2 errors."""
    state = worst(findings)
    if as_json:
        click.echo(json.dumps({"state": state, "findings": [vars(f) for f in findings]}))
    else:
        Console(highlight=False).print(_table(findings))
    return STATES.index(state)


def _table(findings: Sequence[Finding]) -> Table:
    table = Table("State", "What", "Found", "To do", box=None, header_style="")
    for finding in findings:
        state = Text(finding.state, style=_STYLES[finding.state])
        table.add_row(state, Text(finding.what), Text(finding.found), Text(finding.do))
    return table
