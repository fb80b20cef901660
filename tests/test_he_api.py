"""HE-API: the client against a simulated head-end, over real sockets."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import jsonschema_rs
import pytest
import urllib3

from head_end import AT, SimulatedHeadEnd
from kenshin.config import Config, HeadEndApi
from kenshin.he_api import contract
from kenshin.he_api.client import (
    Device,
    HeadEnd,
    HeadEndError,
    HeadEnds,
    NoAnswer,
    NoConnection,
    NotReached,
    Refused,
)
from kenshin.simulator.he_api import Behaviour, Habits
from waiting import PATIENCE

NOW = datetime.fromisoformat(AT)
HOUR = timedelta(hours=1)
DOCUMENT = Path(__file__).parents[1] / "docs" / "he-api.json"
TOKEN = "a-token-of-tests"


def config(**heads: HeadEndApi) -> Config:
    """The configuration of an installation with these head-ends, by `he1`, `he2`, …"""
    he_api = {int(name.removeprefix("he")): head for name, head in heads.items()}
    return Config("firebird-embedded", {}, Path(), Path(), Path(), he_api=he_api)


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedHeadEnd]:
    made = SimulatedHeadEnd(tmp_path_factory.mktemp("he"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def head(simulator: SimulatedHeadEnd) -> HeadEnd:
    return HeadEnds(config(he1=simulator.api())).of(1)


@pytest.fixture
def impatient(simulator: SimulatedHeadEnd) -> HeadEnd:
    """One that waits for a second only, for devices that never answer."""
    return HeadEnds(config(he1=simulator.api(1))).of(1)


KEYS = iter(range(100, 10_000))


@pytest.fixture
def device() -> Device:
    """A device that no other test has touched."""
    return Device(next(KEYS), 2, mac="0200000000AA", ip_address="10.0.0.7")


# --- The operations -----------------------------------------------------------------------


def test_a_device_shows_its_load(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device
) -> None:
    status = head.get(device)
    shown_at = datetime.fromisoformat(simulator.clock())
    assert (status.at, status.relay_state, status.reservations) == (shown_at, 1, ())
    assert status.capacity == status.capacity_in_force == Decimal(60)
    assert status.current is not None and status.power is not None
    # Both are floored, the current to 0.01 A.
    assert abs(status.power - status.current * 230) <= Decimal("3.3")
    shown = {register.ln: (register.unit, register.sub_number) for register in status.registers}
    assert shown == {"1-0:1.8.0": ("kWh", 1), "1-0:31.6.0": ("A", 2)}


def test_loads_follow_the_curves(head: HeadEnd) -> None:
    """Of 30 devices in the evening most draw something, and none as much as another."""
    currents = [head.get(Device(key, 2)).current for key in range(1, 31)]
    assert sum(1 for current in currents if current) >= 20
    assert len(set(currents)) >= 20


def test_an_open_relay_has_no_current(head: HeadEnd) -> None:
    device = next(d for d in (Device(key, 2) for key in range(1, 31)) if head.get(d).current)
    before = head.get(device)
    opened = head.set_relay(device, 0)
    assert (opened.relay_state, opened.current, opened.power) == (0, 0, 0)
    assert dict(head.get(device)) == dict(opened)
    assert head.get(replace(device, ld_address=3)).relay_state == 1
    assert dict(head.set_relay(device, 1)) == dict(head.set_relay(device, 1)) == dict(before)


def test_a_capacity_is_kept_exactly(head: HeadEnd, device: Device) -> None:
    for value in ("30", "0", "12.3456", "99999999999999.9999"):
        assert head.set_capacity(device, Decimal(value)).capacity == Decimal(value)
    assert head.get(device).capacity == Decimal("99999999999999.9999")


def test_a_reservation_switches_at_its_times(tmp_path: Path, device: Device) -> None:
    simulator = SimulatedHeadEnd(tmp_path)
    try:
        head = HeadEnds(config(he1=simulator.api())).of(1)
        start, end = NOW + HOUR, NOW + 2 * HOUR

        def shown() -> tuple[Decimal | None, Decimal | None, str]:
            status = head.get(device)
            held = status.reservation(7)
            assert held is not None
            assert (held.start, held.end, held.value) == (start, end, Decimal(20))
            return status.capacity, status.capacity_in_force, held.state

        head.reserve_capacity(device, 7, start, end, Decimal(20))
        assert shown() == (60, 60, "WAITING")
        simulator.advance(3599)
        assert shown() == (60, 60, "WAITING")
        simulator.advance(1)
        assert shown() == (60, 20, "ACTIVE")
        head.set_capacity(device, Decimal(50))
        assert shown() == (50, 20, "ACTIVE")
        simulator.advance(3599)
        assert shown() == (50, 20, "ACTIVE")
        simulator.advance(1)
        assert shown() == (50, 50, "DONE")
        simulator.advance(7 * 86400)
        assert head.get(device).reservations == ()
    finally:
        simulator.close()


def test_a_reservation_is_idempotent_and_overlaps_no_other(head: HeadEnd, device: Device) -> None:
    def reserve(number: int, start: int, end: int, value: int = 20) -> None:
        head.reserve_capacity(device, number, NOW + start * HOUR, NOW + end * HOUR, Decimal(value))

    reserve(1, 1, 3)
    reserve(1, 1, 3)
    reserve(2, 3, 4)
    reserve(3, 0, 1)
    held = head.get(device).reservations
    assert [one.id for one in held] == [3, 1, 2]
    for wrong, said in [
        ((4, 2, 5), "reservation 1 overlaps"),
        ((1, 1, 3, 30), "reservation 1 is another one"),
        ((1, 7, 8), "reservation 1 is another one"),
        ((5, -2, 0), "its end has passed"),
        ((6, 9, 9), "start must be before end"),
    ]:
        with pytest.raises(Refused, match=said):
            reserve(*wrong)
    assert head.get(device).reservations == held


def test_a_device_that_restarts_cannot_be_reached(tmp_path: Path, device: Device) -> None:
    simulator = SimulatedHeadEnd(tmp_path)
    try:
        head = HeadEnds(config(he1=simulator.api())).of(1)
        head.set_relay(device, 0)
        assert head.reboot(device).at == NOW
        simulator.advance(29)
        for ask in (head.get, lambda one: head.set_relay(one, 1)):
            with pytest.raises(NotReached, match="starting"):
                ask(device)
        assert head.reboot(device).message == "restarting already"
        simulator.advance(1)
        assert head.get(device).relay_state == 0
        assert simulator.reboots(device.table_key) == 1
    finally:
        simulator.close()


# --- What goes wrong ------------------------------------------------------------------------


def test_a_refusal_changes_nothing(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device
) -> None:
    simulator.behave(device.table_key, "REFUSED", message="the relay is locked")
    with pytest.raises(Refused, match=r"^HE1: the relay is locked$"):
        head.set_relay(device, 0)
    assert head.get(device).relay_state == 1


def test_a_device_that_the_head_end_cannot_reach(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device
) -> None:
    simulator.behave(device.table_key, "NOT_REACHED", message="no route")
    with pytest.raises(NotReached, match="no route") as raised:
        head.set_relay(device, 0)
    assert not isinstance(raised.value, NoConnection)  # others of the head-end may answer
    assert head.get(device).relay_state == 1


def test_management_has_no_relay(head: HeadEnd, device: Device) -> None:
    with pytest.raises(Refused, match="address 1 has no relay"):
        head.set_relay(replace(device, ld_address=1), 0)
    assert head.get(replace(device, ld_address=1)).relay_state is None


@pytest.mark.parametrize("ending", ["SILENCE", "HANG_UP", "GARBAGE", "UNKNOWN"])
@pytest.mark.parametrize("done", [True, False])
def test_an_outcome_is_unknown_until_it_is_read_back(
    simulator: SimulatedHeadEnd, impatient: HeadEnd, device: Device, ending: str, done: bool
) -> None:
    head = HeadEnds(config(he1=simulator.api())).of(1)
    simulator.behave(device.table_key, ending, done=done)
    with pytest.raises(NoAnswer):
        (impatient if ending == "SILENCE" else head).set_relay(device, 0)
    assert head.get(device).relay_state == (0 if done else 1)
    assert simulator.meter(device.table_key)["begun"] == {"get": 1, "set-relay": 1}


def test_a_slow_device_has_done_it_when_it_is_read_back(
    simulator: SimulatedHeadEnd, impatient: HeadEnd, head: HeadEnd, device: Device
) -> None:
    """The read waits behind the command that the caller gave up."""
    simulator.behave(device.table_key, busy_seconds=1)
    with pytest.raises(NoAnswer):
        impatient.set_capacity(device, Decimal(10))
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(head.get, device)
        simulator.until(device.table_key, waiting=1)
        simulator.advance(1)
        assert read.result(PATIENCE).capacity == 10


@pytest.mark.parametrize("ending", ["UNKNOWN", "HANG_UP"])
def test_what_the_device_does_later_is_done_when_it_is_read_back(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device, ending: str
) -> None:
    """The head-end has answered before: it answers no read as long as the device is at it."""
    simulator.behave(device.table_key, ending, late=True, busy_seconds=1)
    with pytest.raises(NoAnswer):
        head.set_relay(device, 0)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(head.get, device)
        simulator.until(device.table_key, waiting=1)
        simulator.advance(1)
        assert read.result(PATIENCE).relay_state == 0


@pytest.mark.parametrize("ending", ["HANG_UP", "NOT_REACHED", "GARBAGE"])
def test_only_a_read_is_tried_again_and_only_once(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device, ending: str
) -> None:
    def begun() -> dict[str, int]:
        return dict(simulator.meter(device.table_key)["begun"])

    simulator.behave(device.table_key, ending)
    assert head.get(device).relay_state == 1
    assert begun() == {"get": 2}
    simulator.behave(device.table_key, ending, times=2)
    with pytest.raises((NoAnswer, NotReached)):
        head.get(device)
    assert begun() == {"get": 4}
    for command in changes(head, device):
        simulator.behave(device.table_key, ending)
        with pytest.raises((NoAnswer, NotReached)):
            command()
    assert begun() == {
        "get": 4,
        "reboot": 1,
        "reserve-capacity": 1,
        "set-capacity": 1,
        "set-relay": 1,
    }


def changes(head: HeadEnd, device: Device) -> list[Callable[[], object]]:
    return [
        lambda: head.set_relay(device, 0),
        lambda: head.set_capacity(device, Decimal(10)),
        lambda: head.reserve_capacity(device, 1, NOW, NOW + HOUR, Decimal(10)),
        lambda: head.reboot(device),
    ]


def test_a_refused_read_is_not_tried_again(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device
) -> None:
    simulator.behave(device.table_key, "REFUSED")
    with pytest.raises(Refused):
        head.get(device)
    assert simulator.meter(device.table_key)["begun"] == {"get": 1}


def test_nobody_listens(device: Device) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        head = HeadEnd(3, HeadEndApi(f"http://127.0.0.1:{taken.getsockname()[1]}"))
        for command in (lambda: head.get(device), *changes(head, device)):
            with pytest.raises(NoConnection, match=r"^HE3: .*nothing was sent$"):
                command()


def test_a_name_that_nobody_has(device: Device) -> None:
    with pytest.raises(NoConnection, match="its name is unknown"):
        HeadEnd(3, HeadEndApi("http://head-end.invalid")).set_relay(device, 0)


def test_a_name_that_is_looked_up_for_ever(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a resolver that is gone does it, which no test can arrange for the whole system."""
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(PATIENCE) and [])
    try:
        with pytest.raises(NoConnection, match="no connection in time"):
            HeadEnd(3, HeadEndApi("http://head-end.test", timeout_seconds=1)).set_relay(device, 0)
        assert not answered.is_set()
    finally:
        answered.set()


