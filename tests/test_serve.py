"""kenshin serve: processes, TLS, nginx in front, stop, reload, and what it does not start with."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from click.testing import CliRunner

from kenshin import __version__
from kenshin.cli import kenshin
from kenshin.config import Config, HeadEndApi, HttpApi
from kenshin.http_api import server
from kenshin.http_api.health import verdict
from servers.base import free_port
from serving import Served, Tls, kenshin_serve, make_tls, nginx, refused, small_app
from waiting import PATIENCE, until

Json = dict[str, Any]


class Rig:
    """A configuration, and what was started with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.config = folder / "kenshin.toml"
        self.started: list[Served] = []
        self.http = urllib3.PoolManager(retries=False, timeout=PATIENCE, maxsize=8)
        self.write()

    def write(self, **entries: object) -> None:
        chosen = {"listen": f"127.0.0.1:{self.port}", "workers": 2, "threads": 4, **entries}
        lines = [
            f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"'
            for name, value in chosen.items()
        ]
        self.config.write_text("\n".join(["[http_api]", *lines]) + "\n")

    def start(self, grace: int = 60, **environment: str) -> Served:
        served = small_app(self.config, self.folder, grace, **environment)
        self.started.append(served)
        return served

    def trusting(self, tls: Tls) -> urllib3.PoolManager:
        return urllib3.PoolManager(ca_certs=str(tls.certificate), retries=False, timeout=PATIENCE)

    def url(self, path: str, scheme: str = "http", port: int = 0) -> str:
        return f"{scheme}://127.0.0.1:{port or self.port}/{path}"

    def connect(self, tls: Tls | None = None, port: int = 0) -> socket.socket:
        """A connection without a client that knows HTTP."""
        sock = socket.create_connection(("127.0.0.1", port or self.port), PATIENCE)
        if tls is None:
            return sock
        context = ssl.create_default_context(cafile=str(tls.certificate))
        return context.wrap_socket(sock, server_hostname="127.0.0.1")

    def who(self, http: urllib3.PoolManager | None = None, **parts: Any) -> Json:
        # A connection of its own: the worker that accepts it answers.
        response = (http or self.http).request(
            "GET", self.url("who", **parts), headers={"Connection": "close"}
        )
        assert response.status == 200
        return dict(response.json())

    def waiting(self, name: str) -> tuple[threading.Thread, list[bytes]]:
        """A request that runs until it is let go."""
        answers: list[bytes] = []

        def ask() -> None:
            answers.append(self.http.request("GET", self.url(f"wait/{name}")).data)

        thread = threading.Thread(target=ask)
        thread.start()
        until((self.folder / f"{name}.began").exists)
        return thread, answers

    def let_go(self, name: str) -> None:
        (self.folder / f"{name}.go").touch()


def everything(sock: socket.socket) -> bytes:
    """What comes until the other side ends the connection; it stays open from here."""
    return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    for served in made.started:
        served.end()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    return make_tls(tmp_path_factory.mktemp("tls"))


# --- Processes ------------------------------------------------------------------------


def test_a_killed_worker_is_replaced_and_what_runs_is_let_end(rig: Rig) -> None:
    shared = rig.folder / "run"
    shared.mkdir()
    served = rig.start(RUNTIME_DIRECTORY=str(shared))
    served.ready(rig.http, rig.url("healthz"))
    until(lambda: len(served.workers()) == 2)
    (run,) = shared.iterdir()
    assert run.stat().st_mode & 0o077 == 0

    killed = rig.who()["pid"]
    os.kill(killed, signal.SIGKILL)
    until(lambda: len(served.workers()) == 2 and killed not in served.workers())
    until(lambda: rig.who()["pid"] in served.workers())
    # What the killed one counted is not lost, whatever it was killed at.
    (run / "figures" / f"counter_{killed + 1_000_000}.db").touch()
    answer = rig.http.request("GET", rig.url("metrics"))
    assert answer.status == 200, served.log.read_text()
    figures = answer.data.decode()
    counted = [line for line in figures.splitlines() if line.startswith("kenshin_http_requests")]
    assert 'kenshin_http_requests_total{path="who",status="200"}' in counted[0]
    assert float(counted[0].split()[-1]) >= 2

    thread, answers = rig.waiting("last")
    served.process.send_signal(signal.SIGTERM)
    until(lambda: refused(rig.port))
    assert served.process.poll() is None
    rig.let_go("last")
    thread.join(PATIENCE)
    assert answers == [b"last"]
    assert served.process.wait(PATIENCE) == 0
    assert list(shared.iterdir()) == []
    assert {"serving", "Handling signal: term"} <= {line["message"] for line in served.lines}


