"""One worker process of the server: gunicorn's, made to lose no thread to who is slow or silent.

A thread is taken by a request whose beginning is there, has it for a bounded time until all of
it is there, and lets it go once it is answered. All else waits in the worker's one loop, which
itself waits for nobody: without its heartbeat the worker would be replaced.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
import uuid
from collections import deque
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn.http import errors  # type: ignore[import-untyped]
from gunicorn.http.unreader import SocketUnreader  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from kenshin.http_api import answer, logs

_SILENT = 15  # seconds that a new connection may say nothing; it takes no thread
_HEAD = 5  # seconds for the handshake of TLS, and again for the head of a request
_BODY = 20  # seconds for its body
_REST = 2  # seconds for the rest of a body that nobody wanted
_SEND = 30  # seconds in which a client takes its answer
_PARTING = 2  # seconds that the other side has to end a connection after its last answer
_DRAINED = 65536  # bytes at once of what nobody reads any more

_STATUSES = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
    # What the application itself would have sent, although they are kinds of a bad request.
    errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
}
_CODES = {
    HTTPStatus.REQUEST_URI_TOO_LONG: answer.OVER_LIMIT,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: answer.OVER_LIMIT,
    HTTPStatus.INTERNAL_SERVER_ERROR: answer.FAILED,
}


class TlsSocket(ssl.SSLSocket):
    """A socket whose handshake does not last."""

    def do_handshake(self, block: bool = False) -> None:
        """Raises NoMoreData when the client takes too long."""
        self.settimeout(_HEAD)
        try:
            super().do_handshake(block)
        except TimeoutError:
            raise errors.NoMoreData from None


class _Unreader(SocketUnreader):  # type: ignore[misc]
    """Reads from a connection until a moment; then only what is there already."""

    def __init__(self, sock: socket.socket, address: str) -> None:
        super().__init__(sock)
        self.until = 0.0
        self._address = address

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next piece. Raises NoMoreData when it is not there in time."""
        self.sock.settimeout(max(self.until - time.monotonic(), 0))
        try:
            return bytes(super().chunk(size_hint))
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            logs.refusal("too slow", address=self._address)
            raise errors.NoMoreData from None
        finally:
            self.sock.settimeout(_SEND)


class _Connection(TConn):  # type: ignore[misc]
    """A connection with bounds on its requests; its end is waited for in the worker's loop."""

    def __init__(self, worker: Worker, accepted: TConn) -> None:
        super().__init__(accepted.cfg, accepted.sock, accepted.client, accepted.server)
        self._worker = worker

    def init(self) -> None:
        """Get ready for the next request."""
        if not self.initialized:
            super().init()
            self.parser.unreader = _Unreader(self.sock, _address(self.client))
        self.sock.settimeout(_SEND)
        self.allow(_HEAD)

    def allow(self, seconds: float) -> None:
        """The time that what is still to be read has from now on."""
        self.parser.unreader.until = time.monotonic() + seconds

    def close(self, graceful: bool = False) -> None:
        """End it; with `graceful` the client is to have the whole of its answer before."""
        if graceful:
            self._worker.part(self)
        else:
            super().close()


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that waits for clients in its loop alone, and once told to end keeps none out.

    Names without an underscore that are not explained here are gunicorn's.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._parting: deque[_Connection] = deque()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        # The database's client library may have put handlers in front of those of a worker,
        # which break connections in use.
        self.init_signals()

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:  # nobody is to wait at a door that stays shut
            for listener in self.sockets:
                listener.close()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread; a new one not before it says something."""
        if isinstance(conn, _Connection):
            super().enqueue_req(conn)
            return
        new = _Connection(self, conn)
        new.timeout = time.monotonic() + _SILENT
        self.pending_conns.append(new)
        self._listen(new, self.on_pending_socket_readable)

    def handle_request(self, req: Any, conn: _Connection) -> bool:
        conn.allow(_BODY)
        kept = super().handle_request(req, conn)
        conn.allow(_REST)
        return bool(kept)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what cannot be read in the form of all answers.

        The text of the exception goes nowhere, for it can hold a key.
        """
        kind, status, request_id = type(exc).__name__, _status(exc), uuid.uuid4().hex
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            logs.failure("request failed", exc, request_id=request_id)
            message = "it failed at the server, whose log says where"
        else:
            logs.refusal("not HTTP", error=kind, request_id=request_id, address=_address(addr))
            message = f"this is no HTTP request that can be read: {kind}"
        code = _CODES.get(status, answer.BADLY_FORMED)
        body = answer.write(answer.Answer(code, message), request_id)
        if not isinstance(exc, ssl.SSLError):  # one without TLS could not read it
            with contextlib.suppress(OSError):
                client.sendall(_response(status, request_id, body))

    def murder_pending(self) -> None:
        super().murder_pending()
        now = time.monotonic()
        while self._parting and self._parting[0].timeout <= now:
            self._parted(self._parting[0])

    def part(self, conn: _Connection) -> None:
        """Say that no more comes, and close a connection when the client has seen it.

        Closing at once would, with something unread, throw away an answer on its way.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:  # the client is gone
            conn.close()
            return
        conn.timeout = time.monotonic() + _PARTING
        self.nr_conns += 1
        self._parting.append(conn)
        self._listen(conn, self._drain)

    def _listen(self, conn: _Connection, then: Any) -> None:
        conn.sock.setblocking(False)
        self.poller.register(conn.sock, EVENT_READ, partial(then, conn))

    def _drain(self, conn: _Connection, sock: socket.socket) -> None:
        try:
            more = sock.recv(_DRAINED)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._parted(conn)

    def _parted(self, conn: _Connection) -> None:
        self._parting.remove(conn)
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()


def _address(client: Any) -> str:
    """Where a connection is from; nothing of one through a local socket."""
    return str(client[0]) if isinstance(client, tuple) else ""


def _status(error: Exception) -> HTTPStatus:
    if type(error) in _STATUSES:
        return _STATUSES[type(error)]
    if isinstance(error, (errors.ParseException, ssl.SSLError)):
        return HTTPStatus.BAD_REQUEST
    return HTTPStatus.INTERNAL_SERVER_ERROR


def _response(status: HTTPStatus, request_id: str, body: str) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        f"X-Request-ID: {request_id}",
        "",
        body,  # ASCII
    )
    return "\r\n".join(head).encode()