@pytest.mark.parametrize(("scheme", "error"), [("http", NoAnswer), ("https", NoConnection)])
def test_it_listens_and_never_answers(
    device: Device, scheme: str, error: type[HeadEndError]
) -> None:
    """The system takes the connection and what is sent; nobody reads it."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"{scheme}://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(error):
            HeadEnd(3, HeadEndApi(url, timeout_seconds=1)).set_relay(device, 0)


class Saying:
    """A server that says the same bytes to everyone who has sent a whole request."""

    def __init__(self, said: bytes, drop: bool = False) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._said, self._drop = said, drop
        self.asked: list[tuple[str, str]] = []  # path and body
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                got = b""
                while b"}" not in got:
                    got += connection.recv(65536)
                head, _, body = got.decode().partition("\r\n\r\n")
                self.asked.append((head.split()[1], body))
                connection.sendall(self._said)
                if self._drop:
                    self._trickle(connection)

    def _trickle(self, connection: socket.socket) -> None:
        """A byte now and then; not for ever, so that who waits for the end does not hang."""
        end = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < end:
                connection.sendall(b"1")
                time.sleep(0.1)
        except OSError:
            pass  # the caller has had enough

    def __enter__(self) -> Saying:
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(PATIENCE)


def answered(status: str, body: str = "") -> bytes:
    length = len(body.encode())
    head = f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close"
    return f"{head}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (answered("404 Not Found", "<html>no such page"), Refused),
        (answered("301 Moved\r\nLocation: http://127.0.0.1:1/"), Refused),
        (answered("303 See Other\r\nLocation: http://127.0.0.1:1/"), NoAnswer),
        (answered("408 Request Timeout"), NoAnswer),
        (answered("500 Oops"), NoAnswer),
        (answered("502 Bad Gateway", "<html>"), NoAnswer),
        (answered("503 Down"), NoAnswer),
        (answered("503 Down", '{"code": "NOT_REACHED", "message": "x"}'), NotReached),
        (answered("500 Oops", '{"code": "REFUSED", "message": "x"}'), Refused),
        (answered("504 Late", '{"code": "UNKNOWN", "message": "x"}'), NoAnswer),
        (answered("204 No Content"), NoAnswer),
        (answered("200 OK", "[]"), NoAnswer),
        (answered("200 OK", '{"at": "2026-04-01T18:00:00+09:00"}'), NoAnswer),
        (answered("200 OK", '{"at": "2026-04-01T18:00:00", "capacity": 1.5}'), NoAnswer),
        (answered("200 OK", "{" + " " * 2_000_000), NoAnswer),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", NoAnswer),
        (b"SSH-2.0-x\r\n", NoAnswer),
        (b"", NoAnswer),
    ],
)
def test_what_else_may_be_answered(said: bytes, error: type[HeadEndError], device: Device) -> None:
    """What is certain about the device, whoever answers."""
    with Saying(said) as server, pytest.raises(error) as raised:
        HeadEnd(3, HeadEndApi(server.url, timeout_seconds=PATIENCE)).set_relay(device, 0)
    assert type(raised.value) is error
    assert "127.0.0.1" not in str(raised.value)


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["status", "header", "body", "chunk"],
)
def test_an_answer_that_drips_is_given_up_at_the_deadline(begun: bytes, device: Device) -> None:
    asked_at = time.monotonic()
    with (
        Saying(begun, drop=True) as server,
        pytest.raises(NoAnswer, match="gave no whole answer"),
    ):
        HeadEnd(3, HeadEndApi(server.url, timeout_seconds=1)).set_relay(device, 0)
    assert time.monotonic() - asked_at < PATIENCE / 2


def test_connections_are_used_again_unless_the_head_end_has_closed_them(device: Device) -> None:
    body = b'{"at": "2026-04-01T18:00:00"}'
    said = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    closed = threading.Event()

    def serve(listening: socket.socket) -> None:
        for times in (2, 1):
            connection, _ = listening.accept()
            with connection:
                for _ in range(times):
                    asked = b""
                    while b"}" not in asked:
                        asked += (piece := connection.recv(65536))
                        assert piece, "another connection was opened"
                    connection.sendall(said)
            closed.set()

    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        listening.settimeout(PATIENCE)
        served = pool.submit(serve, listening)
        api = HeadEndApi(f"http://127.0.0.1:{listening.getsockname()[1]}")
        head = HeadEnd(3, api)
        for _ in range(2):
            head.get(device)
        assert closed.wait(PATIENCE)
        head.get(device)
        served.result(PATIENCE)


_ANOTHER = {"id": 2, "value": "10", "state": "DONE", "start": AT + ":00", "end": AT + ":01"}


@pytest.mark.parametrize(
    "shown",
    [{}, {"relay_state": None}, {"capacity": None}, {"reservations": [_ANOTHER]}],
    ids=lambda shown: " ".join(shown) or "nothing",
)
def test_a_confirmation_shows_what_was_set(shown: dict[str, object], device: Device) -> None:
    """Without it nothing is certain, and no refusal was said."""
    with Saying(answered("200 OK", json.dumps({"at": AT + ":00", **shown}))) as server:
        head = HeadEnd(3, HeadEndApi(server.url))
        assert head.get(device).at == NOW
        for command in changes(head, device)[:3]:
            with pytest.raises(NoAnswer):
                command()


def test_later_fields_of_an_answer_are_passed_over(device: Device) -> None:
    body = '{"at": "2026-04-01T18:00:00", "relay_state": 0, "colour": "red"}'
    with Saying(answered("200 OK", body)) as server:
        assert HeadEnd(3, HeadEndApi(server.url)).get(device).relay_state == 0


@pytest.mark.parametrize("value", ["-1", "0.00001", "1E15", "NaN"])
def test_what_cannot_be_asked_is_not_sent(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device, value: str
) -> None:
    with pytest.raises(Refused, match="no such command"):
        head.set_capacity(device, Decimal(value))
    assert simulator.meter(device.table_key)["begun"] == {}


def test_a_head_end_that_is_not_configured() -> None:
    heads = HeadEnds(config())
    with pytest.raises(NoConnection, match=r"HE2: .*\[he_api.2\]"):
        heads.of(2)
    with pytest.raises(NotReached, match="no head-end"):
        heads.of(None)


# --- One command at a time ------------------------------------------------------------------


def test_commands_to_a_device_take_turns_and_others_do_not_wait(
    simulator: SimulatedHeadEnd, head: HeadEnd, device: Device
) -> None:
    """As long as the clock stands the first command is not done."""
    key = device.table_key
    simulator.behave(key, busy_seconds=1)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(head.set_capacity, device, Decimal(1))
        simulator.until(key, begun={"set-capacity": 1})
        second = pool.submit(head.set_capacity, device, Decimal(2))
        simulator.until(key, waiting=1)
        third = pool.submit(head.get, device)
        simulator.until(key, waiting=2)
        assert head.get(Device(next(KEYS), 2)).relay_state == 1
        simulator.advance(1)
        assert first.result(PATIENCE).capacity == 1
        assert second.result(PATIENCE).capacity == 2
        assert third.result(PATIENCE).capacity == 2
    shown = simulator.meter(key)
    assert shown["begun"] == {"get": 1, "set-capacity": 2}
    assert shown["most_at_once"] == 1


def test_the_command_of_a_caller_that_has_gone_is_never_begun(
    simulator: SimulatedHeadEnd, head: HeadEnd, impatient: HeadEnd, device: Device
) -> None:
    key = device.table_key
    simulator.behave(key, busy_seconds=1)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(head.set_relay, device, 0)
        simulator.until(key, begun={"set-relay": 1})
        # The head-end may say so just in time.
        with pytest.raises((NoAnswer, NotReached)):
            impatient.set_capacity(device, Decimal(1))
        simulator.until(key, waiting=0)
        simulator.advance(1)
        assert slow.result(PATIENCE).relay_state == 0
    assert head.get(device).capacity == 60
    assert simulator.meter(key)["begun"] == {"set-relay": 1, "get": 1}


def test_threads_share_a_head_end(head: HeadEnd) -> None:
    with ThreadPoolExecutor(8) as pool:
        devices = [Device(next(KEYS), 2) for _ in range(64)]
        states = pool.map(lambda one: head.set_relay(one, one.table_key % 2).relay_state, devices)
        assert list(states) == [one.table_key % 2 for one in devices]


# --- Who may ask, and whom ------------------------------------------------------------------


def private(path: Path, text: str) -> Path:
    path.touch(0o600)
    path.write_text(text)
    return path


def openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def certify(folder: Path, name: str) -> Path:
    """An authority and a certificate of it for 127.0.0.1; gives the authority's."""
    (folder / f"{name}.ext").write_text("subjectAltName = IP:127.0.0.1\n")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(folder, "req", "-x509", *curve, "-keyout", f"{name}-ca.key", "-out", f"{name}-ca.pem",
            "-subj", f"/CN={name} CA", "-days", "2")  # fmt: skip
    openssl(folder, "req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", "/CN=head-end")  # fmt: skip
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{name}-ca.pem",
            "-CAkey", f"{name}-ca.key", "-out", f"{name}.pem", "-days", "2",
            "-extfile", f"{name}.ext")  # fmt: skip
    return folder / f"{name}-ca.pem"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SimulatedHeadEnd, Path]]:
    """A head-end with TLS that asks for a token, and the folder of its files."""
    folder = tmp_path_factory.mktemp("tls")
    ca = certify(folder, "good")
    certify(folder, "bad")
    token = private(folder / "token", f"{TOKEN}\n")
    words = ["--certificate", folder / "good.pem", "--key", folder / "good.key"]
    words += ["--token-file", token]
    made = SimulatedHeadEnd(folder, *map(str, words), ca=ca, token=TOKEN)
    yield made, folder
    made.close()


