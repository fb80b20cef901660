"""HTTP to one head-end; a deadline bounds the whole of a call, however the other side drags it out.

Deadlines are those of time.monotonic(). Errors have words of ours alone, what lies behind one is
its `__cause__`.
"""

from __future__ import annotations

import io
import select
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

ANSWER_BYTES = 1_048_576


class Unsent(Exception):
    """The body was not sent, and why."""


class Unanswered(Exception):
    """The body was sent, perhaps in part, and no whole answer came in time."""


class Wire:
    """The way to one head-end. Connections stay open between calls; threads may share it."""

    def __init__(self, url: str, trust: ssl.SSLContext) -> None:
        """Connect to nobody yet. Raises ValueError for a url that is none."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
        self._trust = trust if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._trust else 80)
        self._speaks = partial(HTTPConnection, self._host, self._port)
        if self._trust:
            self._speaks = partial(HTTPSConnection, self._host, self._port, context=self._trust)
        self._idle: deque[socket.socket] = deque()

    def post(
        self, path: str, headers: Mapping[str, str], body: bytes, deadline: float
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises Unsent or Unanswered."""
        sock = self._idle_one() or self._connected(deadline)
        try:
            status, content, reusable = self._said(sock, path, headers, body, deadline)
        except BaseException:
            sock.close()
            raise
        if reusable:
            self._idle.append(sock)
        else:
            sock.close()
        return status, content

    def _said(
        self,
        sock: socket.socket,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
        deadline: float,
    ) -> tuple[int, bytes, bool]:
        connection = self._speaks()
        connection.sock = _Line(sock, deadline)
        sent = False
        try:
            connection.putrequest("POST", self._path + path, skip_accept_encoding=True)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                connection.putheader(name, value)
            connection.endheaders()
            sent = True  # without its body a command is none
            connection.send(body)
            response = connection.getresponse()
            content = response.read(ANSWER_BYTES + 1)
        except (OSError, HTTPException) as error:
            raise (Unanswered() if sent else Unsent("the connection broke")) from error
        if response.length or len(content) > ANSWER_BYTES:
            raise Unanswered
        return response.status, content, response.isclosed() and connection.sock is not None

    def _idle_one(self) -> socket.socket | None:
        """A connection that is open still."""
        while True:
            try:
                sock = self._idle.pop()
            except IndexError:
                return None
            waiting = select.poll()
            waiting.register(sock, select.POLLIN)
            if not waiting.poll(0):
                return sock
            sock.close()  # nothing can have been said but goodbye

    def _connected(self, deadline: float) -> socket.socket:
        try:
            sock = _reached(_addresses(self._host, self._port, deadline), deadline)
            if self._trust:
                sock.settimeout(_left(deadline))
                return self._trust.wrap_socket(sock, server_hostname=self._host)
        except (OSError, UnicodeError) as error:
            raise Unsent(_why(error)) from error
        return sock


class _Line:
    """A socket as http.client wants one, until a deadline.

    A timeout of the socket alone would begin anew with each byte that comes.
    """

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(_left(self._deadline))
        self._sock.sendall(data)

    def receive(self, into: memoryview) -> int:
        self._sock.settimeout(_left(self._deadline))
        return self._sock.recv_into(into)

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Nothing: http.client closes before the answer is read, whoever has the socket after."""


class _Reader(io.RawIOBase):
    def __init__(self, line: _Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        return self._line.receive(into)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _addresses(host: str, port: int, deadline: float) -> list[Any]:
    """The addresses of a name."""
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            found.set_exception(error)

    # Nothing can hurry the system: a thread is left to wait for it.
    threading.Thread(target=look_up, daemon=True).start()
    return found.result(_left(deadline))


def _reached(addresses: list[Any], deadline: float) -> socket.socket:
    """A connection to the first address that takes one; each gets a share of the time."""
    failure: OSError = ConnectionError()
    for number, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(_left(deadline) / (len(addresses) - number))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    raise failure


def _why(error: Exception) -> str:
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "its name is unknown"
    if isinstance(error, TimeoutError):
        return "no connection in time"
    if isinstance(error, ssl.SSLError):
        return "no trusted TLS connection"
    return "it takes no connection"
