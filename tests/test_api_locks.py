"""The locks that requests hold: one connection has one, others wait, on every engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from cases._api import DEVICES
from conftest import Installations
from kenshin import release
from kenshin.config import Config
from kenshin.engines import Session, open_session

HELD = 3002
# Longer than anybody holds a lock here.
PATIENCE = 120
P1 = (None, None, None, None, "P1")


@pytest.fixture(scope="module")
def devices(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "locks")
    release.apply(config)
    with open_session(config) as session:
        for statement in DEVICES:
            session.execute(*statement)
    return config


@pytest.fixture
def pair(devices: Config) -> Iterator[tuple[Session, Session]]:
    with open_session(devices) as one, open_session(devices) as other:
        yield one, other


def lock(session: Session, *named: object, seconds: int = 0) -> int:
    return session.hold("mdm", "LOCK_DEVICE", (seconds, *named), seconds).code


def take(session: Session, name: str, seconds: int = 0) -> int:
    return session.hold("mdm", "TAKE_LOCK", (name, seconds), seconds).code


def test_a_device_has_one_lock_whatever_names_it(pair: tuple[Session, Session]) -> None:
    one, other = pair
    assert lock(one, *P1) == 0
    for named in (
        P1,
        (901, None, None, None, None),
        (None, "AABBCC000001", None, None, None),
        (None, None, "S1", None, None),
        (None, None, None, "pd-1", None),
        (None, None, None, None, "P1g"),
    ):
        assert lock(other, *named) == HELD, named
    assert lock(other, 902, None, None, None, None) == 0
    one.let_go()
    assert lock(other, *P1) == 0


def test_a_name_has_one_lock(pair: tuple[Session, Session]) -> None:
    one, other = pair
    assert take(one, "a") == 0
    assert take(other, "a", seconds=1) == HELD
    assert take(other, "A") == 0
    assert take(one, "DEVICE 901") == 0
    assert lock(other, *P1) == 0
    one.let_go()
    assert take(other, "a") == 0


def test_who_waits_gets_it_when_it_is_let_go(pair: tuple[Session, Session]) -> None:
    one, other = pair
    assert lock(one, *P1) == 0
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lock, other, *P1, seconds=PATIENCE)
        _await_waiter(one)
        one.let_go()
        assert waiting.result(PATIENCE) == 0
    assert lock(one, *P1) == HELD


def test_a_lock_goes_with_its_connection(devices: Config, pair: tuple[Session, Session]) -> None:
    one, _ = pair
    with open_session(devices) as gone:
        assert lock(gone, *P1) == 0
        assert take(gone, "a") == 0
        assert lock(one, *P1) == HELD
    assert lock(one, *P1, seconds=PATIENCE) == 0
    assert take(one, "a", seconds=PATIENCE) == 0


def test_what_is_refused_leaves_no_lock(pair: tuple[Session, Session]) -> None:
    one, other = pair
    assert lock(one, 902, None, None, None, "P1") == 3004
    assert lock(other, *P1) == 0
    assert lock(other, 902, None, None, None, None) == 0


def test_a_point_that_moves_while_one_waits_is_refused(pair: tuple[Session, Session]) -> None:
    """On Firebird by LOCATE_DEVICE, behind the lock: a rule sees what was when it was called."""
    one, other = pair
    assert lock(one, *P1) == 0
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lock, other, *P1, seconds=PATIENCE)
        _await_waiter(one)
        one.execute("mdm", "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = 902 WHERE TABLE_KEY = 912")
        one.let_go()
        code = waiting.result(PATIENCE)
    if one.config.dialect == "firebird":
        assert code == 0
        code = other.call("mdm", "LOCATE_DEVICE", 901, *P1[1:]).code
        assert code == 3004
    else:
        assert code == HELD
        assert lock(one, *P1) == 0
    one.execute("mdm", "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = 901 WHERE TABLE_KEY = 912")


def test_a_row_that_was_committed_keeps_nobody_out(pair: tuple[Session, Session]) -> None:
    one, other = pair
    assert one.call("mdm", "TAKE_LOCK", "committed", 0).code == 0
    if one.config.dialect == "firebird":
        assert one.execute("mdm", "SELECT COUNT(*) FROM API_LOCK") == [(1,)]
        assert take(other, "committed") == 0
        assert take(one, "committed") == HELD
    else:  # there the lock is the connection's, not the transaction's
        assert take(other, "committed") == HELD


def _await_waiter(session: Session) -> None:
    """Return once another connection waits for a lock."""
    query = {
        "firebird": "SELECT COUNT(*) FROM MON$STATEMENTS s WHERE s.MON$STATE = 1"
        " AND s.MON$SQL_TEXT CONTAINING 'LOCK_DEVICE' AND s.MON$SQL_TEXT NOT CONTAINING 'MON$'",
    }.get(
        session.config.dialect,
        "SELECT COUNT(*) FROM information_schema.processlist p WHERE p.STATE = 'User lock'",
    )
    for _ in range(PATIENCE * 100):
        if session.execute("mdm", query) != [(0,)]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
