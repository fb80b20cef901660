"""Locks of requests: between processes, behind a killed one, and over a lost connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count

import pytest

from conftest import Installations
from http_station import (
    ADDRESS,
    FIRST,
    Other,
    connection_of,
    cut,
    installed,
    point,
)
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import EngineError, LockLost, Session, open_session
from kenshin.http_api.answer import Problem
from kenshin.http_api.locks import answer_lock, device_held, held, session_lock
from kenshin.http_api.pool import Pool
from kenshin.rules import Rules
from waiting import PATIENCE, until

BUSY = 3002
ONE, TWO = FIRST, FIRST + 1
NAMES = (f"name {number}" for number in count())


@pytest.fixture(scope="module")
def station(engine: str, installations: Installations) -> Config:
    return installed(installations, engine)


@pytest.fixture(scope="module")
def catalog(station: Config) -> Catalog:
    return Catalog(station.dialect)


@pytest.fixture(scope="module")
def others(station: Config) -> Iterator[list[Other]]:
    """Processes that hold nothing; a test that kills one puts another in its place."""
    made = [Other(station) for _ in range(3)]
    yield made
    for other in made:
        other.close()


@pytest.fixture
def opened(station: Config) -> Iterator[Callable[[], Session]]:
    """Makes sessions, which end with the test."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_session(station))


@pytest.fixture
def name() -> str:
    return next(NAMES)


def take(session: Session, catalog: Catalog, name: str, seconds: int = 0) -> int:
    rules = Rules(session, catalog)
    return rules.hold("TAKE_LOCK", seconds, p_name=name, p_seconds=seconds).code


# --- Between processes --------------------------------------------------------------------


def test_one_device_is_one_process_at_a_time(others: list[Other]) -> None:
    first, second, third = others
    assert first.asked("lock", ONE, 0)[0] == 0
    second.order("lock", ONE, PATIENCE)
    assert third.asked("lock", TWO, 0)[0] == 0  # another device, at the same time
    assert second.is_silent()
    gone = first.asked("let_go")
    code, at = second.answer()
    assert code == 0
    assert at > gone
    second.asked("let_go")
    third.asked("let_go")


def test_a_killed_process_lets_go_at_once(station: Config, others: list[Other]) -> None:
    first, second, _ = others
    assert first.asked("lock", ONE, 0)[0] == 0
    second.order("lock", ONE, PATIENCE)
    assert second.is_silent()
    first.kill()
    assert second.answer()[0] == 0
    second.asked("let_go")
    first.close()
    others[0] = Other(station)


def test_who_waits_too_long_is_refused(others: list[Other]) -> None:
    first, second, _ = others
    assert first.asked("lock", ONE, 0)[0] == 0
    assert second.asked("lock", ONE, 0)[0] == BUSY
    assert second.asked("lock", ONE, 1)[0] == BUSY
    first.asked("let_go")
    assert second.asked("lock", ONE, PATIENCE)[0] == 0
    second.asked("let_go")


def test_two_that_wait_for_each_other_both_get_on(others: list[Other]) -> None:
    first, second, _ = others
    assert first.asked("lock", ONE, 0)[0] == 0
    assert second.asked("lock", TWO, 0)[0] == 0
    first.order("lock", TWO, PATIENCE)
    assert first.is_silent()
    # MySQL and MariaDB refuse one of them at once, Firebird the one that waits no longer.
    code, _ = second.asked("lock", ONE, 1)
    loser, winner = (second, first) if code == BUSY else (first, second)
    if loser is first:
        assert first.answer()[0] == BUSY
    loser.asked("let_go")
    if loser is second:
        assert first.answer()[0] == 0
    loser.order("lock", ONE, PATIENCE)
    loser.order("lock", TWO, PATIENCE)
    assert loser.is_silent()
    winner.asked("let_go")
    assert [loser.answer()[0] for _ in "12"] == [0, 0]
    loser.asked("let_go")


# --- What a lock is of --------------------------------------------------------------------


