"""What SCHEMA_HISTORY and SCHEMA_JOURNAL say, and the lock that keeps runners apart."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kenshin.config import Config
from kenshin.engines import EngineError, Session, open_session
from kenshin.release.changes import Change
from kenshin.render import template_values

PLANNED, BEGUN, DONE, ABANDONED = "PLANNED", "BEGUN", "DONE", "ABANDONED"
# What a run stands on: made before the first row can be written, outside any run.
TABLES = ("SCHEMA_RELEASE", "SCHEMA_HISTORY", "SCHEMA_JOURNAL", "SCHEMA_LOCK")


@dataclass(frozen=True)
class Run:
    """One row of SCHEMA_HISTORY."""

    number: int
    action: str
    release: str
    structure: str
    came_from: str | None
    state: str
    started_at: datetime
    finished_at: datetime | None
    account: str
    differences: int | None
    note: str | None

    @property
    def is_open(self) -> bool:
        """It is going on, or broke off."""
        return self.state == "RUNNING"

    def __str__(self) -> str:
        text = (
            f"{self.number:4}  {self.started_at}  {self.action:<9} {self.release:<8} {self.state}"
        )
        if self.differences:
            text += f", {self.differences} differences"
        return f"{text}  {self.account}  {self.note or ''}".rstrip()


@dataclass(frozen=True)
class Entry:
    """One row of SCHEMA_JOURNAL: a step of a run."""

    number: int
    place: str
    kind: str
    object: str
    state: str
    because: str | None

    @property
    def name(self) -> str:
        """What a person reads; the same as the name of the change."""
        return f"{self.kind} {self.place}.{self.object}"

    @property
    def is_open(self) -> bool:
        """Neither done nor abandoned."""
        return self.state in (PLANNED, BEGUN)

    def __str__(self) -> str:
        return f"{self.number:4}  {self.state:<9} {self.name}  {self.because or ''}".rstrip()


class Journal:
    """The record of runs, in MDM-DB."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._account = template_values("type.sql", dialect=session.config.dialect)["caller"]

    # Runs -------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """Every run, oldest first."""
        rows = self._execute(
            'SELECT h.RUN_ID, h.ACTION, h."RELEASE", h.STRUCTURE, h.FROM_RELEASE, h.STATE,'
            " h.STARTED_AT, h.FINISHED_AT, h.ACCOUNT, h.DIFFERENCES, h.NOTE"
            " FROM SCHEMA_HISTORY h ORDER BY h.RUN_ID"
        )
        return [Run(*row) for row in rows]

    def unfinished(self) -> Run | None:
        """The run that is going on, or broke off."""
        return next((run for run in self.runs() if run.is_open), None)

    def installed(self) -> Run | None:
        """The run that brought what is installed."""
        return next((run for run in reversed(self.runs()) if run.state == DONE), None)

    def begin(self, action: str, release: str, structure: str, came_from: str | None) -> int:
        """Note that a run begins, and return its number."""
        self._execute(
            'INSERT INTO SCHEMA_HISTORY (ACTION, "RELEASE", STRUCTURE, FROM_RELEASE, STATE,'
            f" STARTED_AT, ACCOUNT) VALUES (?, ?, ?, ?, 'RUNNING', ?, {self._account})",
            [action, release, structure, came_from, _now()],
        )
        return self.runs()[-1].number

    def finish(self, run: int, differences: int, note: str = "") -> None:
        """Note that a run is done, with how many differences were found behind it."""
        self._execute(
            "UPDATE SCHEMA_HISTORY SET STATE = 'DONE', FINISHED_AT = ?, DIFFERENCES = ?,"
            " NOTE = COALESCE(?, NOTE) WHERE RUN_ID = ?",
            [_now(), differences, note or None, run],
        )

    def give_up(self, run: int, note: str) -> None:
        """Note that a run is not gone on with."""
        self._execute(
            "UPDATE SCHEMA_HISTORY SET STATE = 'GIVEN UP', FINISHED_AT = ?, NOTE = ?"
            " WHERE RUN_ID = ?",
            [_now(), note, run],
        )

    # Steps ------------------------------------------------------------------------------

    def entries(self, run: int) -> list[Entry]:
        """The steps of a run, in their order."""
        rows = self._execute(
            "SELECT j.STEP, j.PLACE, j.KIND, j.OBJECT, j.STATE, j.BECAUSE FROM SCHEMA_JOURNAL j"
            " WHERE j.RUN_ID = ? ORDER BY j.STEP",
            [run],
        )
        return [Entry(*row) for row in rows]

    def plan(self, run: int, changes: list[Change]) -> dict[str, Entry]:
        """Write down the steps of a run, or those that it has not yet; return all by their name."""
        known = {entry.name: entry for entry in self.entries(run)}
        number = max((entry.number for entry in known.values()), default=0)
        with self._session.transaction():
            for change in changes:
                if change.name not in known:
                    number += 1
                    self._execute(
                        "INSERT INTO SCHEMA_JOURNAL (RUN_ID, STEP, PLACE, KIND, OBJECT, STATE)"
                        " VALUES (?, ?, ?, ?, ?, 'PLANNED')",
                        [run, number, change.database, change.kind, change.object],
                    )
        return {entry.name: entry for entry in self.entries(run)}

    def mark(self, run: int, step: int, state: str, because: str = "") -> None:
        """Note what became of a step; in the transaction that is open, if one is."""
        moment = "STARTED_AT" if state == BEGUN else "FINISHED_AT"
        self._execute(
            f"UPDATE SCHEMA_JOURNAL SET STATE = ?, {moment} = ?, ACCOUNT = {self._account},"
            " BECAUSE = ? WHERE RUN_ID = ? AND STEP = ?",
            [state, _now(), because or None, run, step],
        )

    def abandon(self, run: int, step: int, because: str) -> Entry:
        """Note that a person decided that a step of the run that broke off is not to be done.

        Raises EngineError when there is no such step, or it is done.
        """
        entry = next((e for e in self.entries(run) if e.number == step), None)
        if entry is None:
            raise EngineError(f"run {run} has no step {step}: see kenshin db history")
        if entry.state == DONE:
            raise EngineError(f"step {step} ({entry.name}) of run {run} is done")
        self.mark(run, step, ABANDONED, because)
        return entry

    def _execute(self, statement: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self._session.execute("mdm", statement, values or [])


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


@contextmanager
def alone(config: Config) -> Iterator[Session]:
    """Hold the lock of runners with a session. Raises EngineError while another one holds it."""
    with open_session(config) as session:
        session.wait_at_most(2)
        with session.transaction():
            _lock(session)
            yield session


def _lock(session: Session) -> None:
    holder = f"{socket.gethostname()} {os.getpid()}"[-128:]
    try:
        session.execute("mdm", "UPDATE SCHEMA_LOCK SET HOLDER = ? WHERE NUMBER = 1", [holder])
        if not session.execute("mdm", "SELECT k.NUMBER FROM SCHEMA_LOCK k WHERE k.NUMBER = 1"):
            insert = "INSERT INTO SCHEMA_LOCK (NUMBER, HOLDER) VALUES (1, ?)"
            session.execute("mdm", insert, [holder])
    except session.driver_error as error:
        if not session.is_passing(error):
            raise
        raise EngineError("another kenshin db is bringing a release in: wait for it") from error
