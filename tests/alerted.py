"""An installation with alerts, devices in provisioning, and a monitoring that hears of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from actors import write_config
from http_server import shim_account
from kenshin.catalog import Catalog
from kenshin.config import Config, Ingest, Syslog
from kenshin.engines import open_session
from kenshin.ingest import Ingest as Ingesting
from kenshin.ingest import Lines
from kenshin.rules import Rules
from kenshin.syslog_parse import Received, parse
from servers.rsyslog import Rsyslog

T = datetime(2026, 1, 14, 10)
PATTERN = "configured device (?P<mac>[0-9A-Fa-f:]+)"


class Alerted:
    """`config` is that of an account of role SHIM, which needs no other right."""

    def __init__(self, owner: Config, nms: Rsyslog) -> None:
        self.owner = owner
        self.nms = nms
        to = Syslog(to=f"tcp://127.0.0.1:{nms.port}", timeout_seconds=60)
        self.config = replace(shim_account(owner), syslog=to, ingest=Ingest(PATTERN))
        self.catalog = Catalog(owner.dialect)
        self._heard = 0

    @contextmanager
    def rules(self, config: Config | None = None) -> Iterator[Rules]:
        with open_session(config or self.config) as session:
            yield Rules(session, self.catalog)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with open_session(self.owner) as session:
            return session.execute("mdm", query)

    def write(self, *statements: str) -> None:
        with open_session(self.owner) as session, session.transaction():
            for statement in statements:
                session.execute("mdm", statement)

    def empty(self) -> None:
        """No alerts, no devices, nothing in hand or heard."""
        self.write(
            "DELETE FROM MDM_ALERT_HISTORY",
            "DELETE FROM CONTROLLER",
            "DELETE FROM CONTROLLER_TRANSACTION",
        )
        for held in self.config.inbox.glob(".syslog-ingest-held-*"):
            held.unlink()
        self._heard = len(self.nms.messages())

    def add_device(self, mac: str, state: str = "D", key: int = 900) -> None:
        self.write(
            "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, MAC, TYPE_ID)"
            f" VALUES ({key}, 'HE1', '{mac}', 11)",
            f"INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY, PROV_STAT) VALUES ({key}, '{state}')",
        )

    def states(self) -> list[str]:
        query = "SELECT PROV_STAT FROM CONTROLLER_TRANSACTION ORDER BY TABLE_KEY"
        return [str(state).strip() for (state,) in self.read(query)]

    def alerts(self, columns: str = "ALERT_CODE, SOURCE, SEVERITY, MESSAGE") -> list[Any]:
        """In the order in which they were stored; of one column its values alone."""
        found = self.read(f"SELECT {columns} FROM MDM_ALERT_HISTORY ORDER BY ALERT_ID")
        return [row if len(row) > 1 else row[0] for row in found]

    def heard(self) -> list[dict[str, str]]:
        """The alerts that monitoring heard of since: their parameters, `text`, `severity`, …"""
        found = []
        for one in self.nms.messages()[self._heard :]:
            got = again(one)
            if "alertId" in got.data:
                found.append(
                    {
                        **got.data,
                        "msgid": got.msgid or "",
                        "text": got.text,
                        "facility": one["syslogfacility-text"],
                        "severity": one["syslogseverity"],
                    }
                )
        return found

    def toml(self, folder: Path) -> Path:
        """The kenshin.toml of `config`."""
        path = write_config(self.config, folder)
        tables = [
            "[syslog]",
            f'to = "{self.config.syslog.to}"',
            "[ingest]",
            f"completed = '{self.config.ingest.completed}'",
        ]
        path.write_text(path.read_text() + "\n".join(tables) + "\n")
        return path

    def ingest(self, *lines: bytes, config: Config | None = None) -> Taken:
        """What becomes of lines that come in, and then end."""
        taken = Taken()
        with piped(lines) as source, self.rules() as rules:
            rules.session.close()  # it connects by itself
            one = Ingesting(rules, config or self.config, taken.answers.append)
            one.run(Lines(source))
        taken.report = vars(one.report)
        return taken


class Taken:
    """What an ingest answered and reports."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.report: dict[str, int] = {}


@contextmanager
def piped(lines: Sequence[bytes]) -> Iterator[int]:
    """A descriptor from which these lines can be read."""
    source, sink = os.pipe()
    child = os.fork() if sum(map(len, lines)) > 60_000 else None
    if child == 0:  # more than a pipe holds
        for line in lines:
            os.write(sink, line + b"\n")
        os._exit(0)
    if child is None:
        os.write(sink, b"".join(line + b"\n" for line in lines))
    os.close(sink)
    try:
        yield source
    finally:
        os.close(source)
        if child:
            os.waitpid(child, 0)


def line(
    text: str,
    app: str = "billing",
    msgid: str = "-",
    severity: int = 4,
    data: str = "-",
    at: str = "2026-01-14T10:00:00+09:00",
) -> bytes:
    """A message as rsyslog hands it over."""
    return f"<{16 * 8 + severity}>1 {at} host {app} 4711 {msgid} {data} {text}".encode()


def again(one: dict[str, Any]) -> Received:
    """A message that rsyslogd has read, read by us."""
    return parse(f"<0>1 - - - - {one['msgid']} {one['structured-data']} {one['msg']}".encode())


def verb(toml: Path) -> list[str]:
    """The command of `kenshin syslog-ingest`."""
    return [sys.executable, "-m", "kenshin.cli", "--config", str(toml), "syslog-ingest"]