def lock(session: Session, catalog: Catalog, seconds: int = 0, **named: object) -> int:
    rules = Rules(session, catalog)
    return rules.hold("LOCK_DEVICE", seconds, **named, p_seconds=seconds).code


def test_a_device_has_one_lock_whatever_names_it(
    catalog: Catalog, opened: Callable[[], Session]
) -> None:
    one, other = opened(), opened()
    assert lock(one, catalog, p_ld_id=point(ONE)) == 0
    for named in (
        {"p_ld_id": point(ONE)},
        {"p_table_key": ONE},
        {"p_mac": f"02000000{ONE}"},
        {"p_serial": f"S{ONE}"},
        {"p_pd_id": f"D{ONE}"},
    ):
        assert lock(other, catalog, **named) == BUSY, named
    one.let_go()
    assert lock(other, catalog, p_table_key=ONE) == 0


def test_names_are_apart_from_each_other_and_from_devices(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    one, other = opened(), opened()
    assert take(one, catalog, name) == 0
    assert take(other, catalog, name.upper()) == 0
    assert take(one, catalog, f"DEVICE {ONE}") == 0
    assert lock(other, catalog, p_table_key=ONE) == 0


def test_what_is_refused_leaves_no_lock(catalog: Catalog, opened: Callable[[], Session]) -> None:
    one, other = opened(), opened()
    assert lock(one, catalog, p_table_key=TWO, p_ld_id=point(ONE)) == 3004
    assert lock(other, catalog, p_table_key=ONE) == 0
    assert lock(other, catalog, p_table_key=TWO) == 0


def test_a_point_that_moves_while_one_waits_is_refused(
    catalog: Catalog, opened: Callable[[], Session]
) -> None:
    """On Firebird by LOCATE_DEVICE, behind the lock: a rule sees what was when it was called."""
    one, other = opened(), opened()
    move = "UPDATE LOGICAL_DEVICE SET PD_TABLE_KEY = ?, LD_ADDRESS = ? WHERE LD_ID = ?"
    assert lock(one, catalog, p_ld_id=point(ONE)) == 0
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(lock, other, catalog, PATIENCE, p_ld_id=point(ONE))
        await_waiter(one)
        one.execute("mdm", move, [TWO, ADDRESS + 1, point(ONE)])
        one.let_go()
        code = waiting.result(PATIENCE)
    if one.config.dialect == "firebird":
        assert code == 0
        moved = {"p_table_key": ONE, "p_ld_id": point(ONE)}
        assert Rules(other, catalog).call("LOCATE_DEVICE", **moved).code == 3004
    else:
        assert code == BUSY
        assert lock(one, catalog, p_table_key=ONE) == 0
    one.execute("mdm", move, [ONE, ADDRESS, point(ONE)])


def await_waiter(session: Session) -> None:
    """Return once another connection waits for a lock."""
    query = {
        "firebird": "SELECT COUNT(*) FROM MON$STATEMENTS s WHERE s.MON$STATE = 1"
        " AND s.MON$SQL_TEXT CONTAINING 'LOCK_DEVICE' AND s.MON$SQL_TEXT NOT CONTAINING 'MON$'",
    }.get(
        session.config.dialect,
        "SELECT COUNT(*) FROM information_schema.processlist p WHERE p.STATE = 'User lock'",
    )
    until(lambda: session.execute("mdm", query) != [(0,)], "nobody waits")


def test_a_row_that_was_committed_keeps_nobody_out(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    """On Firebird a lock is a row that is not committed; elsewhere it is the connection's."""
    one, other = opened(), opened()
    assert Rules(one, catalog).call("TAKE_LOCK", p_name=name).code == 0
    if one.config.dialect == "firebird":
        assert take(other, catalog, name) == 0
        assert take(one, catalog, name) == BUSY
    else:
        assert take(other, catalog, name) == BUSY


def test_a_call_that_fails_behind_its_lock_leaves_none(
    catalog: Catalog, opened: Callable[[], Session]
) -> None:
    asking, other, table = opened(), opened(), opened()
    if asking.config.dialect == "firebird":
        pytest.skip("there the lock ends with the transaction of a call that fails")
    number = connection_of(asking)
    waits = (
        "SELECT COUNT(*) FROM information_schema.processlist p"
        f" WHERE p.ID = {number} AND p.STATE LIKE 'Waiting for table metadata lock%'"
    )
    # The rule reads it when it has the lock.
    table.execute("mdm", "LOCK TABLES CONTROLLER_TRANSACTION WRITE")
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(lock, asking, catalog, p_table_key=ONE)
        until(lambda: other.execute("", waits) == [(1,)])
        assert lock(other, catalog, p_table_key=ONE) == BUSY
        other.execute("", f"KILL QUERY {number}")
        assert asked.exception(PATIENCE) or asked.result() >= 9000
    table.execute("", "UNLOCK TABLES")
    assert lock(other, catalog, p_table_key=ONE) == 0


# --- A lost connection, a lost deadlock ---------------------------------------------------


def test_a_lost_connection_takes_its_locks_again(
    station: Config, catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    session, other = opened(), opened()
    assert take(session, catalog, name) == 0
    cut(station, connection_of(session))
    # As long as it may take until the server has noticed.
    assert Rules(session, catalog).call("LOCATE_DEVICE", p_table_key=ONE).code == 0
    assert take(other, catalog, name) == BUSY
    session.let_go()
    assert take(other, catalog, name) == 0


def test_a_lock_that_another_has_by_then_ends_the_work(
    station: Config, catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    session, other = opened(), opened()
    assert take(session, catalog, name) == 0
    cut(station, connection_of(session))
    assert take(other, catalog, name, PATIENCE) == 0
    done = []
    with pytest.raises(LockLost):
        session.again(lambda: done.append(Rules(session, catalog).call("LOCATE_DEVICE", p_mac="x")))
    assert all(not result.ok for result in done)
    session.let_go()
    assert Rules(session, catalog).call("LOCATE_DEVICE", p_table_key=ONE).code == 0


def test_a_transaction_that_is_done_again_keeps_the_locks(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    """A lost deadlock is no lost connection: nobody gets the lock in between."""
    session, rival = opened(), opened()
    for each in (session, rival):
        each.wait_at_most(1)
    assert take(session, catalog, name) == 0
    attempts = []

    def work() -> None:
        attempts.append(connection_of(session))
        with session.transaction():
            if len(attempts) == 2:
                rival.rollback()
            session.execute("mdm", "UPDATE HECONF SET ENABLED = ENABLED WHERE HEID = 1")

    rival.begin()
    rival._open = True
    rival.execute("mdm", "UPDATE HECONF SET ENABLED = ENABLED WHERE HEID = 1")
    session.again(work)
    rival._open = False
    assert len(set(attempts)) == 1 < len(attempts)
    assert take(rival, catalog, name) == BUSY


def test_no_lock_is_taken_inside_a_transaction(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    session = opened()
    with session.transaction(), pytest.raises(EngineError, match="before the transaction"):
        take(session, catalog, name)


# --- What a request holds -----------------------------------------------------------------


def test_a_request_holds_what_it_names_until_it_ends(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    session, other = opened(), opened()
    names = [session_lock("10.0.0.1", name), answer_lock("client", name)]
    # Named twice, and one that is not there.
    devices = [{"p_table_key": TWO}, {"p_ld_id": point(ONE)}, {"p_serial": f"S{ONE}"}]
    devices.append({"p_mac": "0200000F0000"})
    with held(Rules(session, catalog), 5, names=names, devices=devices) as keys:
        assert keys == {ONE, TWO}
        for lock in names:
            assert take(other, catalog, lock) == BUSY
        taken = held(Rules(other, catalog), 0, devices=[{"p_ld_id": point(TWO)}])
        with pytest.raises(Problem) as refused, taken:
            raise AssertionError
        assert refused.value.code == BUSY
        assert refused.value.answer.http_status == 409
        assert refused.value.headers == {"Retry-After": "1"}
        with held(Rules(other, catalog), 0, devices=[{"p_ld_id": point(FIRST + 2)}]):
            pass
    with held(Rules(other, catalog), PATIENCE, names=names, devices=devices):
        pass


def test_what_is_held_inside_ends_with_what_is_around_it(
    catalog: Catalog, opened: Callable[[], Session], name: str
) -> None:
    session, other = opened(), opened()
    with held(Rules(session, catalog), 5, names=[name]):
        with device_held(Rules(session, catalog), 5, {"p_ld_id": point(ONE)}) as row:
            assert row["TABLE_KEY"] == ONE
        assert take(other, catalog, name) == BUSY
    assert take(other, catalog, name, PATIENCE) == 0


def test_a_device_that_is_not_there_cannot_be_held(
    catalog: Catalog, opened: Callable[[], Session]
) -> None:
    session = opened()
    for named, code in (({"p_ld_id": "nobody"}, 2002), ({}, 1001), ({"p_serial": "?"}, 1002)):
        with pytest.raises(Problem) as refused, device_held(Rules(session, catalog), 0, named):
            raise AssertionError
        assert refused.value.code == code
    assert not session.holds


def test_requests_on_many_devices_never_wait_for_each_other(
    catalog: Catalog, opened: Callable[[], Session]
) -> None:
    """Each names all devices, in an order of its own."""
    keys = range(FIRST, FIRST + 12)
    failed: list[BaseException] = []

    def work(session: Session, turn: int) -> None:
        devices = [{"p_table_key": key} for key in (*keys[turn:], *keys[:turn])]
        try:
            for _ in range(3):
                with held(Rules(session, catalog), PATIENCE, devices=devices):
                    pass
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(opened(), turn)) for turn in (0, 4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


# --- The pool -----------------------------------------------------------------------------


@pytest.fixture
def pool(station: Config) -> Iterator[Pool]:
    pool = Pool(station, 2)
    yield pool
    pool.close()


def test_a_session_is_lent_again_as_it_was_made(
    pool: Pool, opened: Callable[[], Session], name: str
) -> None:
    with pytest.raises(RuntimeError), pool.session() as session:
        first = connection_of(session)
        assert take(session, pool.catalog, name) == 0
        with session.transaction():
            session.execute("mdm", "UPDATE HECONF SET ENABLED = 7 WHERE HEID = 1")
            raise RuntimeError
    other = opened()
    assert take(other, pool.catalog, name, PATIENCE) == 0
    with pool.session() as session:
        assert connection_of(session) == first
        query = "SELECT ENABLED FROM HECONF WHERE HEID = 1"
        assert session.execute("mdm", query) == [(1,)]


def test_a_broken_session_is_replaced(station: Config, pool: Pool) -> None:
    with pool.session() as session:
        first = connection_of(session)
    cut(station, first)
    with pool.session() as session:
        assert Rules(session, pool.catalog).call("LOCATE_DEVICE", p_table_key=ONE).code == 0
        second = connection_of(session)
    assert second != first
    with pytest.raises(RuntimeError), pool.session() as session:
        session.begin()
        session._open = True
        raise RuntimeError  # with a transaction left open
    with pool.session() as session:
        assert connection_of(session) != second


def test_who_finds_all_sessions_taken_waits(pool: Pool) -> None:
    came = threading.Event()

    def third() -> None:
        with pool.session():
            came.set()

    with pool.session() as one:
        with pool.session() as two:
            assert one is not two
            waiting = threading.Thread(target=third)
            waiting.start()
            assert not came.wait(0.2)
        assert came.wait(PATIENCE)
    waiting.join()


def test_a_closed_pool_lends_nothing(pool: Pool) -> None:
    with pool.session() as session:
        pool.close()
        assert session.is_there()
    with pytest.raises(EngineError, match="closed"), pool.session():
        raise AssertionError