def test_stopping_ends_even_when_a_request_does_not(rig: Rig) -> None:
    served = rig.start(grace=1)
    served.ready(rig.http, rig.url("healthz"))
    thread = threading.Thread(target=_ignoring(lambda: rig.http.request("GET", rig.url("wait/x"))))
    thread.start()
    until((rig.folder / "x.began").exists)
    assert served.stop() == 0
    thread.join(PATIENCE)


def test_a_hangup_reads_the_configuration_anew_and_loses_no_request(rig: Rig) -> None:
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    until(lambda: len(served.workers()) == 2)
    first = served.workers()
    thread, answers = rig.waiting("old")

    rig.write(threads=3)
    served.process.send_signal(signal.SIGHUP)
    until(lambda: rig.who()["threads"] == 3)
    rig.let_go("old")
    thread.join(PATIENCE)
    assert answers == [b"old"]
    until(lambda: len(served.workers()) == 2 and not set(first) & set(served.workers()))

    second = served.workers()
    rig.write(threads=0)
    served.process.send_signal(signal.SIGHUP)
    until(lambda: "configuration kept" in served.log.read_text())
    until(lambda: not set(second) & set(served.workers()) and len(served.workers()) == 2)
    assert rig.who()["threads"] == 3


def test_the_engine_is_not_in_the_process_that_forks(rig: Rig) -> None:
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    assert "fbclient" not in Path(f"/proc/{served.process.pid}/maps").read_text()


def test_what_fails_leaves_its_place_in_the_log_and_no_value(rig: Rig) -> None:
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    response = rig.http.request("GET", rig.url("fail"))
    assert response.status == 500
    assert b"ValueError" not in response.data
    served.stop()
    assert "nobody's business" not in served.log.read_text()
    lines = [line for line in served.lines if "exceptions" in line]
    types = [[error["type"] for error in line["exceptions"]] for line in lines]
    assert types == [["builtins.KeyError"], ["builtins.ValueError"]]
    assert all("serving.py" in line["places"][-1] for line in lines)


def _ignoring(work: Any) -> Any:
    def done() -> None:
        try:
            work()
        except urllib3.exceptions.HTTPError:
            pass  # the server ended before it answered

    return done


# --- Who is slow, silent, or no client at all --------------------------------------------


def test_connections_that_stay_open_keep_no_one_waiting(rig: Rig) -> None:
    """Each would hold the one worker for 2 seconds, or one of its threads for 5."""
    rig.write(workers=1)
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    pids = served.workers()
    with contextlib.ExitStack() as opened:
        for _ in range(120):  # that say nothing
            opened.enter_context(rig.connect())
        asked = [opened.enter_context(rig.connect()) for _ in range(80)]
        for sock in asked:  # that ask, and do not close
            sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert rig.who()["pid"] == pids[0]
        assert all(everything(sock).startswith(b"HTTP/1.1 200") for sock in asked)
        assert rig.who()["pid"] == pids[0]
    assert served.workers() == pids


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_request_that_does_not_arrive_gives_its_thread_back(
    rig: Rig, tls: Tls, encrypted: bool
) -> None:
    """Its head, its body, what is left of a body that nobody wants, the handshake before it."""
    secured = tls if encrypted else None
    files = {"certificate": tls.certificate, "key": tls.key} if encrypted else {}
    rig.write(workers=1, threads=8, **files)
    served = rig.start(HURRY="2")
    http = rig.trusting(tls) if encrypted else rig.http
    url = rig.url("healthz", "https" if encrypted else "http")
    served.ready(http, url)
    head = b"POST /who HTTP/1.1\r\nHost: x\r\n"
    body = b"Content-Length: 99\r\n\r\nx"
    unwanted = b"POST /healthz HTTP/1.1\r\nHost: x\r\n" + body
    begun = [
        (secured, head, b""),
        (secured, head + body, b"HTTP/1.1 400"),
        (secured, unwanted, b"HTTP/1.1 405"),
        (None, b"\x16\x03\x01" if encrypted else head, b""),
    ] * 2
    with contextlib.ExitStack() as opened:
        answered = []
        for security, text, answer in begun:  # all threads have one
            sock = opened.enter_context(rig.connect(security))
            sock.sendall(text)
            answered.append((sock, answer))
        served.ready(http, url)
        for sock, answer in answered:
            assert everything(sock)[:12] == answer
    reasons = [line["reason"] for line in served.lines if line["message"] == "refused"]
    assert reasons == ["too slow"] * (6 if encrypted else 8)


