"""What every batch verb does alike: its lock, its progress, its one line, its line in syslog."""

from __future__ import annotations

import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from kenshin import syslog
from kenshin.commands.errors import known
from kenshin.config import Config
from kenshin.engines import EngineError
from kenshin.lock import Busy, locked

DONE, FAILED, GAPS, TRY_AGAIN = 0, 1, 3, 75
_SEVERITY = {DONE: 6, TRY_AGAIN: 5, GAPS: 4}  # of syslog; failed is 3


class Ended(SystemExit):
    """Somebody asked the process to end; what is begun is taken back."""


@dataclass
class Batch:
    """One run of a verb: what it has to say, and how it ended."""

    verb: str
    progress: Callable[[str], None]
    line: str = "done"
    status: int = DONE
    fields: dict[str, object] = field(default_factory=dict)  # for the structured line in syslog

    def say(self, line: str, status: int = DONE, **fields: object) -> None:
        """The result: its line, its exit status, and the figures behind it."""
        self.line, self.status = line, status
        self.fields.update(fields)


@contextmanager
def batch(verb: str, config: Config) -> Iterator[Batch]:
    """Run a verb under its lock; then say how it went, in one line and to syslog, and exit.

    However the run ends, syslog has a line of it. Raises what the work raises, Busy when another
    run holds the lock, and EngineError for a file or folder of ours that cannot be used.
    """
    began = time.monotonic()

    def log(status: int, line: str, fields: dict[str, object] | None = None) -> None:
        figures = {"status": status, "seconds": round(time.monotonic() - began, 3)}
        severity = _SEVERITY.get(status, 3)
        syslog.log(config.syslog, verb, severity, line, {**figures, **(fields or {})})

    try:
        with ended_by_signal(), locked(config.inbox, verb), progress_of(verb) as progress:
            run = Batch(verb, progress)
            yield run
    except Busy as error:
        log(TRY_AGAIN, str(error))
        raise
    except known() as error:
        log(FAILED, str(error))
        raise
    except OSError as error:
        line = f"{error.filename or 'a file'}: {error.strerror or error}"
        log(FAILED, line)
        raise EngineError(line) from error
    except (Ended, KeyboardInterrupt):
        log(FAILED, "was asked to end; what it had begun is taken back: run it again")
        raise
    except Exception as error:
        # What it says could hold anything; where it was raised tells a programmer enough.
        log(FAILED, f"{type(error).__name__} at {_place(error)}")
        raise
    log(run.status, run.line, run.fields)
    click.echo(f"{verb}: {run.line}", err=run.status == FAILED)
    sys.exit(run.status)


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name} line {last.lineno}"


@contextmanager
def progress_of(verb: str) -> Iterator[Callable[[str], None]]:
    """What shows on a terminal how far a run is; nothing where there is none."""
    with ExitStack() as stack:
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        status = stack.enter_context(Console(stderr=True).status(verb))
        yield lambda text: status.update(f"{verb}: {text}")


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Within it SIGTERM raises Ended, so that transactions are taken back and files closed."""

    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for others
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(FAILED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
