"""Rules that change what a contract's end removes, at the same moment: none may lose a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from cases._portal import METERS, customer, relation
from conftest import Installations
from kenshin import release
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session

ROUNDS, EDITORS, CALLERS, ROWS, OTHERS = 30, 3, 6, 12, 300
POINT = "P7"


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


def once(session: Session, database: str, rule: object, *arguments: object) -> Result:
    """One call, by a caller that does not repeat it."""
    *_, answer = session.invoke(database, str(rule), arguments)
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