def test_what_is_no_request_is_refused_as_all_others_are(rig: Rig) -> None:
    """And its text, which can hold a key, is neither logged nor answered."""
    rig.write(workers=1, listen=f"0.0.0.0:{rig.port}")
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    get = b"GET /who HTTP/1.1\r\nHost: x\r\n"
    for request, status, code in (
        (get + b"Authorization Bearer 0a1b2c3d4e5f.secret\r\n\r\n", 400, 1002),
        (b"secret\r\n\r\n", 400, 1002),
        (get + b"Expect: secret\r\n\r\n", 417, 1002),
        (get + b"Transfer-Encoding: secret\r\n\r\n", 501, 1002),
        (b"GET /" + b"secret" * 2000 + b" HTTP/1.1\r\n\r\n", 414, 3003),
        (get + b"X: " + b"secret" * 2000 + b"\r\n\r\n", 431, 3003),
        (b"GET /broken HTTP/1.1\r\nHost: x\r\n\r\n", 500, 9000),
    ):
        with rig.connect() as sock:
            sock.sendall(request)
            answer = everything(sock)
        head, body = answer.split(b"\r\n\r\n", 1)
        told = json.loads(body)
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"Content-Type: application/json" in head
        assert set(told) == {"result_code", "message", "data", "request_id"}
        assert told["result_code"] == code
        assert b"secret" not in answer
        (line,) = [line for line in served.lines if line.get("request_id") == told["request_id"]]
        assert line["level"] == ("ERROR" if status == 500 else "WARNING")
    assert "secret" not in served.log.read_text()
    warned = [line["message"] for line in served.lines if line["level"] == "WARNING"]
    assert "keys go in the clear" in warned[0]


@pytest.mark.parametrize(
    ("entries", "warning"),
    [
        ({}, ""),
        ({"listen": "localhost:8480"}, ""),
        ({"listen": "[::1]:8480"}, ""),
        ({"listen": "unix:/run/kenshin/socket", "proxies": 1}, ""),
        ({"listen": "192.0.2.1:443", "certificate": Path("c"), "key": Path("k")}, ""),
        ({"listen": "0.0.0.0:8480"}, "keys go in the clear"),
        ({"listen": "[::]:8480"}, "keys go in the clear"),
        ({"listen": "mdm.example.org:8480"}, "keys go in the clear"),
        ({"listen": "192.0.2.1:8480", "proxies": 1}, "says himself where he is from"),
    ],
)
def test_an_address_that_others_reach(entries: Json, warning: str) -> None:
    found = server.risk(HttpApi(**entries))
    assert warning in found
    assert bool(warning) == bool(found)


# --- TLS ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_without_a_proxy_and_a_new_certificate(rig: Rig, tls: Tls) -> None:
    own = make_tls(rig.folder, "own")
    own.certificate.write_bytes(tls.certificate.read_bytes())
    own.key.write_bytes(tls.key.read_bytes())
    rig.write(certificate=own.certificate, key=own.key)
    served = rig.start()
    http = rig.trusting(tls)
    served.ready(http, rig.url("healthz", "https"))
    # Without a trusted proxy what a client says of itself counts for nothing.
    lies = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "http"}
    found = http.request("GET", rig.url("who", "https"), headers=lies).json()
    assert (found["address"], found["scheme"]) == ("127.0.0.1", "https")
    with pytest.raises(urllib3.exceptions.HTTPError):
        rig.http.request("GET", rig.url("who", "https"))  # an authority that it does not know
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")  # the client would: it is the server that does not
    with (
        pytest.raises(ssl.SSLError, match="ALERT"),
        socket.create_connection(("127.0.0.1", rig.port)) as plain,
    ):
        old.wrap_socket(plain)

    before = set(served.workers())
    fresh = make_tls(rig.folder, "fresh")
    fresh.certificate.replace(own.certificate)
    fresh.key.replace(own.key)
    assert rig.who(rig.trusting(tls), scheme="https")  # until it is told
    served.process.send_signal(signal.SIGHUP)
    until(lambda: not before & set(served.workers()))
    assert rig.who(rig.trusting(own), scheme="https")


