"""The mass reboot's worker: takes device after device from the queue and tells its head-end.

Which device comes next, how often one is tried and what becomes of it is the rules' affair. As many
workers as wanted may run at a time. One that is killed leaves its device to the others, which get
it behind REBOOT_TIMEOUT_MINUTES.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kenshin.engines import EngineError, failures
from kenshin.engines.base import BUSY
from kenshin.he_api.client import Device, HeadEndError, HeadEnds, NotReached
from kenshin.rules import Rules

IDLE_SECONDS = 5.0  # between two looks into an empty queue
RETRY_SECONDS = 5.0  # between two attempts to reach the database
_TICK = 0.2
ENDING = {signal.SIGTERM, signal.SIGINT}


class Stop:
    """Asked for by a signal, or by another thread."""

    def __init__(self) -> None:
        self._asked = False

    def ask(self) -> None:
        """End behind what is being done."""
        self._asked = True

    def asked(self) -> bool:
        """Whether somebody has asked; signals do within `kept_signals` only."""
        self._asked = self._asked or bool(signal.sigpending() & ENDING)
        return self._asked

    def wait(self, seconds: float) -> None:
        """Sleep so long, or until it is asked for."""
        until = time.monotonic() + seconds
        while not self.asked() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _TICK))


@contextmanager
def kept_signals() -> Iterator[None]:
    """Within it, signals that end a program only wait to be asked about.

    A handler would not do: the embedded engine puts its own in front of it, which breaks every
    connection. Nothing that starts a thread may come before.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        while signal.sigtimedwait(ENDING, 0):
            pass  # it was followed
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Job:
    """A device that was taken from the queue."""

    reservation: str
    table_key: int
    attempt: int
    name: str


@dataclass
class Report:
    """What a worker has done."""

    rebooted: int = 0
    attempts_failed: int = 0
    failing: set[tuple[str, int]] = field(default_factory=set)  # the last attempt failed

    def fields(self) -> dict[str, object]:
        """The figures of it, for the structured line."""
        return {
            "rebooted": self.rebooted,
            "attempts_failed": self.attempts_failed,
            "not_rebooted": len(self.failing),
        }

    def line(self) -> str:
        """It in one line."""
        return (
            f"{self.rebooted} devices rebooted, {self.attempts_failed} attempts failed,"
            f" {len(self.failing)} devices not rebooted"
        )


class Worker:
    """Works the queue off, no faster than so many devices a minute."""

    def __init__(
        self, rules: Rules, heads: HeadEnds, rate: float, say: Callable[[str], None]
    ) -> None:
        """`say` is told what an operator should know."""
        self.rules = rules
        self.heads = heads
        self.stop = Stop()
        self.report = Report()
        self._pause = 60 / rate
        self._lock_seconds = rules.session.config.http_api.lock_seconds
        self._may_begin = 0.0
        self._say = say

    def run(self, once: bool, progress: Callable[[str], None] = lambda _: None) -> None:
        """Until it shall stop; with `once` until the queue is empty.

        Without `once` a database that is gone is waited for; with it EngineError is raised.
        """
        while not self.stop.asked():
            self.stop.wait(self._may_begin - time.monotonic())
            if self.stop.asked():
                return
            job = self._patiently(self._next, once)
            if job is not None:
                progress(f"{job.name}: attempt {job.attempt}; {self.report.line()}")
                self._may_begin = time.monotonic() + self._pause
                self._work_off(job, once)
            elif once:
                return
            else:
                self.stop.wait(IDLE_SECONDS)
            progress(self.report.line())

    def _next(self) -> Job | None:
        rows = self.rules.rows_of("NEXT_REBOOT", self.rules.answer("NEXT_REBOOT"))
        if not rows:
            return None
        row = rows[0]
        return Job(
            row["RESERVATION_ID"],
            row["TABLE_KEY"],
            row["ATTEMPTS"],
            row["MAC"] or row["SERIAL"] or str(row["TABLE_KEY"]),
        )

    def _work_off(self, job: Job, once: bool) -> None:
        try:
            said, done = self._reboot(job), True
        except HeadEndError as error:
            said, done = str(error), False
            self._say(f"{job.name}: {said}")
        recorded = self._patiently(lambda: self._finish(job, done, said), once)
        self._count(job, done, recorded)

    def _reboot(self, job: Job) -> str:
        """What the head-end answered. Raises HeadEndError."""
        try:
            row = self._locked(job.table_key)
            device = Device(job.table_key, 1, row["MAC"], row["IP_ADDRESS"], row["PORT"])
            return self.heads.of(row["HEID"]).reboot(device).message or "restarting"
        finally:
            self.rules.session.let_go()

    def _locked(self, key: int) -> dict[str, Any]:
        """Keep other commands from a device until `let_go`; where it is. Raises NotReached."""
        seconds = self._lock_seconds
        try:
            result = self.rules.hold("LOCK_DEVICE", seconds, p_table_key=key, p_seconds=seconds)
            if result.ok:
                # On Firebird the lock gives where the device was before it was waited for.
                result = self.rules.answer("LOCATE_DEVICE", p_table_key=key)
        except failures() as error:
            raise NotReached("the database could not lock the device") from error
        if not result.ok:
            said = self.rules.catalog.meaning("LOCK_DEVICE", result.code)
            raise NotReached(said or "the device could not be locked")
        return self.rules.rows_of("LOCATE_DEVICE", result)[0]

    def _finish(self, job: Job, done: bool, said: str) -> bool:
        """Record it; false when this worker was given up on, and another has the device."""
        result = self.rules.answer(
            "FINISH_REBOOT",
            p_reservation_id=job.reservation,
            p_table_key=job.table_key,
            p_ok=int(done),
            p_message=self.rules.fitted("FINISH_REBOOT", "p_message", said),
            p_attempts=job.attempt,
        )
        if result.code == BUSY:
            self._say(f"{job.name}: not recorded, another worker has it by now")
        elif not result.ok:
            self._say(f"{job.name}: not recorded: {result.code}")
        return result.ok

    def _count(self, job: Job, done: bool, recorded: bool | None) -> None:
        key = job.reservation, job.table_key
        if not recorded:
            return
        if done:
            self.report.rebooted += 1
            self.report.failing.discard(key)
        else:
            self.report.attempts_failed += 1
            self.report.failing.add(key)

    # --- The database -----------------------------------------------------------------------

    def _patiently(self, work: Callable[[], Any], once: bool) -> Any:
        """Do it, again and again while the database is gone; nothing when it shall stop."""
        while True:
            try:
                return work()
            except failures() as error:
                if once:
                    raise
                self._say(f"{error}; it is tried again")
                self._connect_again()
                if self.stop.asked():
                    return None

    def _connect_again(self) -> None:
        while not self.stop.asked():
            self.stop.wait(RETRY_SECONDS)
            self.rules.session.close()
            try:
                self.rules.session.connect()
                return
            except EngineError:
                continue  # said once already
