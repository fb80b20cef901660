"""Messages of other applications, as rsyslog's omprog hands them over: into the database, and on.

A message is answered when the database has it, and not before. So whatever breaks off, rsyslog
hands it over again, and what was stored already the rules take for a repeat.
"""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kenshin import syslog
from kenshin.alerts import BATCH, notify
from kenshin.config import Config
from kenshin.engines import EngineError, failures
from kenshin.held import Held, held
from kenshin.reboot import Stop
from kenshin.rules import RuleFailed, Rules
from kenshin.syslog_parse import Received, Unreadable, parse

VERB = "syslog-ingest"
LONGEST_LINE = 65_536  # bytes of a message; of a longer one the begin is read
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0  # seconds between two attempts to reach the database
NOTIFY_PAUSE = 30.0  # seconds behind a failure to tell monitoring
_BURST = 1.0  # seconds that alerts of a burst wait for each other
_TICK, _QUIET = 0.2, 0.02

T = TypeVar("T")


@dataclass
class Report:
    """What was done."""

    completed: int = 0  # ends of provisioning
    refused: int = 0  # of them those that the rules refused
    stored: int = 0  # alerts
    unreadable: int = 0
    own: int = 0  # messages of kenshin, which are left alone
    told: int = 0  # alerts that monitoring was told of

    def line(self) -> str:
        """It in one line."""
        return (
            f"{self.completed} devices configured, {self.refused} refused, "
            f"{self.stored} alerts stored, {self.unreadable} messages unreadable, "
            f"{self.told} alerts told"
        )