def answered(http: urllib3.PoolManager, url: str, method: str = "GET", **more: Any) -> Any:
    """An answer that nginx gives before it has read all: it may close before it is taken."""

    def asked() -> Any:
        try:
            return http.request(method, url, **more)
        except urllib3.exceptions.HTTPError:
            return None

    return until(asked)


def test_nginx_in_front(rig: Rig, tls: Tls) -> None:
    rig.write(proxies=1)
    served = rig.start()
    served.ready(rig.http, rig.url("healthz"))
    front = free_port()
    folder = rig.folder / "nginx"
    folder.mkdir()
    rig.started.append(nginx(folder, rig.port, front, tls))
    http = rig.trusting(tls)
    rig.started[-1].ready(http, rig.url("healthz", "https", front))

    lies = {"X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "http", "Forwarded": "for=x"}
    response = http.request("GET", rig.url("who", "https", front), headers=lies)
    assert response.json()["address"] == "127.0.0.1"
    assert response.json()["scheme"] == "https"
    assert response.headers["Strict-Transport-Security"]
    assert "1." not in response.headers["Server"]
    # The proxy is believed: that is what `proxies` says.
    behind = rig.http.request("GET", rig.url("who"), headers={"X-Forwarded-For": "192.0.2.9"})
    assert behind.json()["address"] == "192.0.2.9"

    assert rig.http.request("GET", rig.url("metrics")).status == 200
    # What it refuses itself has the form of all answers.
    inside = http.request("GET", rig.url("metrics", "https", front))
    trace = http.request("TRACE", rig.url("who", "https", front))
    long = answered(http, rig.url("x" * 9_000, "https", front))
    head = answered(http, rig.url("who", "https", front), headers={"X": "x" * 9_000})
    plain = rig.http.request("GET", rig.url("who", "http", front))
    assert [
        (response.status, response.json()["result_code"])
        for response in (inside, trace, long, head, plain)
    ] == [(404, 1003), (405, 1003), (414, 3003), (431, 3003), (400, 1002)]
    with rig.connect(tls, front) as sock:
        sock.sendall(b"no request\r\n\r\n")
        body = json.loads(everything(sock).split(b"\r\n\r\n", 1)[1])
    assert body["result_code"] == 1002
    assert set(body) == {"result_code", "message", "data", "request_id"}

    large = answered(http, rig.url("who", "https", front), "POST", body=b"x" * 1_048_577)
    assert (large.status, large.json()["result_code"]) == (413, 3003)
    fits = http.request("POST", rig.url("who", "https", front), body=b"x" * 1_048_576)
    assert (fits.status, fits.json()["size"]) == (200, 1_048_576)

    served.stop()
    gone = http.request("GET", rig.url("who", "https", front))
    assert (gone.status, gone.json()["result_code"]) == (502, 9000)


def test_nginx_and_systemd_wait_longer_than_a_control() -> None:
    heads = {1: HeadEndApi("https://head-end.example")}
    usual = Config("mysql", {}, Path(), Path(), Path(), http_api=HttpApi(), he_api=heads)
    longest = server.longest_request(usual)
    deploy = Path(__file__).parents[1] / "deploy"
    assert f"proxy_read_timeout {longest + 30}s;" in (deploy / "nginx/kenshin.conf").read_text()
    unit = (deploy / "systemd/kenshin-serve.service").read_text()
    assert f"TimeoutStopSec={longest + 30}\n" in unit


# --- What it does not start with --------------------------------------------------------


def said(config: Path, *options: str) -> str:
    """What the verb says when it does not start."""
    result = CliRunner().invoke(kenshin, ["--config", str(config), "serve", *options])
    assert result.exit_code != 0
    return f"{result.output}{result.exception or ''}"


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"workers": 0}, "workers = 0: must be at least 1"),
        ({"threads": 0}, "threads = 0: must be at least 1"),
        ({"requests_per_minute": 0}, "requests_per_minute = 0: must be at least 1"),
        ({"settle_seconds": 0}, "settle_seconds = 0: must be at least 1"),
        ({"lock_seconds": 0}, "lock_seconds = 0: must be at least 1"),
        ({"lock_seconds": 3601}, "lock_seconds = 3601: must be at most 3600"),
        ({"listen": "8480"}, "must be address:port"),
        ({"listen": "127.0.0.1:x"}, "must be address:port"),
        ({"listen": "127.0.0.1:70000"}, "must be address:port"),
        ({"listen": "fd://3"}, "must be address:port"),
        ({"listen": "192.0.2.1:8480"}, "is it an address of this machine?"),
        ({"listen": "unix:/nowhere/socket"}, "set proxies"),
        ({"listen": "unix:/nowhere/socket", "proxies": 1}, "its folder is not there"),
        ({"certificate": "tls.pem"}, "certificate and key: give both, or none"),
        ({"certificate": "tls.pem", "key": "tls.key"}, "tls.pem': No such file"),
        ({"certificate": "kenshin.toml", "key": "kenshin.toml"}, "must be PEM"),
        ({"colour": "red"}, "there is only"),
    ],
)
def test_a_configuration_that_cannot_be_served(rig: Rig, entries: Json, message: str) -> None:
    rig.write(**entries)
    assert message in said(rig.config)


