"""Callers work on, without a pause, while a release is brought in.

Every rule is replaced, a column is added to a table that they write, an index to another, a view
goes. Each call gets the old or the new behaviour, or is told to call again; nobody hears that
something does not exist or that he may not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from actors import Actors
from conftest import Installations
from kenshin import release, source
from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Session, TryAgain, open_session
from kenshin.engines.base import DONE, SQL_FAILED, _checked

DEVICES = 8
WRAPPED = b"\x01\x04test" + bytes(60)
# Seconds in all in which callers may be told to call again; 0.1 on an idle machine.
PATIENCE = 20.0


def newer() -> source.Source:
    """A release behind this one, in which every rule has another body."""
    now = source.current()
    changed = dict(now.files)
    for frame, begins in (
        ("sql/mysql/frame.sql", "    SET RESULT_CODE = 0;\n\n"),
        ("sql/firebird/frame.sql", "            RESULT_CODE = 0;\n\n"),
    ):
        assert begins in changed[frame]
        changed[frame] = changed[frame].replace(begins, begins.rstrip("\n") + "\n" + begins)
    table = "sql/mdm/controller_transaction.sql"
    end = "   },\n   key = "
    assert changed[table].count(end) == 1
    changed[table] = changed[table].replace(
        end, f"     'VISITS': ('SMALLINT DEFAULT 0 NOT NULL', 'How often it was visited.'),\n{end}"
    )
    index = "index = [['CO_ID'"
    assert changed["sql/mdm/controller.sql"].count(index) == 1
    changed["sql/mdm/controller.sql"] = changed["sql/mdm/controller.sql"].replace(
        index, "index = [['POLL_CONFIG', 'TABLE_KEY'], ['CO_ID'"
    )
    del changed["views/mdm/reboot_progress.sql"]
    return source.Source("9.9.9", changed)


def mac(number: int) -> str:
    return f"0200000000{number:02X}"


@dataclass
class Caller:
    """One connection of one consumer, which calls the same things again and again."""

    role: str
    calls: Callable[[Caller, int], None]
    session: Session
    catalog: Catalog
    done: int = 0
    lost: list[tuple[float, float, str]] = field(default_factory=list)  # from, until, told
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def work(self, stop: threading.Event) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            began = time.monotonic()
            try:
                self.calls(self, number)
                self.done += 1
            except TryAgain as error:
                self.lost.append((began, time.monotonic(), str(error)))
            except (EngineError, self.session.driver_error) as error:
                if isinstance(error, EngineError) or not self.session.is_passing(error):
                    self.wrong.append(f"{self.role} call {number}: {error}")
                self.lost.append((began, time.monotonic(), str(error)))
                self.session.close()
                self.session.connect()
            self.slowest = max(self.slowest, time.monotonic() - began)

    def call(self, rule: str, **given: object) -> None:
        """As an application calls, without kenshin's client that would call again."""
        declared = self.catalog.declaration(rule)
        values = [given.get(name) for name in declared.takes]
        with self.session.transaction():
            result = list(self.session.invoke(self.catalog.database_of(rule), rule, values))[-1]
            _checked(result)
        if result.code == SQL_FAILED or (result.code != DONE and result.code not in declared.codes):
            self.wrong.append(f"{rule}: {result.code} {result.message}")

    def read(self, database: str, view: str) -> None:
        self.session.execute(database, f"SELECT COUNT(*) FROM {view}")


def registrar(caller: Caller, number: int) -> None:
    serial = f"S{caller.role}{number}"
    given = {"p_type_id": 11, "p_ld_type_id": 101, "p_poll_config": 1}
    address = f"03{number % (1 << 40):010X}"
    caller.call("REGISTER_CONTROLLER", p_serial=serial, p_mac=address, **given)
    caller.call("SEARCH_DEVICE", p_serial=serial)


def provisioner(caller: Caller, number: int) -> None:
    caller.call("DHCP_COMPLETED", p_mac=mac(number % DEVICES), p_ip_address="10.0.0.7")
    caller.call("PROV_COMPLETED", p_mac=mac(number % DEVICES))


def head_end(caller: Caller, number: int) -> None:
    caller.read("he", "HE_POLL_TARGET_CONTROLLER")


def portal(caller: Caller, number: int) -> None:
    caller.call("ADR_PROFILE", p_vps_account_id="a@example.jp")
    caller.read("vps", "ADR_POLICY_LIST")


def biller(caller: Caller, number: int) -> None:
    session = caller.session
    with session.transaction():
        if session.config.dialect != "firebird":
            session.execute("vps", "CALL STAGE_BILL_LINE()")
        result = list(session.invoke("vps", "IMPORT_BILL_ROWS", [f"bill{number}.csv", "x"]))[-1]
        _checked(result)
    if result.code == SQL_FAILED:
        caller.wrong.append(f"IMPORT_BILL_ROWS: {result.code} {result.message}")


WORK = {
    "SHIM": registrar,
    "PROV": provisioner,
    "HE": head_end,
    "VPS": portal,
    "BILLING": biller,
}


@pytest.fixture(scope="module")
def crowd(engine: str, installations: Installations) -> Iterator[list[Caller]]:
    config = installations.new(engine, "callers")
    release.apply(config)
    actors = Actors(config, "u_")
    with open_session(config) as session:
        catalog = Catalog(config.dialect)
        setter = Caller("owner", registrar, session, catalog)
        for number in range(DEVICES):
            setter.call(
                "REGISTER_CONTROLLER",
                p_serial=f"C{number}",
                p_mac=mac(number),
                p_type_id=11,
                p_ld_type_id=101,
                p_poll_config=1,
            )
        assert not setter.wrong
    callers = [Caller(role, work, actors.sessions[role], catalog) for role, work in WORK.items()]
    stop = threading.Event()
    threads = [threading.Thread(target=caller.work, args=[stop]) for caller in callers]
    for thread in threads:
        thread.start()
    try:
        all_worked(callers)
        src = newer()
        began = time.monotonic()
        release.apply(config, target=release.Target(src, src))
        print(f"upgrade {time.monotonic() - began:.1f} s")
        all_worked(callers)
    finally:
        stop.set()
        for thread in threads:
            thread.join(300)
    yield callers
    actors.close()


def all_worked(callers: list[Caller]) -> None:
    """Wait until each of them has called ten times more."""
    enough = {caller.role: caller.done + 10 for caller in callers}
    end = time.monotonic() + 300
    while any(caller.done < enough[caller.role] for caller in callers):
        assert time.monotonic() < end, "somebody does not call any more"
        time.sleep(0.05)


def test_nobody_hears_that_something_is_not_there(crowd: list[Caller]) -> None:
    assert not [wrong for caller in crowd for wrong in caller.wrong]


def test_callers_are_told_to_call_again_for_a_moment_only(crowd: list[Caller]) -> None:
    for caller in crowd:
        lost = sum(until - began for began, until, _ in caller.lost)
        print(
            caller.role,
            caller.done,
            len(caller.lost),
            f"{lost:.2f} s lost",
            f"slowest {caller.slowest:.2f}",
        )
        assert lost < PATIENCE, caller.lost


def test_everybody_worked(crowd: list[Caller]) -> None:
    for caller in crowd:
        assert caller.done > 10, caller.role