class Lines:
    """The lines of a file descriptor, read without ever waiting longer than asked."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._read = bytearray()
        self._skipping = False
        self.ended = False

    def next(self, seconds: float) -> bytes | None:
        """The next line without its end; nothing when none has come in so many seconds.

        What stands behind the last line end was never whole: whoever wrote it writes it again.
        """
        until = time.monotonic() + seconds
        while (line := self._line()) is None and not self.ended:
            left = max(0.0, until - time.monotonic())
            if not select.select([self._descriptor], [], [], left)[0]:
                return None
            piece = os.read(self._descriptor, 65_536)
            self.ended = not piece
            self._read += piece
        return line

    def _line(self) -> bytes | None:
        end = self._read.find(b"\n")
        if end < 0 and len(self._read) <= LONGEST_LINE:
            return None
        if end < 0:  # no more than the begin is kept
            if not self._skipping:
                self._begin = bytes(self._read[:LONGEST_LINE])
            self._skipping = True
            self._read.clear()
            return None
        line = bytes(self._read[: min(end, LONGEST_LINE)])
        del self._read[: end + 1]
        if self._skipping:
            self._skipping = False
            return self._begin
        return line


class Ingest:
    """Takes messages in, one after the other, until the input ends or it is asked to stop."""

    def __init__(
        self, rules: Rules, config: Config, answer: Callable[[str], None], stop: Stop | None = None
    ) -> None:
        """`answer` is given OK for each message that the database has.

        The session need not be connected yet.
        """
        self.rules = rules
        self.config = config
        self.stop = stop or Stop()
        self.report = Report()
        self._answer = answer
        self._completed = re.compile(config.ingest.completed) if config.ingest.completed else None
        self._zone: ZoneInfo | None = None
        self._connected = False
        self._untold_since: float | None = 0.0  # at the start, what an earlier run left
        self._not_before = 0.0
        self._silent = False  # that monitoring is not reached was said

    def run(self, lines: Lines) -> None:
        """Until the lines end. A database or a monitoring that is away is waited for."""
        self._answer("OK")  # ready: omprog waits for it
        with held(self.config.inbox) as hand:
            self._run(lines, hand)

    def _run(self, lines: Lines, hand: Held) -> None:
        # Before what comes: it is older.
        if not all(self._take(line) for line in hand.left()):
            return
        while not self.stop.asked():
            line = lines.next(_QUIET if self._may_tell() else _TICK)
            if line is not None:
                if not self._held(line, hand):
                    return
                self._answer("OK")
            if lines.ended:
                break
            if self._may_tell() and (line is None or self._overdue()):
                self._tell()
        if self._untold_since is not None:
            self._tell()

    # --- One message ------------------------------------------------------------------------

    def _held(self, line: bytes, hand: Held) -> bool:
        """Bring a message into the database; until then it is in a file."""
        try:
            hand.keep(line)
        except OSError as error:  # the database may take it all the same
            self._say(4, f"the message in hand is in no file: {error.strerror}")
        if not self._take(line):
            return False
        hand.let_go()
        return True

    def _take(self, line: bytes) -> bool:
        """Bring a message into the database; false when it shall stop before that succeeded."""
        done = self._patiently(lambda: self._stored(line))
        if done is None:
            return False
        for count in done:
            setattr(self.report, count, getattr(self.report, count) + 1)
        if "stored" in done:
            self._untold_since = self._untold_since or time.monotonic()
        return True

    def _stored(self, line: bytes) -> list[str]:
        """Do what a message asks for; which counts of the report that adds to."""
        try:
            message = parse(line)
        except Unreadable as error:
            self._unreadable(None, f"{error}: {syslog.harmless(line.decode('utf-8', 'replace'))}")
            return ["unreadable", "stored"]
        if message.app_name == syslog.APP_NAME:
            return ["own"]
        mac = self._configured(message)
        return self._alert(message) if mac is None else self._complete(message, mac)

    def _configured(self, message: Received) -> str | None:
        """The MAC of the device whose provisioning a message says is over."""
        if message.msgid == "PROV_COMPLETED" and "mac" in message.data:
            return message.data["mac"]
        found = self._completed.search(message.text) if self._completed else None
        return found["mac"] if found else None

    def _complete(self, message: Received, mac: str) -> list[str]:
        result = self.rules.answer(
            "PROV_COMPLETED", p_mac=self._fit("PROV_COMPLETED", "p_mac", mac)
        )
        if result.ok:
            return ["completed"]
        said = self.rules.catalog.said("PROV_COMPLETED", result)
        return [
            "refused",
            *self._stored_anyhow(
                message,
                "PROV_REFUSED",
                p_source=message.app_name or "-",
                p_device=mac,
                p_message=f"{mac}: {result.code} {said}",
            ),
        ]

    def _alert(self, message: Received) -> list[str]:
        source = message.app_name or "-"
        item = message.data.get("subNumber", "")
        return self._stored_anyhow(
            message,
            _code(message.msgid, source),
            p_source=source,
            p_severity=message.severity,
            p_device=message.data.get("device"),
            p_ld_id=message.data.get("ldId"),
            p_sub_number=int(item) if re.fullmatch("[0-9]{1,5}", item) else None,
            p_state=message.data.get("state"),
            p_message=message.text,
        )

    def _stored_anyhow(self, message: Received, code: str, **arguments: Any) -> list[str]:
        """Record an alert, if no rule takes it as plain text: one must not keep all others."""
        try:
            refusal = self._raise(p_time=self._station_time(message.at), p_code=code, **arguments)
        except (RuleFailed, ValueError, ArithmeticError) as error:
            refusal = str(error)
        if not refusal:
            return ["stored"]
        self._unreadable(message, f"{code}: {refusal}: {arguments['p_message']}")
        return ["unreadable", "stored"]

    def _unreadable(self, message: Received | None, text: str) -> None:
        refusal = self._raise(
            p_time=self._station_time(message.at) if message else None,
            p_code="UNREADABLE",
            p_source=(message.app_name if message else None) or VERB,
            p_severity=message.severity if message else None,
            p_message=text,
        )
        if refusal:
            raise EngineError(f"RAISE_ALERT: {refusal}")

    def _raise(self, **arguments: Any) -> str:
        """Record an alert; why the rule refuses it, or nothing."""
        fitted = {
            name: self._fit("RAISE_ALERT", name, value) if isinstance(value, str) else value
            for name, value in arguments.items()
        }
        result = self.rules.answer("RAISE_ALERT", **fitted)
        said = self.rules.catalog.said("RAISE_ALERT", result)
        return "" if result.ok else f"{result.code} {said}"

    def _fit(self, rule: str, argument: str, text: str) -> str:
        """A text that an argument takes: texts for people are cut; what names a thing is not."""
        if argument in ("p_message", "p_source", "p_device"):
            return self.rules.fitted(rule, argument, text)
        return text[:1024]

    def _station_time(self, at: datetime | None) -> datetime | None:
        """The standard time of the station, to the second."""
        if at is None or not 1900 < at.year < 9999:
            return None  # a driver fails at it, and the rule would not believe it
        local = at.astimezone(self._zone) if self._zone else at
        saving = local.dst() if self._zone else None
        return (local - (saving or timedelta())).replace(tzinfo=None, microsecond=0)

    # --- Monitoring -------------------------------------------------------------------------

    def _may_tell(self) -> bool:
        return self._untold_since is not None and time.monotonic() >= self._not_before

    def _overdue(self) -> bool:
        return time.monotonic() - (self._untold_since or 0) > _BURST

    def _tell(self) -> None:
        """Tell monitoring. What it is not told of now it is later, by whatever tells it next."""
        try:
            self._connect()
            told = notify(self.rules, self.config, seconds=0, most=BATCH)
            self.report.told += told.count
            # One batch, and messages again: a storm of alerts must not keep them out.
            self._untold_since = time.monotonic() if told.more else None
            self._silent = False
        except _not_told() as error:
            self._not_before = time.monotonic() + NOTIFY_PAUSE
            if not isinstance(error, syslog.SyslogError):
                self._disconnect()
            if not self._silent:
                self._silent = True
                self._say(4, f"monitoring is not told of alerts: {error}; they are kept")

    # --- The database -----------------------------------------------------------------------

    def _patiently(self, work: Callable[[], T]) -> T | None:
        """Do it, again and again while the database is gone; nothing when it shall stop."""
        for seconds in _waits():
            try:
                self._connect()
                return work()
            except failures() as error:
                if seconds == FIRST_WAIT:
                    self._say(3, f"{error}; the message is kept and tried again")
                self._disconnect()
                self.stop.wait(seconds)
                if self.stop.asked():
                    return None
        raise AssertionError("it waits for ever")

    def _connect(self) -> None:
        if self._connected:
            return
        self.rules.session.connect()
        self._connected = True
        self._zone = _zone(self.rules.rows("STATION")[0]["STATION_ZONE"])

    def _disconnect(self) -> None:
        self._connected = False
        self.rules.session.close()

    def _say(self, severity: int, text: str) -> None:
        print(f"{VERB}: {text}", file=sys.stderr, flush=True)
        syslog.log(self.config.syslog, VERB, severity, text, {})


def _waits() -> Iterator[float]:
    seconds = FIRST_WAIT
    while True:
        yield seconds
        seconds = min(2 * seconds, LONGEST_WAIT)


def _zone(name: str) -> ZoneInfo | None:
    """Without a zone that is known a message's own local time counts; `doctor` warns."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _code(msgid: str | None, source: str) -> str:
    """The kind of an alert: what its MSGID says if that is a word, else who sends it."""
    if msgid and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", msgid):
        return msgid[:32]
    return re.sub(r"[^A-Za-z0-9_.-]", "_", source)[:32]


def _not_told() -> tuple[type[Exception], ...]:
    return syslog.SyslogError, *failures()
