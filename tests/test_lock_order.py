"""Rules that change what others look up, at the same moment: none may lose a deadlock.

A statement that finds a row by an index locks the entry, then the row; one that has the row locks
the entries that change. So who finds rows by a column that changes either queues with those who
change it, or locks the rows by their keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from cases._portal import METERS, customer, relation
from cases._reboot import job
from conftest import Installations
from kenshin import release
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session
from kenshin.render import plain, render_database

ROUNDS, EDITORS, CALLERS, ROWS, OTHERS = 30, 3, 6, 12, 300
POINT = "P7"
# By these, rules look for rows that they lock.
LOOKED_UP = {
    "CONTROLLER": "PD_ID",
    "LOGICAL_DEVICE": "LD_ID|PD_TABLE_KEY|LD_ADDRESS",
    "VPS_ACCOUNT": "CUSTOMER_ID",
    "VPA_DEVICE": "PD_ID|LD_ID",
    "ADR_POLICY": "LD_ID",
}


@pytest.fixture(scope="module")
def contract(engine: str, installations: Installations) -> Config:
    """A contract on a point whose meter is gone, with many terminals and policies."""
    if engine.startswith("firebird"):
        pytest.skip("Firebird waits, or reports a conflict, but locks no index entries")
    config = installations.new(engine, "order")
    release.apply(config)
    with open_session(config) as session:
        for statement in [
            *METERS,
            (
                "mdm",
                "INSERT INTO CONTROLLER (TABLE_KEY, PD_ID, CO_ID, TYPE_ID)"
                " VALUES (910, 'PD2', 'HE1', 12)",
            ),
            customer(),
            relation(point=POINT),
            ("vps", "INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES ('root', 'VPS')"),
        ]:
            session.execute(*statement)
        # Among so few rows without others the engine would use no index.
        for key in range(1, ROWS + OTHERS + 1):
            for statement in (
                f"INSERT INTO VPA_DEVICE (VPA_DEVICE_ID, MAC, PD_ID, LD_ID)"
                f" VALUES ({key}, '{mac(key)}', 'PD{key}', 'Q{key}')",
                f"INSERT INTO VPA_DEVICE_TRANSACTION (VPA_DEVICE_ID) VALUES ({key})",
                "INSERT INTO ADR_POLICY (POLICY_ID, LD_ID, SUB_NUMBER, ACTIVE, TARGET_CAPACITY)"
                f" VALUES ({key}, 'Q{key}', 1, 0, 5)",
            ):
                session.execute("vps", statement)
    return config


def mac(key: int) -> str:
    return f"02000000{key:04X}"


def reset(session: Session) -> None:
    for statement in (
        f"UPDATE VPA_DEVICE SET PD_ID = 'PD1', LD_ID = '{POINT}', DELETED = 0"
        f" WHERE VPA_DEVICE_ID <= {ROWS}",
        f"UPDATE ADR_POLICY SET LD_ID = '{POINT}', DELETED = 0 WHERE POLICY_ID <= {ROWS}",
        "UPDATE UC_LD_RELATION SET TO_DATE = NULL, DELETED = 0",
        "UPDATE UTILITY_CUSTOMER SET DELETED = 0",
    ):
        session.execute("vps", statement)


def rebind(key: int) -> tuple[object, ...]:
    return ("EDIT_VPA_DEVICE", "PD2", mac(key), None, None, None)


def move(key: int) -> tuple[object, ...]:
    return ("EDIT_POLICY", key, "P1", *[None] * 12)


def once(session: Session, database: object, rule: object, *arguments: object) -> Result:
    """One call, by a caller that does not repeat it."""
    *_, answer = session.invoke(str(database), str(rule), arguments)
    assert isinstance(answer, Result)
    return answer


@pytest.mark.parametrize("edit", [rebind, move])
def test_a_contract_ends_while_what_it_ends_is_moved(
    contract: Config, edit: Callable[[int], tuple[object, ...]]
) -> None:
    def work(number: int) -> list[Result]:
        session = sessions[number]
        if number == EDITORS:
            cancel = (None, None, POINT, 1, None, None)
            return [once(session, "mdm", "CLEAR_INSTALLATION", *cancel)]
        keys = range(ROWS - number, 0, -EDITORS)
        return [once(session, "vps", *edit(key)) for key in keys]

    answers = []
    with ExitStack() as stack, ThreadPoolExecutor(EDITORS + 1) as pool:
        sessions = [stack.enter_context(open_session(contract)) for _ in range(EDITORS + 1)]
        for _ in range(ROUNDS):
            reset(sessions[0])
            answers += [a for some in pool.map(work, range(EDITORS + 1)) for a in some]
    assert [a for a in answers if a.code == 9000] == []
    assert answers.count(Result(0)) >= ROUNDS


def test_policies_of_several_points_are_edited_at_once(contract: Config) -> None:
    """Of a small table an engine would rather read, and lock, all rows than use an index."""
    with open_session(contract) as session:
        session.execute("vps", f"DELETE FROM ADR_POLICY WHERE POLICY_ID > {2 * CALLERS}")
        for number in (1, 2):
            session.execute(
                "vps",
                f"UPDATE ADR_POLICY SET LD_ID = 'P{number}', DELETED = 0"
                f" WHERE MOD(POLICY_ID, 2) = {number - 1}",
            )
        session.execute("mdm", "UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 30")

    def work(number: int) -> list[int]:
        with open_session(contract) as session:
            return [
                once(session, "vps", "EDIT_POLICY", number, None, None, f"{n}", *[None] * 10).code
                for n in range(ROUNDS)
            ]

    with ThreadPoolExecutor(CALLERS) as pool:
        codes = [code for some in pool.map(work, range(1, CALLERS + 1)) for code in some]
    assert codes == [0] * len(codes), [c for c in codes if c]


@pytest.mark.parametrize("table", LOOKED_UP)
def test_who_changes_what_rows_are_looked_up_by_queues(table: str) -> None:
    sets = rf"UPDATE {table}\b(?:(?!\bWHERE\b)[^;])*[\s.](?:{LOOKED_UP[table]}) *= "
    units = [u for d in ("mdm", "vps") for u in render_database("mysql", d)]
    rules = {u.name: plain(u.text) for u in units if u.folder == "procedures"}
    changing = {name: text for name, text in rules.items() if re.search(sets, text)}
    assert changing
    assert [name for name, text in changing.items() if "'MDM_LIMIT'" not in text] == []


def beside(contract: Config, held: tuple[object, ...], call: tuple[object, ...]) -> Result:
    """What a call answers while another caller has not committed his yet."""
    with open_session(contract) as one, open_session(contract) as other:
        other.execute("mdm", "SET SESSION innodb_lock_wait_timeout = 1")
        with one.transaction():
            assert once(one, *held) == Result(0)
            return once(other, *call)


def test_a_policy_of_a_point_without_a_meter_waits_for_nobody(contract: Config) -> None:
    with open_session(contract) as session:
        reset(session)
    policy = ("vps", "ADD_POLICY", POINT, 1, *[None] * 9, 5)
    assert beside(contract, ("vps", *move(1)), policy).code == 2002


def test_history_is_removed_while_a_reboot_ends(contract: Config) -> None:
    with open_session(contract) as session:
        session.execute(*job("r", 900, state="RUNNING", attempts=1))
    finish = ("mdm", "FINISH_REBOOT", "r", 900, 1, None, None)
    assert beside(contract, finish, ("vps", "PURGE_HISTORY", None, 100)) == Result(11)


def test_a_device_is_disposed_of_while_its_reboots_end(contract: Config) -> None:
    with open_session(contract) as session:
        session.execute(
            "mdm",
            "INSERT INTO CONTROLLER (TABLE_KEY, SERIAL, CO_ID, TYPE_ID)"
            " VALUES (920, 'S920', 'HE1', 12)",
        )
        for key in range(ROWS):
            session.execute(*job(f"d{key}", 920))
        # So many that an engine would rather find the open ones by their state.
        for key in range(OTHERS):
            session.execute(*job(f"e{key}", 920, state="DONE"))

    def work(number: int) -> list[int]:
        session = sessions[number]
        if number == EDITORS:
            return [once(session, "mdm", "DISPOSE_DEVICE", None, "S920").code]
        return [
            once(session, "mdm", "FINISH_REBOOT", f"d{key}", 920, 1, None, None).code
            for key in range(ROWS - 1 - number, -1, -EDITORS)
        ]

    codes = []
    with ExitStack() as stack, ThreadPoolExecutor(EDITORS + 1) as pool:
        sessions = [stack.enter_context(open_session(contract)) for _ in range(EDITORS + 1)]
        for _ in range(ROUNDS):
            for statement in (
                "UPDATE CONTROLLER SET DELETED = 0 WHERE TABLE_KEY = 920",
                "UPDATE REBOOT_RESERVATION SET STATE = 'RUNNING' WHERE RESERVATION_ID LIKE 'd%'",
            ):
                sessions[0].execute("mdm", statement)
            codes += [code for some in pool.map(work, range(EDITORS + 1)) for code in some]
    assert 9000 not in codes
    assert codes.count(0) >= ROUNDS
