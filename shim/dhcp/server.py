"""What a DHCP server is asked, whichever it is, and what can go wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from kenshin.config import Dhcp


class DhcpError(Exception):
    """The server could not be told. No message names a secret or an address."""


class NotReached(DhcpError):
    """It takes no connection, or gave no answer: what was sent last may have been done."""


class Refused(DhcpError):
    """It said no."""


class NotConfigured(DhcpError):
    """kenshin.toml, or the server, is not made for it; this message may name a file."""


class Server(Protocol):
    """A connection to a DHCP server, for one thread. All but `close` raise DhcpError.

    A MAC is twelve upper-case hexadecimal digits. To add what is there, and to remove what is not,
    is no error.
    """

    def allow(self, seconds: float) -> None:
        """Give all that is asked from now on so many seconds together."""

    def has(self, mac: str) -> bool:
        """Whether the server answers a device with this MAC."""

    def add(self, mac: str) -> None:
        """Let the server answer a device with this MAC."""

    def remove(self, mac: str) -> None:
        """Let the server ignore a device with this MAC."""

    def close(self) -> None:
        """End the connection."""


@contextmanager
def open_server(settings: Dhcp | None) -> Iterator[Server]:
    """The server of a configuration, which lets us in. Raises DhcpError."""
    if settings is None:
        raise NotConfigured("PROV is linked (PROV_LINKED), and kenshin.toml has no [dhcp]")
    if settings.timeout_seconds < 1:
        raise NotConfigured("[dhcp] timeout_seconds = 0: must be at least 1")
    server = _opened(settings)
    try:
        yield server
    finally:
        server.close()


def _opened(settings: Dhcp) -> Server:
    if settings.server == "kea":
        from kenshin.dhcp.kea import Kea

        return Kea(settings)
    from kenshin.dhcp.omapi import Isc

    return Isc(settings)


def left(until: float) -> float:
    """The seconds until a moment of time.monotonic(). Raises TimeoutError behind it."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def pairs(mac: str) -> str:
    """A MAC as servers write it: aa:bb:cc:dd:ee:ff."""
    return ":".join(mac[n : n + 2] for n in range(0, len(mac), 2)).lower()