def test_tls_and_a_token(secured: tuple[SimulatedHeadEnd, Path], device: Device) -> None:
    simulator, folder = secured
    assert simulator.url.startswith("https://")
    api = simulator.api(ca_file=folder / "good-ca.pem", token_file=folder / "token")
    head = HeadEnds(config(he1=api)).of(1)
    assert head.set_relay(device, 0).relay_state == 0
    simulator.behave(device.table_key, "HANG_UP")
    with pytest.raises(NoAnswer):
        head.set_relay(device, 1)
    assert head.get(device).relay_state == 1


def test_nothing_is_sent_to_a_head_end_that_is_not_trusted(
    secured: tuple[SimulatedHeadEnd, Path], device: Device
) -> None:
    simulator, folder = secured
    for ca in ("bad-ca.pem", None):
        api = simulator.api(ca_file=ca and folder / ca, token_file=folder / "token")
        with pytest.raises(NoConnection, match="no trusted TLS connection; nothing was sent"):
            HeadEnds(config(he1=api)).of(1).set_relay(device, 0)
    assert simulator.meter(device.table_key)["begun"] == {}


def test_a_port_without_tls(simulator: SimulatedHeadEnd, device: Device) -> None:
    api = HeadEndApi(simulator.url.replace("http://", "https://"))
    with pytest.raises(NotReached, match="nothing was sent"):
        HeadEnd(1, api).set_relay(device, 0)
    assert simulator.meter(device.table_key)["begun"] == {}


