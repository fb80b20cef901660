"""Locks that hold across requests, processes and machines: the database keeps them.

Every request takes them in the same order, so that no two wait for each other: its session, its
Idempotency-Key, then devices by their key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any

from kenshin.engines import Result
from kenshin.http_api import metrics
from kenshin.http_api.answer import BUSY, FAILED, Problem
from kenshin.rules import Rules, seconds_left

TAKE, LOCK, LOCATE = "TAKE_LOCK", "LOCK_DEVICE", "LOCATE_DEVICE"
NO_DEVICE = (2001, 2002)  # of LOCK_DEVICE: there is nothing to lock


def session_lock(address: str, session: str) -> str:
    """The lock of the requests with one source address and session."""
    return f"session {address} {session}"


def answer_lock(client: str, key: str) -> str:
    """The lock of the requests of one client with one Idempotency-Key."""
    return f"answer {client} {key}"


@contextmanager
def held(
    rules: Rules,
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
    at the end of the outer one. Raises Problem: 3002, with Retry-After, when another request has
    one of them for too long, and 9000 when one cannot be had; EngineError when the database fails.
    """
    until = monotonic() + seconds
    keys: set[int] = set()
    with rules.holding():
        for name in names:
            left = seconds_left(until)
            _granted(_asked(rules, TAKE, left, p_name=name), "this request")
        for key in _keys(rules, devices):
            left = seconds_left(until)
            result = _asked(rules, LOCK, left, p_table_key=key)
            # It may have gone since it was found: then the rule of the request says so.
            if result.code not in NO_DEVICE:
                _granted(result, "this device")
                keys.add(key)
        yield keys


@contextmanager
def device_held(rules: Rules, seconds: int, named: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Hold the one device that is named, and give its row of LOCATE_DEVICE.

    Raises Problem when there is none, and as `held` does.
    """
    with held(rules, seconds, devices=[named]) as keys:
        result, row = _located(rules, named)
        if not result.ok:
            raise Problem(result.code, rules.catalog.meaning(LOCATE, result.code))
        # On Firebird a rule sees what was when it was called, not when it came to the lock.
        if row["TABLE_KEY"] not in keys:
            raise busy("the point came to another device just now; try again")
        yield row


def busy(message: str, seconds: int = 1) -> Problem:
    """Nothing was begun, and trying again can help behind so many seconds."""
    return Problem(BUSY, message, headers={"Retry-After": str(seconds)})


def _located(rules: Rules, named: Mapping[str, Any]) -> tuple[Result, dict[str, Any]]:
    """What LOCATE_DEVICE answers of a device, and its row, empty when there is none."""
    result = rules.answer(LOCATE, **named)
    rows = rules.rows_of(LOCATE, result)
    return result, rows[0] if rows else {}


def _keys(rules: Rules, devices: Iterable[Mapping[str, Any]]) -> list[int]:
    """The keys of the devices that are there, each once, in their order."""
    rows = (_located(rules, named)[1] for named in devices)
    return sorted({int(row["TABLE_KEY"]) for row in rows if row})


def _asked(rules: Rules, rule: str, seconds: int, **named: object) -> Result:
    began = monotonic()
    result = rules.hold(rule, seconds, **named, p_seconds=seconds)
    metrics.lock(result.code != BUSY, monotonic() - began)
    return result


def _granted(result: Result, what: str) -> None:
    if result.code == BUSY:
        raise busy(f"another request has been at work on {what} for too long; try again")
    if not result.ok:
        raise Problem(FAILED, f"the database could not lock {what}; try again")
