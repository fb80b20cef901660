"""An installation with meters that requests lock and control, and processes that do so.

Run as a program it is such a process: it takes orders as lines of JSON and answers each.
"""

from __future__ import annotations

import json
import pickle
import select
import subprocess
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Session, open_session
from kenshin.he_api.client import HeadEnds
from kenshin.http_api import control
from kenshin.http_api.answer import write
from kenshin.http_api.idempotency import Keeping
from kenshin.http_api.pool import Pool
from kenshin.http_api.settle import Settler
from kenshin.rules import Rules
from waiting import PATIENCE

if TYPE_CHECKING:
    from conftest import Installations

FIRST, METERS = 5001, 60
ADDRESS = 2


def installed(installations: Installations, engine: str) -> Config:
    """The installation, made once for each engine and process."""
    known = f"{engine} with meters"
    if known not in installations.configs:
        config = installations.new(engine, "meters")
        release.apply(config)
        with open_session(config) as session, session.transaction():
            for number in range(METERS):
                _build(session, number)
        installations.configs[known] = config
    return installations.configs[known]


def _build(session: Session, number: int) -> None:
    key = FIRST + number
    for table, columns, values in (
        (
            "CONTROLLER",
            "TABLE_KEY, MAC, SERIAL, PD_ID, CO_ID, TYPE_ID, POLL_CONFIG",
            (key, f"02000000{key:04d}", f"S{key}", f"D{key}", "HE1", 11, 1),
        ),
        ("CONTROLLER_TRANSACTION", "TABLE_KEY, PROV_STAT", (key, "C")),
        (
            "LOGICAL_DEVICE",
            "LD_ID, PD_TABLE_KEY, LD_ADDRESS, TYPE_ID, CONTRACT_CAPACITY, RELAY_STATE",
            (point(key), key, ADDRESS, 101, 40, 1),
        ),
    ):
        marks = ", ".join("?" * len(values))
        session.execute("mdm", f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


def point(key: int) -> str:
    return f"point-{key}"


def connection_of(session: Session) -> int:
    query = "SELECT CONNECTION_ID()"
    if session.config.dialect == "firebird":
        query = "SELECT CURRENT_CONNECTION FROM RDB$DATABASE"
    return int(session.execute("mdm", query)[0][0])


def cut(config: Config, connection: int) -> None:
    """End a connection as an administrator does."""
    with open_session(config) as session:
        if config.dialect != "firebird":
            session.execute("", f"KILL {connection}")
            return
        session.execute(
            "mdm", f"DELETE FROM MON$ATTACHMENTS WHERE MON$ATTACHMENT_ID = {connection}"
        )


def context(config: Config, rules: Rules, key: str | None = None) -> control.Context:
    """A request of its own, with an Idempotency-Key or none."""
    request_id = uuid.uuid4().hex
    keeping = keeping_of(rules, key, request_id)
    return control.Context(config, rules, HeadEnds(config), request_id, keeping)


def keeping_of(
    rules: Rules,
    key: str | None,
    request_id: str = "request",
    fingerprint: str = "a" * 64,
    client: str = "tester",
) -> Keeping:
    return Keeping(rules, client, key, fingerprint, lambda answer: write(answer, request_id))


class Other:
    """Another process with a session of its own; every order to it is one call here."""

    def __init__(self, config: Config) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        self._process.stdin.write(pickle.dumps(config))
        self._process.stdin.flush()

    def order(self, what: str, *arguments: Any) -> None:
        """Say what it shall do next, without waiting for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([what, *arguments]).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """What it answers to the oldest order."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the other process has ended"
        return json.loads(line)

    def asked(self, what: str, *arguments: Any) -> Any:
        self.order(what, *arguments)
        return self.answer()

    def is_silent(self, seconds: float = 0.3) -> bool:
        """Whether no answer comes for a moment."""
        assert self._process.stdout is not None
        return not select.select([self._process.stdout], [], [], seconds)[0]

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """kill -9"""
        self._process.kill()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        if self.is_alive:
            self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


class Worker:
    """What the other process can do; each answer tells when it was given."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.session = open_session(config)
        self.session.connect()
        self.rules = Rules(self.session, Catalog(config.dialect))

    def lock(self, key: int, seconds: int) -> list[Any]:
        result = self.rules.hold("LOCK_DEVICE", seconds, p_table_key=key, p_seconds=seconds)
        return [result.code, time.monotonic()]

    def let_go(self) -> float:
        at = time.monotonic()
        self.session.let_go()
        return at

    def relay(self, key: int, state: int, name: str | None = None) -> list[Any]:
        asked = context(self.config, self.rules, name)
        answer = control.relay(asked, {"p_ld_id": point(key), "p_relay_state": state})
        return [answer.code, answer.message]

    def reserve(self, action: int) -> list[Any]:
        asked = context(self.config, self.rules)
        answer = control.reserve(asked, {"p_adr_action_id": action})
        return [answer.code, answer.message]

    def settle(self) -> int:
        pool = Pool(self.config, 1)
        try:
            return Settler(self.config, pool, HeadEnds(self.config)).look()
        finally:
            pool.close()


def main() -> None:
    config = pickle.load(sys.stdin.buffer)
    worker = Worker(config)
    for line in sys.stdin.buffer:
        what, *arguments = json.loads(line)
        print(json.dumps(getattr(worker, what)(*arguments)), flush=True)


if __name__ == "__main__":
    main()
