"""Alerts to monitoring: which ones, is asked of the rules; each goes out as a message of syslog."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from kenshin.config import Config
from kenshin.rules import Rules
from kenshin.syslog import Message, deliver

CONNECTION = 1000  # alerts of one connection at most: so many may come twice
BATCH = 100  # of them those of one transaction
SECONDS = 30.0  # behind so long a run leaves the rest to the next one

_FIELDS = {
    "alertId": "ALERT_ID",
    "state": "STATE",
    "code": "ALERT_CODE",
    "source": "SOURCE",
    "device": "DEVICE",
    "ldId": "LD_ID",
    "subNumber": "SUB_NUMBER",
    "generatedTime": "GENERATED_TIME",
    "measuredTime": "MEASURED_TIME",
    "clearedTime": "CLEARED_AT",
}


@dataclass(frozen=True)
class Told:
    """How many alerts monitoring was told of, and whether more wait."""

    count: int = 0
    more: bool = False


def _never() -> bool:
    return False


def notify(
    rules: Rules,
    config: Config,
    seconds: float = SECONDS,
    most: int = CONNECTION,
    stop: Callable[[], bool] = _never,
) -> Told:
    """Send the alerts that monitoring was not told of, `most` over a connection.

    Once so many seconds have passed, or `stop` says so, it ends behind the connection at hand.
    Raises SyslogError when monitoring cannot be reached, and EngineError. What was sent before
    stays noted. An alert is noted behind its sending: one that breaks off there, or a second one
    at the same moment, sends it again with the same alertId and state.
    """
    station = rules.rows("STATION")[0]["STATION_ID"]
    until = time.monotonic() + seconds
    sent = 0
    while alerts := rules.rows_of("NEXT_ALERT", rules.answer("NEXT_ALERT", p_most=most)):
        deliver(config.nms or config.syslog, [_message(alert, station) for alert in alerts])
        for first in range(0, len(alerts), BATCH):
            rules.session.again(partial(_note, rules, alerts[first : first + BATCH]))
        sent += len(alerts)
        if stop() or time.monotonic() >= until:
            return Told(sent, more=len(alerts) == most)
    return Told(sent)


def _message(alert: dict[str, Any], station: str) -> Message:
    fields = {name: alert[column] for name, column in _FIELDS.items()}
    return Message(
        alert["FACILITY"].strip(),
        int(alert["SEVERITY"]),
        alert["ALERT_CODE"],
        alert["MESSAGE"] or "",
        {**fields, "stationId": station},
    )


def _note(rules: Rules, alerts: list[dict[str, Any]]) -> None:
    with rules.session.transaction():
        for alert in alerts:
            rules.run("ALERT_NOTIFIED", p_alert_id=alert["ALERT_ID"], p_state=alert["STATE"])
