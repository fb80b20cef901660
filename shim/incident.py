"""What goes wrong in a verb and what is well again, told to the rules of alerts."""

from __future__ import annotations

from copy import copy
from datetime import datetime
from functools import cached_property

from kenshin.engines import failures
from kenshin.rules import Rules

TRANSFER, DELIVERY, REJECTED = "TRANSFER_FAILED", "DELIVERY_FAILED", "LOG_REJECTED"
ARCHIVE = "ARCHIVE_FAILED"


class _Open:
    """The open alerts of verbs: code, source, device. Read once, for most runs have none to end."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    @cached_property
    def alerts(self) -> set[tuple[str, str, str | None]]:
        """Those that this process has raised are added, and those that it has ended removed."""
        codes = TRANSFER, DELIVERY, ARCHIVE
        rows = self._rules.session.again(
            lambda: self._rules.rows("OPEN_ALERT", "WHERE ALERT_CODE IN (?, ?, ?)", *codes)
        )
        return {(row["ALERT_CODE"], row["SOURCE"], row["DEVICE"]) for row in rows}


class Incidents:
    """The incidents of one verb, at one moment of its clock."""

    def __init__(self, rules: Rules, source: str, now: datetime | None = None) -> None:
        """Without a moment that of the database counts."""
        self.rules = rules
        self.source = source
        self.now = now
        self._open = _Open(rules)

    def of(self, part: str) -> Incidents:
        """Those of a part of the verb, whose alerts are others."""
        parts = copy(self)
        parts.source = f"{self.source}: {part}"
        return parts

    def raised(self, code: str, message: str, device: str | None = None) -> None:
        """It goes wrong; one that stands open stays as it is.

        Without a database that works it is not noted: the line of the verb says it as well.
        """
        try:
            self._tell(code, "RAISED", message, device)
            self._open.alerts.add((code, self.source, device))
        except failures():
            return

    def cleared(self, code: str, device: str | None = None) -> None:
        """It is well again. Raises EngineError."""
        alert = code, self.source, device
        if alert in self._open.alerts:
            self._tell(code, "CLEARED", None, device)
            self._open.alerts.remove(alert)

    def happened(self, code: str, message: str, device: str | None, at: datetime) -> None:
        """Something that does not last; told twice it is noted once. Raises EngineError."""
        self._tell(code, "EVENT", message, device, at)

    def _tell(
        self,
        code: str,
        state: str,
        message: str | None,
        device: str | None,
        at: datetime | None = None,
    ) -> None:
        rule = "RAISE_ALERT"
        self.rules.run(
            rule,
            p_time=at or self.now,
            p_code=code,
            p_source=self.source,
            p_device=device,
            p_state=state,
            p_message=None if message is None else self.rules.fitted(rule, "p_message", message),
        )