def test_a_head_end_that_would_never_be_waited_for(rig: Rig) -> None:
    entries = '[he_api.3]\nurl = "https://head-end.example"\ntimeout_seconds = 0\n'
    rig.config.write_text(rig.config.read_text() + entries)
    assert "[he_api.3] timeout_seconds = 0: must be at least 1" in said(rig.config)


def test_a_key_of_another_certificate_or_with_a_passphrase(rig: Rig, tls: Tls) -> None:
    other = make_tls(rig.folder, "other")
    rig.write(certificate=tls.certificate, key=other.key)
    assert "belong together" in said(rig.config)


def test_a_port_that_is_taken(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", rig.port)):
        assert "another program listens there" in said(rig.config)
        other = f"127.0.0.1:{rig.port}"
        rig.write(listen=f"127.0.0.1:{free_port()}")
        assert "another program listens there" in said(rig.config, "--listen", other)


def test_a_local_socket_that_is_taken(rig: Rig) -> None:
    path = rig.folder / "s"
    rig.write(listen=f"unix:{path}", proxies=1)
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen()
        assert "another program listens there" in said(rig.config)
    server.free(f"unix:{path}")  # nobody is there any more


# --- The real one ---------------------------------------------------------------------


def test_the_http_api_is_served(rig: Rig) -> None:
    """One embedded installation, made here, by several workers."""
    made = CliRunner().invoke(kenshin, ["--config", str(rig.config), "--version"])
    assert __version__ in made.output
    served = kenshin_serve(rig.config, rig.folder, "--workers", "3")
    rig.started.append(served)
    served.ready(rig.http, rig.url("healthz"))
    until(lambda: len(served.workers()) == 3)
    answer = rig.http.request("GET", rig.url("healthz")).json()
    assert answer == {"status": "alive", "release": __version__}
    not_ready = rig.http.request("GET", rig.url("readyz"))
    assert not_ready.status == 503
    assert not_ready.json()["status"] == "not ready"
    for page in ("openapi.json", "swagger"):
        assert rig.http.request("GET", rig.url(page)).status == 200
    refused = rig.http.request("POST", rig.url("api/v1/devices/search"), json={})
    assert (refused.status, refused.json()["result_code"]) == (401, 4001)
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert served.stop() == 0
    lines = served.lines
    assert {"request", "refused", "serving"} <= {line["message"] for line in lines}
    (line,) = [line for line in lines if line["message"] == "request" and line["status"] == 401]
    (reason,) = [line for line in lines if line["message"] == "refused"]
    assert reason["reason"] == "no key"
    assert line["request_id"] == reason["request_id"] == refused.json()["request_id"]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([("0.4.0", "0.4.0", "DONE")], ""),
        ([("0.4.0", "0.5.0", "DONE")], ""),  # gone back: the tables of a newer one fit
        ([("0.2.0", "0.2.0", "DONE")], "the database has release 0.2.0, and this program is 0.4.0"),
        ([("0.4.0", "0.4.0", "RUNNING")], "the run that brings in release 0.4.0 is not done"),
        ([], "no release is installed: kenshin db apply"),
    ],
)
def test_a_release_that_fits(rows: list[tuple[str, str, str]], reason: str) -> None:
    found = verdict(rows, "0.4.0")
    assert (found.ready, found.reason) == (not reason, reason)
