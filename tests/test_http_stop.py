"""kenshin serve: stopped under its requests, without its database, and what it counts."""

from __future__ import annotations

import copy
import re
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import urllib3

from http_server import HttpServer
from kenshin.engines import open_session
from servers.base import free_port
from serving import kenshin_serve, refused
from test_http_control import at_meter, controls, new_meter, recorded
from waiting import PATIENCE, until

if TYPE_CHECKING:
    from conftest import Installations
    from servers import Server

# An idle connection would be waited for when a server stops.
ONCE = {"Connection": "close"}


class _TakenBack(Exception):
    """Takes a transaction back."""


# --- Stopped --------------------------------------------------------------------------


@pytest.fixture
def second(http: HttpServer, tmp_path: Path) -> Iterator[HttpServer]:
    """Another server of the installation, with one worker."""
    port = free_port()
    server = copy.copy(http)
    server.url = f"http://127.0.0.1:{port}"
    server.port = port
    server.pool = urllib3.PoolManager(retries=False)
    server.served = kenshin_serve(
        http.toml, tmp_path, "--listen", f"127.0.0.1:{port}", "--workers", "1"
    )
    server.served.ready(server.pool, f"{server.url}/readyz")
    server.pool.clear()
    yield server
    server.served.end()


def test_a_signal_lets_end_what_runs(http: HttpServer, second: HttpServer) -> None:
    """A control that waits for its meter, and a batch within its transaction.

    Firebird's client library would break every connection of a process that gets the signal.
    """
    (controlled, key), (cleared, _) = new_meter(http), new_meter(http)
    http.head.behave(key, operations=["set-relay"], busy_seconds=1)  # and its clock stands
    with ThreadPoolExecutor(2) as threads:
        with row_taken(http, cleared):
            batch = threads.submit(
                second.post, "FACILITY", "devices/clear", {"rows": [{"ld_id": cleared}]}, ONCE
            )
            body = {"ld_id": controlled, "relay_state": 0}
            control = threads.submit(second.post, "CUSTOMER", "control/relay", body, ONCE)
            until(lambda: is_clearing(http))
            until(lambda: figure(http, "kenshin_open_controls") == 1)
            # Begun behind the step of the clock, it would wait for another one.
            http.head.until(key, begun={"set-relay": 1})
            assert controls(http, controlled) == ["OPEN"]
            second.served.process.send_signal(signal.SIGTERM)
            until(lambda: refused(second.port))
        http.head.advance(1)
        assert (control.result().status, batch.result().status) == (200, 200)
    assert second.served.process.wait(PATIENCE) == 0
    assert at_meter(http, key)["relay_state"] == recorded(http, controlled)[0] == 0
    assert controls(http, controlled) == ["DONE"]
    assert not is_a_point(http, cleared), "the batch was not committed"
    assert [line["message"] for line in second.served.lines if line["level"] == "ERROR"] == []


@contextmanager
def row_taken(http: HttpServer, point: str) -> Iterator[None]:
    """While it lasts, whoever changes a point waits."""
    with open_session(http.config) as session:
        try:
            with session.transaction():
                session.execute(
                    "mdm", "UPDATE LOGICAL_DEVICE SET DELETED = DELETED WHERE LD_ID = ?", [point]
                )
                yield
                raise _TakenBack
        except _TakenBack:
            pass


def is_clearing(http: HttpServer) -> bool:
    """Whether a request is within CLEAR_INSTALLATION."""
    running = (
        "SELECT 1 FROM MON$STATEMENTS s WHERE s.MON$STATE > 0"
        " AND s.MON$SQL_TEXT CONTAINING 'FROM CLEAR_INSTALLATION('"
    )
    if http.config.dialect != "firebird":
        # Servers show the statement of the rule that is carried out.
        running = (
            "SELECT 1 FROM information_schema.PROCESSLIST p"
            " WHERE p.INFO LIKE 'UPDATE LOGICAL_DEVICE l%'"
        )
    with open_session(http.config) as session:
        return bool(session.execute("mdm", running))


def is_a_point(http: HttpServer, point: str) -> bool:
    """Whether a meter is installed at a point."""
    query = "SELECT 1 FROM LOGICAL_DEVICE l WHERE l.LD_ID = ? AND l.DELETED = 0"
    with open_session(http.config) as session:
        return bool(session.execute("mdm", query, [point]))


# --- Without its database -------------------------------------------------------------


@pytest.mark.parametrize("engine", ["mysql", "firebird-server"])
def test_a_database_that_goes_and_comes(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    own = copy.copy(installations)
    own.folder, own.servers, own.configs = tmp_path, {}, {}
    try:
        http = HttpServer(own.new(engine, "away"), tmp_path, workers=1, threads=2)
        try:
            goes_and_comes(http, own.server(engine))
        finally:
            http.end()
    finally:
        for server in own.servers.values():
            server.close()


def goes_and_comes(http: HttpServer, database: Server) -> None:
    point, key = new_meter(http)
    http.post("CUSTOMER", "control/relay", {"ld_id": point, "relay_state": 1})
    workers = http.served.workers()
    requests = [
        ("CUSTOMER", "devices/search", {"ld_id": point}),
        ("CUSTOMER", "devices/clear", {"rows": [{"ld_id": point}]}),
        ("CUSTOMER", "control/relay", {"ld_id": point, "relay_state": 0}),
        ("CUSTOMER", "devices/reboot/status", {"reservation_id": "none"}),
    ]
    database.stop()
    for request in requests:
        said = http.post(*request)
        assert (said.status, said.code) == (503, 9000), said.text
        assert int(said.headers["Retry-After"]) > 0
    assert http.get("/readyz").status == 503
    assert at_meter(http, key)["relay_state"] == 1

    database.start()
    until(lambda: http.get("/readyz").status == 200)
    for role, path, body in reversed(requests):
        said = http.post(role, path, body)
        assert said.status == 200, said.text
    assert at_meter(http, key)["relay_state"] == 0
    assert http.served.workers() == workers


# --- What it counts -------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["mysql"], indirect=True)
def test_calls_of_head_ends_and_locks_are_counted(http: HttpServer) -> None:
    point, key = new_meter(http)
    counters = [
        'kenshin_head_end_calls_total{operation="get",outcome="ok"}',
        'kenshin_head_end_calls_total{operation="set-relay",outcome="ok"}',
        'kenshin_head_end_calls_total{operation="set-relay",outcome="Refused"}',
        'kenshin_locks_total{outcome="had"}',
    ]
    before = [figure(http, name) for name in counters]
    assert http.post("NMS", "devices/status", {"ld_id": point}).status == 200
    order = {"ld_id": point, "relay_state": 0}
    assert http.post("CUSTOMER", "control/relay", order).status == 200
    http.head.behave(key, ending="REFUSED", operations=["set-relay"])
    assert http.post("CUSTOMER", "control/relay", order).status == 502
    after = [figure(http, name) for name in counters]
    assert [new - old for old, new in zip(before, after, strict=True)] == [1, 1, 1, 3]
    until(lambda: figure(http, "kenshin_open_controls") == 0)


def figure(http: HttpServer, name: str) -> float:
    """The value of a figure; 0 for one that is not there yet."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", http.get("/metrics").text, re.MULTILINE)
    return float(found[1]) if found else 0.0
