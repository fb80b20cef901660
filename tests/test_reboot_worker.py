"""The worker of the mass reboot: a queue in the database, a simulated head-end behind a socket."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Installations
from head_end import SimulatedHeadEnd
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config, HttpApi
from kenshin.engines import open_session
from kenshin.he_api.client import HeadEnds
from kenshin.reboot import Report, Worker
from kenshin.rules import Rules
from test_access import write_config
from waiting import PATIENCE, until

FAST = 60_000  # devices a minute
TABLES = ("REBOOT_RESERVATION", "CONTROLLER_TRANSACTION", "CONTROLLER", "MDM_ALERT_HISTORY")
RESTARTING = "restarting"


class Queue:
    """An installation with devices that wait for a reboot, and the head-end that they are at."""

    def __init__(self, config: Config, head: SimulatedHeadEnd) -> None:
        self.head = head
        self.config = replace(config, he_api={1: head.api(), 3: head.api()})
        self.catalog = Catalog(config.dialect)

    @contextmanager
    def rules(self, config: Config | None = None) -> Iterator[Rules]:
        with open_session(config or self.config) as session:
            yield Rules(session, self.catalog)

    def add(self, *keys: int, co: str = "HE1", request: str = "r") -> None:
        """Devices of a concentrator, put into the queue."""
        with self.rules() as rules, rules.session.transaction():
            for key in keys:
                rules.session.execute(
                    "mdm",
                    "INSERT INTO CONTROLLER (TABLE_KEY, CO_ID, SERIAL, MAC, TYPE_ID)"
                    " VALUES (?, ?, ?, ?, 11)",
                    [key, co, f"S{key}", mac(key)],
                )
                rules.session.execute(
                    "mdm", "INSERT INTO CONTROLLER_TRANSACTION (TABLE_KEY) VALUES (?)", [key]
                )
                rules.run("RESERVE_REBOOT", p_reservation_id=request, p_mac=mac(key))

    def empty(self) -> None:
        with self.rules() as rules, rules.session.transaction():
            for table in TABLES:
                rules.session.execute("mdm", f"DELETE FROM {table}")

    def states(self) -> dict[int, tuple[str, int, str | None]]:
        """State, attempts and message of each device."""
        query = "SELECT TABLE_KEY, STATE, ATTEMPTS, MESSAGE FROM REBOOT_RESERVATION"
        return {int(row[0]): (row[1].strip(), int(row[2]), row[3]) for row in self.read(query)}

    def alerts(self) -> list[str]:
        """The messages of open alerts."""
        query = "SELECT MESSAGE FROM MDM_ALERT_HISTORY WHERE CLEARED_AT IS NULL ORDER BY DEVICE"
        return [row[0] for row in self.read(query)]

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with self.rules() as rules, rules.session.transaction():
            return rules.session.execute("mdm", query)

    def work_off(self, config: Config | None = None) -> Report:
        """What one worker does until the queue is empty."""
        with self.rules(config) as rules:
            worker = self.worker(rules)
            worker.run(once=True)
            return worker.report

    def worker(self, rules: Rules, say: Callable[[str], None] = lambda _: None) -> Worker:
        return Worker(rules, HeadEnds(rules.session.config), FAST, say)


def mac(key: int) -> str:
    return f"02000000{key:04X}"


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHeadEnd]:
    made = SimulatedHeadEnd(tmp_path_factory.mktemp("he"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def installed(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "reboots")
    release.apply(config)
    return config


@pytest.fixture
def queue(installed: Config, head: SimulatedHeadEnd) -> Iterator[Queue]:
    made = Queue(installed, head)
    yield made
    made.empty()


NUMBERS = iter(range(1, 60_000, 20))


@pytest.fixture
def first() -> int:
    """The first of 20 devices that the head-end has never been asked about."""
    return next(NUMBERS)


def test_two_workers_reboot_each_device_once(queue: Queue, first: int) -> None:
    keys = range(first, first + 12)
    queue.add(*keys[:6])
    queue.add(*keys[6:], co="HE3")
    # Both are at work: neither comes on before the other has a device.
    for key in keys[:2]:
        queue.head.behave(key, busy_seconds=1)
    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(queue.work_off) for _ in range(2)]
        for key in keys[:2]:
            queue.head.until(key, begun={"reboot": 1})
        queue.head.advance(1)
        reports = [worker.result(PATIENCE) for worker in workers]
    assert sum(report.rebooted for report in reports) == 12
    assert all(report.attempts_failed == 0 and report.rebooted for report in reports)
    assert {key: queue.head.meter(key)["begun"] for key in keys} == {
        key: {"reboot": 1} for key in keys
    }
    assert queue.states() == dict.fromkeys(keys, ("DONE", 1, RESTARTING))


def test_what_fails_is_tried_again_and_given_up_with_an_alert(queue: Queue, first: int) -> None:
    refused, unreached, hung, lost, never, homeless, unknown = range(first, first + 7)
    queue.add(refused, unreached, hung, lost, never)
    queue.add(homeless, co="nowhere")
    queue.add(unknown, co="HE2")
    queue.head.behave(refused, "REFUSED", times=3, message="not now")
    queue.head.behave(unreached, "NOT_REACHED", times=2)
    queue.head.behave(hung, "HANG_UP", done=False)
    queue.head.behave(lost, "HANG_UP", done=True)
    queue.head.behave(never, "UNKNOWN", done=False, times=3, message="no route")
    report = queue.work_off()
    assert (report.rebooted, report.attempts_failed) == (3, 16)
    assert report.failing == {("r", key) for key in (refused, never, homeless, unknown)}
    states = queue.states()
    assert states == {
        refused: ("FAILED", 3, "HE1: not now"),
        unreached: ("DONE", 3, RESTARTING),
        hung: ("DONE", 2, RESTARTING),
        lost: ("DONE", 2, "restarting already"),
        never: ("FAILED", 3, "HE1: no route"),
        homeless: ("FAILED", 3, "the device belongs to no head-end"),
        unknown: ("FAILED", 3, "HE2: no HE-API is configured; set url in [he_api.2]"),
    }
    assert queue.alerts() == [
        f"reboot of {mac(key)} failed: {states[key][2]}"
        for key in (refused, never, homeless, unknown)
    ]
    assert [queue.head.reboots(key) for key in (refused, unreached, hung, lost, never)] == [
        0, 1, 1, 1, 0,
    ]  # fmt: skip


def test_a_device_under_another_command_is_left_alone(queue: Queue, first: int) -> None:
    queue.add(first)
    hurried = replace(queue.config, http_api=HttpApi(lock_seconds=0))
    with queue.rules() as other:
        assert other.hold("LOCK_DEVICE", 0, p_table_key=first, p_seconds=0).ok
        assert queue.work_off(hurried).failing == {("r", first)}
        assert queue.head.meter(first)["begun"] == {}
    assert queue.states()[first][:2] == ("FAILED", 3)
    with queue.rules() as rules:
        rules.run("RESERVE_REBOOT", p_reservation_id="s", p_mac=mac(first))
    with queue.rules() as rules, queue.rules() as other:
        worker = queue.worker(rules)
        worker.run(once=True)
        assert worker.report.rebooted == 1
        # It has let go while it is still there.
        assert other.hold("LOCK_DEVICE", 0, p_table_key=first, p_seconds=0).ok
    assert queue.head.reboots(first) == 1
    assert queue.alerts() == []


def test_a_device_that_moves_meanwhile_is_rebooted_where_it_is(queue: Queue, first: int) -> None:
    queue.add(first)
    queue.head.behave(first, "REFUSED", message="not now")
    with queue.rules() as rules, queue.rules() as other, ThreadPoolExecutor(1) as pool:
        assert other.hold("LOCK_DEVICE", 0, p_table_key=first, p_seconds=0).ok
        said: list[str] = []
        running = pool.submit(queue.worker(rules, said.append).run, True)
        until(lambda: queue.states()[first][0] == "RUNNING")
        query = "UPDATE CONTROLLER SET CO_ID = 'HE3' WHERE TABLE_KEY = ?"
        other.session.execute("mdm", query, [first])
        assert queue.head.meter(first)["begun"] == {}
        other.session.let_go()
        running.result(PATIENCE)
    assert said == [f"{mac(first)}: HE3: not now"]
    assert queue.states() == {first: ("DONE", 2, RESTARTING)}


def test_a_worker_that_was_given_up_on_decides_nothing(queue: Queue, first: int) -> None:
    queue.add(first)
    queue.head.behave(first, busy_seconds=1)
    with queue.rules() as slow, queue.rules() as rules, ThreadPoolExecutor(1) as pool:
        said: list[str] = []
        worker = queue.worker(slow, said.append)
        running = pool.submit(worker.run, True)
        queue.head.until(first, begun={"reboot": 1})
        rules.session.execute(
            "mdm", "UPDATE REBOOT_RESERVATION SET STARTED_AT = '2026-01-01 00:00:00'"
        )
        assert rules.run("NEXT_REBOOT").rows
        queue.head.advance(1)
        running.result(PATIENCE)
    assert queue.states() == {first: ("RUNNING", 2, None)}
    assert (worker.report.rebooted, said) == (
        0,
        [f"{mac(first)}: not recorded, another worker has it by now"],
    )


def test_the_rate_bounds_a_worker(queue: Queue, first: int) -> None:
    """At 200 a minute three devices take two pauses of 0.3 s."""
    queue.add(first, first + 1, first + 2)
    with queue.rules() as rules:
        worker = Worker(rules, HeadEnds(queue.config), 200, lambda _: None)
        begun = time.monotonic()
        worker.run(once=True)
        assert time.monotonic() - begun >= 0.6
    assert worker.report.rebooted == 3


# --- The verb -------------------------------------------------------------------------------


class Verb:
    """`kenshin reboot-worker` in a process of its own."""

    def __init__(self, queue: Queue, folder: Path, *words: str) -> None:
        path = write_config(queue.config, folder)
        urls = "".join(f'[he_api.{heid}]\nurl = "{queue.head.url}"\n' for heid in (1, 3))
        self.syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.syslog.bind(str(folder / "log"))
        path.write_text(f'{path.read_text()}[syslog]\nto = "unix:{folder}/log"\n{urls}')
        self.process = subprocess.Popen(
            [sys.executable, "-m", "kenshin.cli", "--config", str(path), "reboot-worker", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ended(self) -> tuple[int, str, str]:
        """Exit status, standard output and error."""
        out, error = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, error

    def told(self) -> list[str]:
        """What syslog has heard, without what stands before the message id."""
        lines = []
        with self.syslog:
            self.syslog.setblocking(False)
            while True:
                try:
                    lines.append(self.syslog.recv(8192).decode().partition("REBOOT-WORKER ")[2])
                except BlockingIOError:
                    return lines


def test_the_verb_works_the_queue_off(queue: Queue, first: int, tmp_path: Path) -> None:
    queue.add(first, first + 1)
    queue.head.behave(first, "REFUSED", times=3, message="not now")
    verb = Verb(queue, tmp_path, "--once", "--rate", str(FAST))
    code, out, error = verb.ended()
    result = "1 devices rebooted, 3 attempts failed, 1 devices not rebooted"
    assert (code, out) == (1, f"reboot-worker: {result}\n")
    assert error == f"reboot-worker: {mac(first)}: HE1: not now\n" * 3
    *failures, last = verb.told()
    assert failures == [f"- {mac(first)}: HE1: not now"] * 3
    assert 'not_rebooted="1"' in last and last.endswith(f"] {result}")
    assert queue.head.reboots(first + 1) == 1


def test_a_signal_ends_it_behind_the_device_that_it_is_at(
    queue: Queue, first: int, tmp_path: Path
) -> None:
    queue.add(first, first + 1)
    queue.head.behave(first, busy_seconds=1)
    verb = Verb(queue, tmp_path, "--rate", str(FAST))
    queue.head.until(first, begun={"reboot": 1})
    verb.process.send_signal(signal.SIGTERM)
    queue.head.advance(1)
    code, out, error = verb.ended()
    assert (code, error) == (0, "")
    assert out.startswith("reboot-worker: 1 devices rebooted, 0 attempts failed")
    assert queue.states() == {first: ("DONE", 1, RESTARTING), first + 1: ("WAITING", 0, None)}


# --- The database goes away -----------------------------------------------------------------


class Relay:
    """A way to a server over TCP, which can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._sockets: list[socket.socket] = []
        self.port = 0
        self.open()

    def open(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and take no new one."""
        for one in (self._listening, *self._sockets):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it is closed already
            one.close()
        self._sockets.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            self._sockets += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
            target.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was cut


def test_a_database_that_is_gone_is_waited_for(queue: Queue, engine: str, first: int) -> None:
    """It goes while the head-end is at work; what came of that is recorded when it is back."""
    if engine not in ("mariadb", "firebird-server"):
        pytest.skip("MySQL has the session of MariaDB; the embedded engine cannot go away")
    reach = queue.config.connection
    relay = Relay(reach.host, reach.port)
    connection = replace(reach, host="127.0.0.1", port=relay.port, socket="")
    queue.add(first, first + 1)
    queue.head.behave(first, busy_seconds=1)
    said: list[str] = []
    with queue.rules(replace(queue.config, connection=connection)) as rules:
        worker = queue.worker(rules, said.append)
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(worker.run, False)
            queue.head.until(first, begun={"reboot": 1})
            relay.cut()
            queue.head.advance(1)
            until(lambda: bool(said) or running.done())
            assert queue.states()[first][0] == "RUNNING"
            relay.open()
            until(lambda: worker.report.rebooted == 2 or running.done())
            worker.stop.ask()
            running.result(PATIENCE)
    relay.cut()
    assert queue.states() == dict.fromkeys((first, first + 1), ("DONE", 1, RESTARTING))
    assert "tried again" in said[0]
