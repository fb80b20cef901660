"""Ways to a receiver of syslog: local socket, UDP (RFC 5426), TCP (RFC 6587), TLS (RFC 5425)."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import ssl
import struct
import termios
import time
from collections.abc import Sequence

from kenshin.config import Syslog

_TICK = 0.005  # seconds between two looks at what the other side has acknowledged


class SyslogError(Exception):
    """Syslog cannot be reached, or did not take what it was sent; it says where and why."""


def send(settings: Syslog, lines: Sequence[bytes]) -> None:
    """Send lines over one connection. Raises SyslogError."""
    try:
        if settings.scheme == "unix":
            _local(settings, lines)
        elif settings.scheme == "udp":
            _datagrams(_connected(settings, socket.SOCK_DGRAM), lines)
        else:
            _stream(settings, lines)
    except (OSError, ValueError) as error:  # ValueError: a host name that is none
        raise SyslogError(f"syslog {settings.to}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _patience(settings: Syslog) -> float:
    return max(1, settings.timeout_seconds)


def _local(settings: Syslog, lines: Sequence[bytes]) -> None:
    """A socket of this machine, of either kind: whoever listens has chosen."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        one.settimeout(_patience(settings))
        one.connect(settings.place)
    except OSError as error:
        one.close()
        if error.errno != errno.EPROTOTYPE:
            raise
        _local_stream(settings, lines)
    else:
        _datagrams(one, lines)


def _local_stream(settings: Syslog, lines: Sequence[bytes]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.settimeout(_patience(settings))
        one.connect(settings.place)
        # A message has no line end: control characters are written out.
        _send_all(one, b"".join(line + b"\n" for line in lines), settings)
        _hand_over(one, _patience(settings))


def _connected(settings: Syslog, kind: socket.SocketKind) -> socket.socket:
    """A socket to the first of the host's addresses that takes it."""
    host, port = settings.address
    last: OSError | None = None
    for family, _, protocol, _, address in socket.getaddrinfo(host, port, type=kind):
        one = socket.socket(family, kind, protocol)
        try:
            one.settimeout(_patience(settings))
            one.connect(address)
            return one
        except OSError as error:
            last = error
            one.close()
    raise last or OSError("the host has no address")


def _datagrams(one: socket.socket, lines: Sequence[bytes]) -> None:
    with one:
        for line in lines:
            one.send(line)
        # Nobody confirms a datagram; that nobody listens may be known by now.
        _raise_pending(one)


def _stream(settings: Syslog, lines: Sequence[bytes]) -> None:
    with _connected(settings, socket.SOCK_STREAM) as plain:
        one = _encrypted(settings, plain) if settings.scheme == "tls" else plain
        with one:
            _send_all(one, b"".join(b"%d %s" % (len(line), line) for line in lines), settings)
            _hand_over(one, _patience(settings))


def _encrypted(settings: Syslog, plain: socket.socket) -> ssl.SSLSocket:
    file = settings.ca_file
    try:
        context = ssl.create_default_context(cafile=str(file) if file else None)
    except OSError as error:
        raise OSError(error.errno, f"ca_file {file}: {error.strerror or error}") from error
    return context.wrap_socket(plain, server_hostname=settings.address[0])


def _send_all(one: socket.socket, data: bytes, settings: Syslog) -> None:
    """As sendall, which over TLS waits anew for each piece. Raises OSError."""
    until = time.monotonic() + _patience(settings)
    rest = memoryview(data)
    while rest:
        _wait_until(one, until)
        rest = rest[one.send(rest) :]


def _wait_until(one: socket.socket, until: float) -> None:
    """What comes next on a socket may take until then. Raises TimeoutError behind it."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    one.settimeout(left)


def _hand_over(one: socket.socket, patience: float) -> None:
    """Close our end, and see that the other side has taken all of it. Raises OSError.

    Syslog has no answer. So the other side is given an end to read up to, at which it closes its
    own; one that had gone before resets the connection, or never acknowledges. Of a receiver that
    does not close, what its machine has acknowledged counts as taken.
    """
    until = time.monotonic() + patience
    try:
        _close_both(one, until)
    except (ssl.SSLEOFError, TimeoutError):
        pass  # it closed without a word of TLS, or not at all
    while _unacknowledged(one):
        _raise_pending(one)
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(_TICK)
    _raise_pending(one)


def _close_both(one: socket.socket, until: float) -> None:
    _wait_until(one, until)
    if isinstance(one, ssl.SSLSocket):
        one.unwrap()
        return
    one.shutdown(socket.SHUT_WR)
    while one.recv(4096):
        _wait_until(one, until)  # whatever it says, for however long: syslog has no answers


def _unacknowledged(one: socket.socket) -> int:
    """Bytes that the other machine has not acknowledged."""
    answer = fcntl.ioctl(one.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])


def _raise_pending(one: socket.socket) -> None:
    code = one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