def test_a_wrong_token_is_refused_and_a_new_one_needs_no_restart(
    secured: tuple[SimulatedHeadEnd, Path], tmp_path: Path, device: Device
) -> None:
    simulator, folder = secured
    mine = private(tmp_path / "token", "another-token")
    api = simulator.api(ca_file=folder / "good-ca.pem", token_file=mine)
    head = HeadEnds(config(he1=api)).of(1)
    with pytest.raises(Refused, match="token") as refused:
        head.get(device)
    assert "another-token" not in str(refused.value)
    mine.write_text(TOKEN)
    assert head.get(device).relay_state == 1
    without = HeadEnds(config(he1=replace(api, token_file=None))).of(1)
    with pytest.raises(Refused, match="token"):
        without.get(device)


@pytest.mark.parametrize(("text", "mode"), [("", 0o600), ("two words", 0o600), ("x", 0o644)])
def test_an_unusable_token_file_is_named_by_its_entry(
    tmp_path: Path, device: Device, text: str, mode: int
) -> None:
    file = private(tmp_path / "token", text)
    file.chmod(mode)
    head = HeadEnd(1, HeadEndApi("http://127.0.0.1:1", token_file=file))
    with pytest.raises(NotReached, match=r"token_file of \[he_api.1\]") as raised:
        head.get(device)
    assert str(tmp_path) not in str(raised.value)


