"""A thread that finds out what became of controls that broke off."""

from __future__ import annotations

import logging
import threading

from kenshin.config import Config
from kenshin.engines import Session
from kenshin.he_api.client import HeadEndError, HeadEnds, NotReached
from kenshin.http_api import logs
from kenshin.http_api.answer import Problem
from kenshin.http_api.locks import held
from kenshin.http_api.outcome import Control, open_controls, settle
from kenshin.http_api.pool import Pool

# A control under way has its device locked: it is passed over. But an embedded Firebird tells
# only those who wait that a process which held a lock is gone.
_PATIENCE = 1  # seconds


class Settler:
    """Looks every `settle_seconds` for open controls, reads their meters and records them."""

    def __init__(self, config: Config, pool: Pool, head_ends: HeadEnds) -> None:
        self._pool = pool
        self._head_ends = head_ends
        self._seconds = max(1, config.http_api.settle_seconds)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settler", daemon=True)

    def start(self) -> Settler:
        """Begin at once: what the last process left open does not wait."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End behind the control that is being settled."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> int:
        """Settle what can be settled now; gives how many were. Raises EngineError."""
        settled = 0
        unreached: set[int | None] = set()
        with self._pool.session() as session:
            for control in open_controls(session, self._pool.catalog):
                if self._stopping.is_set():
                    break
                if control.heid in unreached:
                    continue
                try:
                    settled += self._settled(session, control)
                except NotReached as error:
                    unreached.add(control.heid)
                    _unsettled(control, error)
                except HeadEndError as error:
                    _unsettled(control, error)
        return settled

    def _settled(self, session: Session, control: Control) -> bool:
        catalog = self._pool.catalog
        named = {"p_table_key": control.pd_table_key}
        try:
            with held(session, catalog, _PATIENCE, devices=[named]):
                # Whoever held the device before has perhaps settled it.
                still = open_controls(session, catalog, "WHERE CONTROL_ID = ?", control.control_id)
                for one in still:
                    settle(session, catalog, self._head_ends, one)
        except Problem:
            return False  # a request has the device
        if still:
            logs.event("a control is settled", control_id=control.control_id, kind=control.kind)
        return bool(still)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
            except Exception as error:
                # The database is away, perhaps: what is open stays so until it is there again.
                logs.failure("open controls cannot be settled", error)
            self._stopping.wait(self._seconds)


def _unsettled(control: Control, error: HeadEndError) -> None:
    logs.event(
        "a control stays open",
        logging.WARNING,
        control_id=control.control_id,
        head_end=control.heid,
        reason=str(error),
    )
