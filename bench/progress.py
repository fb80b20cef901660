"""Tells what is being measured: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

_SECONDS = 10.0  # between two lines of a log, at least


class Teller:
    """What is at work, and how far it has come."""

    def __init__(self, console: Console, what: str, bar: Progress) -> None:
        self._console = console
        self._what = what
        self._bar = bar
        self._task = bar.add_task(what, total=1.0)
        self._told = -_SECONDS

    def tell(self, doing: str, share: float) -> None:
        """Say what is done now, and how much of the whole is behind it, 0 to 1."""
        self._bar.update(self._task, description=f"{self._what}: {doing}", completed=share)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._told >= _SECONDS:
            self._told = now
            line = f"{datetime.now():%H:%M:%S} {self._what}: {doing}"
            self._console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def telling(console: Console, what: str) -> Iterator[Teller]:
    """A teller as long as the work lasts."""
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    bar = Progress(*columns, console=console, disable=not console.is_terminal)
    with bar:
        yield Teller(console, what, bar)
