"""Who asks: bearer keys, of which the database has only the hash."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kenshin.http_api import logs, metrics
from kenshin.http_api.address import parsed
from kenshin.http_api.answer import NOT_ALLOWED, Problem
from kenshin.rules import Rules

if TYPE_CHECKING:
    from kenshin.http_api.pool import Pool
    from kenshin.http_api.rate import Rate

KEPT_SECONDS = 5.0  # a key that was found is believed for so long, in each worker
_MOST_KEPT = 4096
_KEY = re.compile(r"([0-9a-f]{12})\.[A-Za-z0-9_-]{43}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Caller:
    """Who sent a request."""

    client: str
    role: str
    key_id: str


@dataclass(frozen=True)
class _Key:
    """What the database says of a key."""

    caller: Caller
    hash: str
    networks: tuple[Network, ...] | None  # None: from anywhere


class _Refused(Exception):
    """A request has no key that holds: why, for the log, and the id of its key if it has one."""

    def __init__(self, reason: str, key_id: str | None = None, status: int = 401) -> None:
        super().__init__(reason)
        self.reason = reason
        self.key_id = key_id
        self.status = status


def new_key() -> tuple[str, str, str]:
    """A fresh key of 256 random bits: its id, its text, which is the secret, and its hash."""
    key_id = secrets.token_hex(6)
    text = f"{key_id}.{secrets.token_urlsafe(32)}"
    return key_id, text, hash_of(text)


def hash_of(text: str) -> str:
    """What the database keeps of a key: the SHA-256 of its text, in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


class Keys:
    """The keys of an installation. Whatever is not known to hold is refused."""

    def __init__(
        self, pool: Pool, rate: Rate | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._rate = rate
        self._clock = clock
        self._kept: dict[str, tuple[float, _Key]] = {}
        self._lock = threading.Lock()

    def caller(self, authorization: str | None, address: str) -> Caller:
        """Who sent the header Authorization from an address.

        Raises Problem: 401 without a key that holds, 403 from a network that is not one of the
        key's, 429 over the rate of the client, or of failures from that address; EngineError
        when the database cannot be asked.
        """
        try:
            caller = self._found(authorization, address)
        except _Refused as refused:
            raise self._problem(refused, address) from None
        if self._rate:
            self._rate.request(caller.client, address)
        return caller

    def _found(self, authorization: str | None, address: str) -> Caller:
        if not authorization:
            raise _Refused("no key")
        scheme, _, text = authorization.partition(" ")
        match = _KEY.fullmatch(text.strip())
        if scheme.lower() != "bearer" or match is None:
            raise _Refused("not a bearer key")
        key = self._key(match[1], address)
        if not hmac.compare_digest(hash_of(match[0]), key.hash):
            raise _Refused("wrong key", match[1])
        if key.networks is not None and not _within(address, key.networks):
            raise _Refused("not from a network of the key", match[1], 403)
        return key.caller

    def _key(self, key_id: str, address: str) -> _Key:
        now = self._clock()
        with self._lock:
            until, key = self._kept.get(key_id, (now, None))
        if key is not None and now < until:
            return key
        if self._rate and key is None:  # of one that held once it is known who has it
            self._rate.may_fail(address)
        key = self._asked(key_id)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            # Counted from before the question: a revocation holds from then on at the latest.
            self._kept[key_id] = (now + KEPT_SECONDS, key)
        return key

    def _asked(self, key_id: str) -> _Key:
        with self._pool.session() as session:
            rules = Rules(session, self._pool.catalog)
            answer = rules.answer("FIND_API_KEY", p_key_id=key_id)
        if not answer.ok or len(answer.rows) != 1:
            with self._lock:
                self._kept.pop(key_id, None)
            raise _Refused("unknown or expired key", key_id)
        client, digest, role, networks = answer.rows[0]
        try:
            return _Key(Caller(client, role, key_id), digest, networks_of(networks))
        except ValueError:
            raise _Refused("the networks of the key cannot be read", key_id, 403) from None

    def _problem(self, refused: _Refused, address: str) -> Problem:
        metrics.REFUSALS.labels(refused.reason).inc()
        logs.refusal(refused.reason, key_id=refused.key_id, address=address)
        if self._rate:
            self._rate.failed(address)
        if refused.status == 403:
            return Problem(NOT_ALLOWED, "the key does not hold from this network", 403)
        return Problem(
            NOT_ALLOWED,
            "a valid key is needed, in the header Authorization: Bearer",
            401,
            {"WWW-Authenticate": 'Bearer realm="kenshin"'},
        )


def networks_of(text: str | None) -> tuple[Network, ...] | None:
    """The networks of a key, from a list with commas; None when there is no list.

    Raises ValueError for what is no network.
    """
    if text is None or not text.strip():
        return None
    return tuple(ipaddress.ip_network(part) for part in re.split(r"[,\s]+", text.strip()))


def _within(address: str, networks: tuple[Network, ...]) -> bool:
    found = parsed(address)
    return found is not None and any(
        found in network for network in networks if network.version == found.version
    )