def test_an_unusable_url_is_named_by_its_entry(device: Device) -> None:
    with pytest.raises(NoConnection, match=r"url of \[he_api.1\]"):
        HeadEnds(config(he1=HeadEndApi("https://x:70000"))).of(1)


def test_an_unusable_ca_file_is_named_by_its_entry(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for text in (None, "no certificate"):
        if text:
            file.write_text(text)
        with pytest.raises(NotReached, match=r"ca_file of \[he_api.1\]"):
            HeadEnds(config(he1=HeadEndApi("https://x", ca_file=file))).of(1)


# --- The simulator --------------------------------------------------------------------------


def test_meters_outlive_a_restart(tmp_path: Path, device: Device) -> None:
    state = ("--state", str(tmp_path / "state"))
    first = SimulatedHeadEnd(tmp_path, *state)
    try:
        head = HeadEnds(config(he1=first.api())).of(1)
        head.set_relay(device, 0)
        head.set_capacity(device, Decimal("33.5"))
        head.reserve_capacity(device, 9, NOW, NOW + HOUR, Decimal(5))
        first.advance(120)
        before = head.get(device)
        other = head.get(Device(1, 2))
    finally:
        first.close()
    again = SimulatedHeadEnd(tmp_path, *state)
    try:
        head = HeadEnds(config(he1=again.api())).of(1)
        assert head.get(device) == before
        assert head.get(Device(1, 2)) == other
        assert before.at == NOW + timedelta(seconds=120)
    finally:
        again.close()


def test_chances_follow_from_the_seed(tmp_path: Path) -> None:
    keys = range(1, 25)
    simulator = SimulatedHeadEnd(tmp_path, "--seed", "3", "--refusals", "0.5")
    try:
        head = HeadEnds(config(he1=simulator.api())).of(1)
        refused = [not works(lambda key=key: head.get(Device(key, 2))) for key in keys]
    finally:
        simulator.close()

    def foretold(seed: int) -> list[bool]:
        behaviour = Behaviour(seed, Habits(refusals=0.5))
        return [behaviour.of("get", key).ending == "REFUSED" for key in keys]

    assert refused == foretold(3) != foretold(4)
    assert set(refused) == {True, False}


def works(command: Callable[[], object]) -> bool:
    try:
        command()
    except Refused:
        return False
    return True


# --- The document ---------------------------------------------------------------------------


def test_the_document_describes_what_is_said(simulator: SimulatedHeadEnd, device: Device) -> None:
    """Every command of the client and every answer, as they go over the wire."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert set(document["paths"]) == {one.path for one in contract.OPERATIONS}

    def check(model: type[contract.Said], text: str) -> None:
        schema = {"$ref": f"#/components/schemas/{model.__name__}", **document}
        jsonschema_rs.Draft202012Validator(schema).validate(json.loads(text))

    with Saying(answered("500 Oops")) as server:
        head = HeadEnd(1, HeadEndApi(server.url))
        for command in (lambda: head.get(device), *changes(head, device)):
            with pytest.raises(NoAnswer):
                command()
    asked = dict(server.asked)
    assert set(asked) == {one.path for one in contract.OPERATIONS}
    for one in contract.OPERATIONS:
        check(one.asks, asked[one.path])
    for one in (*contract.OPERATIONS[1:4], contract.GET, contract.REBOOT):
        said = urllib3.request("POST", simulator.url + one.path, body=asked[one.path].encode())
        assert said.status == 200
        check(one.answers, said.data.decode())
    said = urllib3.request("POST", simulator.url + contract.GET.path, body=b"{}")
    assert said.status == 400
    check(contract.Failure, said.data.decode())
