"""Statements as the engines' own clients run them, in scripts by hand and in those of Sqitch."""

from __future__ import annotations

from collections.abc import Iterable

from kenshin.config import Config
from kenshin.release.changes import Change
from kenshin.render import TERMINATOR, render_macro


def macro(config: Config, name: str, *arguments: object) -> list[str]:
    """The statements of one macro of change.sql."""
    return render_macro(config.dialect, "change.sql", name, *arguments)


def done(config: Config, change: Change) -> list[str]:
    """What makes a change and records it, and may be run again after it broke off."""
    statements = list(change.statements)
    if not change.repeatable:
        statements = macro(config, "unless", change.guard, statements)
    return [*statements, *macro(config, "end_change"), *change.record]


def joined(statements: Iterable[str]) -> str:
    """Statements as one text, each ended by a line of its own."""
    return "".join(f"{statement}\n{TERMINATOR}\n" for statement in statements)
