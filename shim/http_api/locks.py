"""Locks that hold across requests, processes and machines: the database keeps them.

Every request takes them in the same order, so that no two wait for each other: its session, its
Idempotency-Key, then devices by their key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from kenshin.catalog import Catalog
from kenshin.engines import Result, Session
from kenshin.http_api.answer import BUSY, FAILED, Problem
from kenshin.http_api.pool import call, rows_of
from kenshin.rules import Rules

TAKE, LOCK, LOCATE = "TAKE_LOCK", "LOCK_DEVICE", "LOCATE_DEVICE"


def session_lock(address: str, session: str) -> str:
    """The lock of the requests with one source address and session."""
    return f"session {address} {session}"


def answer_lock(client: str, key: str) -> str:
    """The lock of the requests of one client with one Idempotency-Key."""
    return f"answer {client} {key}"


@contextmanager
def held(
    session: Session,
    catalog: Catalog,
    seconds: int,
    *,
    names: Iterable[str] = (),
    devices: Iterable[Mapping[str, Any]] = (),
) -> Iterator[set[int]]:
    """Hold locks while the work inside is done.

    names: in the order in which they are taken, from `session_lock` and `answer_lock`.
    devices: each the arguments of LOCATE_DEVICE that name one; unknown ones have no lock.
    seconds: that all of them together may be waited for.

    Gives the keys of the devices that are held. Inside another `held` all are let go together,
    at the end of the outer one. Raises Problem (3002, with Retry-After) when another request has
    one of them for too long.
    """
    rules = Rules(session, catalog)
    until = monotonic() + seconds
    outermost = not session.holds
    keys: set[int] = set()
    try:
        for name in names:
            left = _left(until)
            _granted(rules.hold(TAKE, left, p_name=name, p_seconds=left), TAKE, "this request")
        for key in _keys(session, catalog, devices):
            left = _left(until)
            result = rules.hold(LOCK, left, p_table_key=key, p_seconds=left)
            if _granted(result, LOCK, "this device"):
                keys.add(key)
        yield keys
    finally:
        if outermost:
            session.let_go()


@contextmanager
def device_held(
    session: Session, catalog: Catalog, seconds: int, named: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Hold the one device that is named, and give its row of LOCATE_DEVICE.

    Raises Problem when there is none, and as `held` does.
    """
    with held(session, catalog, seconds, devices=[named]) as keys:
        result, row = located(session, catalog, **named)
        if not result.ok:
            raise Problem(result.code, catalog.meaning(LOCATE, result.code))
        # On Firebird a rule sees what was when it was called, not when it came to the lock.
        if row["TABLE_KEY"] not in keys:
            raise Problem(
                BUSY, "the point came to another device just now", headers={"Retry-After": "1"}
            )
        yield row


def located(session: Session, catalog: Catalog, **named: Any) -> tuple[Result, dict[str, Any]]:
    """What LOCATE_DEVICE answers of a device, and its row, empty when there is none."""
    result = call(session, catalog, LOCATE, **named)
    rows = rows_of(catalog, LOCATE, result)
    return result, rows[0] if rows else {}


def _keys(session: Session, catalog: Catalog, devices: Iterable[Mapping[str, Any]]) -> list[int]:
    """The keys of the devices that are there, each once, in their order."""
    rows = (located(session, catalog, **named)[1] for named in devices)
    return sorted({int(row["TABLE_KEY"]) for row in rows if row})


def _left(until: float) -> int:
    return max(0, round(until - monotonic()))


def _granted(result: Result, rule: str, what: str) -> bool:
    if result.code == BUSY:
        raise Problem(
            BUSY,
            f"another request has been at work on {what} for too long; try again",
            headers={"Retry-After": "1"},
        )
    # A device may have gone since it was found: then the rule of the request says so.
    if not result.ok and (rule == TAKE or result.code >= FAILED):
        raise Problem(FAILED, f"{rule}: the database could not lock {what}; try again")
    return result.ok
