"""A thread that brings to an end what broke off: controls of meters, and changes of DHCP."""

from __future__ import annotations

import logging
import threading

from kenshin import dhcp
from kenshin.config import Config
from kenshin.engines import EngineError
from kenshin.he_api.client import HeadEndError, HeadEnds, NoAnswer, NoConnection
from kenshin.http_api import logs, metrics
from kenshin.http_api.answer import Problem
from kenshin.http_api.locks import held
from kenshin.http_api.outcome import Control, open_controls, settle
from kenshin.http_api.pool import Pool
from kenshin.rules import Rules

# A control under way has its device locked: it is passed over. But an embedded Firebird tells
# only those who wait that a process which held a lock is gone.
_PATIENCE = 1  # seconds


class Settler:
    """Looks every `settle_seconds` for open controls, reads their meters and records them.

    DHCP it tells what the register has of each device that it may have otherwise.
    """

    def __init__(self, config: Config, pool: Pool, head_ends: HeadEnds) -> None:
        self._config = config
        self._pool = pool
        self._head_ends = head_ends
        self._seconds = config.http_api.settle_seconds
        self._last: dict[int | None, int] = {}  # the control that was tried last, by head-end
        self._said: set[str] = set()  # of DHCP, in the last look
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settler", daemon=True)

    def start(self) -> Settler:
        """Begin at once: what the last process left open does not wait."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End behind the control, or the change of DHCP, that is being settled."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> int:
        """Settle what can be settled now; gives how many were. Raises EngineError."""
        settled = 0
        silent: set[int | None] = set()  # head-ends that would keep all others waiting
        with self._pool.session() as session:
            rules = Rules(session, self._pool.catalog)
            found = open_controls(rules)
            metrics.OPEN_CONTROLS.set(len(found))
            for control in sorted(found, key=self._turn):
                if self._stopping.is_set():
                    break
                if control.heid in silent:
                    continue
                self._last[control.heid] = control.control_id
                try:
                    settled += self._settled(rules, control)
                except HeadEndError as error:
                    if isinstance(error, (NoConnection, NoAnswer)):
                        silent.add(control.heid)
                    _unsettled(control, error)
                except EngineError as error:
                    logs.failure("a control stays open", error, control_id=control.control_id)
                    if not session.is_there():
                        raise
        return settled

    def look_at_dhcp(self) -> int:
        """Settle what can be of DHCP; gives how many were. Raises EngineError.

        Why some stay open is logged once, not in each look anew.
        """
        settled, why = 0, set[str]()
        try:
            with self._pool.session() as session:
                rules = Rules(session, self._pool.catalog)
                metrics.OPEN_DHCP_CHANGES.set(len(dhcp.open_changes(rules)))
                settled = dhcp.settle(rules, self._config, why.add, self._stopping.is_set)
        except dhcp.DhcpError as error:
            why.add(f"changes of DHCP stay open: {error}")
        finally:
            for reason in sorted(why - self._said):
                logs.event(reason, logging.WARNING)
            self._said = why
        if settled:
            logs.event("changes of DHCP are settled", number=settled)
        return settled

    def _turn(self, control: Control) -> tuple[bool, int]:
        """Behind the one that was tried last first: none keeps the others of its head-end back."""
        return control.control_id <= self._last.get(control.heid, 0), control.control_id

    def _settled(self, rules: Rules, control: Control) -> int:
        device = {"p_table_key": control.pd_table_key}
        try:
            with held(rules, _PATIENCE, devices=[device]):
                # Looked at again: whoever held the device before has perhaps settled it.
                where = "WHERE CONTROL_ID = ?"
                return len(settle(rules, self._head_ends, where, control.control_id))
        except Problem:
            return 0  # a request has the device

    def _run(self) -> None:
        while not self._stopping.is_set():
            # The database is away, perhaps: what is open stays so until it is there again.
            try:
                self.look()
            except Exception as error:
                logs.failure("open controls cannot be settled", error)
            try:
                self.look_at_dhcp()
            except Exception as error:
                logs.failure("open changes of DHCP cannot be settled", error)
            self._stopping.wait(self._seconds)


def _unsettled(control: Control, error: HeadEndError) -> None:
    logs.event(
        "a control stays open",
        logging.WARNING,
        control_id=control.control_id,
        head_end=control.heid,
        reason=str(error),
    )
