"""How many requests a minute: one limit over all worker processes of a server.

The generic cell rate algorithm keeps one number a name: the time at which its requests would all
be paid for, if one were paid every interval. The numbers are in a small file that the workers
share. A record lock on its few bytes keeps them apart, and ends with the process that has it.
"""

from __future__ import annotations

import fcntl
import hashlib
import ipaddress
import math
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from kenshin.http_api import logs, metrics
from kenshin.http_api.address import parsed
from kenshin.http_api.answer import OVER_LIMIT, Problem
from kenshin.http_api.shared import RATES

FAILURES_PER_MINUTE = 60  # of one source address without a key that holds

_SLOT = struct.Struct("=Qd")  # a name's hash, and the time at which all is paid for
_SLOTS = 8  # of a bucket: names that fall together are told apart by their hashes
_BUCKET = _SLOT.size * _SLOTS
_BUCKETS = 4096
_MINUTE = 60.0
_EXACT = 1e-6  # seconds: sums of binary fractions are not whole minutes


class Limiter:
    """Limits by name, in a file that processes share.

    `clock` gives seconds and must be the same in all of them; the monotonic clock of a machine is.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._file = _opened(path)
        self._map = mmap.mmap(self._file, _BUCKET * _BUCKETS)
        self._threads = threading.Lock()  # a record lock is the whole process's

    def take(self, name: str, per_minute: int) -> float:
        """Take one request of a name: 0.0, or the seconds until there is one to take.

        A name that was quiet has a minute's worth at once.
        """
        return self._pay(name, per_minute, keep=True)

    def look(self, name: str, per_minute: int) -> float:
        """What `take` would give, without taking."""
        return self._pay(name, per_minute, keep=False)

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()
        os.close(self._file)

    def _pay(self, name: str, per_minute: int, *, keep: bool) -> float:
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big") or 1
        start = key % _BUCKETS * _BUCKET
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, _BUCKET, start)
            try:
                now = self._clock()
                at, paid = self._slot(start, key)
                due = max(paid, now) + _MINUTE / per_minute
                wait = due - now - _MINUTE
                if wait > _EXACT:
                    return wait
                if keep:
                    _SLOT.pack_into(self._map, at, key, due)
                return 0.0
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, _BUCKET, start)

    def _slot(self, start: int, key: int) -> tuple[int, float]:
        """Where a name's number is, and the number; a new name gets the slot that is paid first."""
        oldest = (math.inf, start)
        for at in range(start, start + _BUCKET, _SLOT.size):
            found, paid = _SLOT.unpack_from(self._map, at)
            if found == key:
                return at, paid
            oldest = min(oldest, (paid, at))
        return oldest[1], 0.0


class Rate:
    """The limits of the HTTP-API: of a client, and of an address whose keys do not hold."""

    def __init__(self, limiter: Limiter, per_minute: int) -> None:
        self._limiter = limiter
        self._per_minute = per_minute

    @classmethod
    def of_server(cls, per_minute: int) -> Rate:
        """With the file that the server named; in a process alone with a file of its own."""
        named = os.environ.get(RATES)
        return cls(Limiter(Path(named) if named else None), per_minute)

    def request(self, client: str, address: str) -> None:
        """Take a request of a client. Raises Problem (429) when there is none left."""
        wait = self._limiter.take(f"client {client}", self._per_minute)
        if wait > 0:
            metrics.OVER_RATE.labels("client").inc()
            logs.refusal("over the rate of the client", client=client, address=address)
            raise _over(wait, f"more than {self._per_minute} requests a minute")

    def may_fail(self, address: str) -> None:
        """Raise Problem (429) when an address has used up its failures."""
        wait = self._limiter.look(_source(address), FAILURES_PER_MINUTE)
        if wait > 0:
            metrics.OVER_RATE.labels("address").inc()
            logs.refusal("over the rate of failures of the address", address=address)
            raise _over(wait, "too many requests from this address without a valid key")

    def failed(self, address: str) -> None:
        """An address has sent a key that does not hold."""
        self._limiter.take(_source(address), FAILURES_PER_MINUTE)


def _source(address: str) -> str:
    """Who an address counts for: one network has 2**64 addresses of version 6."""
    found = parsed(address)
    if found is not None and found.version == 6:
        return f"address {ipaddress.ip_network((found, 64), strict=False)}"
    return f"address {found}"


def _over(wait: float, what: str) -> Problem:
    seconds = max(1, math.ceil(wait))
    message = f"{what}: try again in {seconds} s"
    return Problem(OVER_LIMIT, message, 429, {"Retry-After": str(seconds)})


def _opened(path: Path | None) -> int:
    """The file, as long as it must be; without a path one that has no name."""
    if path is None:
        file, name = tempfile.mkstemp(prefix="kenshin-rate-")
        os.unlink(name)
    else:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.ftruncate(file, _BUCKET * _BUCKETS)
    return file
