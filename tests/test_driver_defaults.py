"""Callers at the defaults of their driver: no autocommit, REPEATABLE READ, a commit a call.

What such a transaction reads first it goes on seeing; a rule must decide on what is there now.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import mysql.connector
import pytest

from cases._portal import HASH, MAIL, METERS, OTHER_HASH, account, customer, relation
from conftest import Installations
from kenshin import release
from kenshin.config import Config
from kenshin.engines import open_session

TRIES, CALLERS = 5, 8
OTHER_MAIL = "other@example.jp"
START = date(2026, 1, 1)
TABLES = (
    ("vps", "LOGIN_TOKEN", "VPS_ACCOUNT", "UC_LD_RELATION", "UTILITY_CUSTOMER", "ADR_POLICY"),
    ("mdm", "LOGICAL_DEVICE", "CONTROLLER"),
)


@dataclass
class Caller:
    """A connection as the driver gives it when asked for nothing."""

    connection: Any

    def look(self) -> None:
        """Read something: from here on the transaction sees what is committed by now."""
        self.execute("SELECT COUNT(*) FROM VPS_ACCOUNT")

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.with_rows else []

    def call(self, rule: str, *arguments: object) -> tuple[int, list[tuple[Any, ...]]]:
        marks = ", ".join(["%s"] * len(arguments) + ["@code", "@error"])
        rows: list[tuple[Any, ...]] = []
        with self.connection.cursor() as cursor:
            cursor.execute(f"CALL {rule}({marks})", arguments)
            while True:
                rows += cursor.fetchall() if cursor.with_rows else []
                if not cursor.nextset():
                    break
        [(code, error)] = self.execute("SELECT @code, @error")
        assert code != 9000, error
        self.connection.commit()
        return int(code), rows

    def begin(self) -> tuple[str, str]:
        [(phc, token)] = self.call("LOGIN_BEGIN", MAIL)[1]
        return phc, token


@pytest.fixture(scope="module")
def installed(engine: str, installations: Installations) -> Config:
    if engine.startswith("firebird"):
        pytest.skip("Firebird refuses the lock of a row that has changed since the snapshot")
    config = installations.new(engine, "defaults")
    release.apply(config)
    return config


@pytest.fixture
def config(installed: Config) -> Iterator[Config]:
    """Two customers, each with an account; the first one has a point, and P2 is free."""
    with open_session(installed) as session:
        for database, statement in [
            *METERS,
            ("mdm", "UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 30"),
            customer(),
            customer("C-2"),
            relation(),
            account(),
            account(OTHER_MAIL, "C-2"),
            ("vps", "INSERT INTO ACCOUNT_ROLE (ACCOUNT, ROLE_NAME) VALUES ('root', 'VPS')"),
        ]:
            session.execute(database, statement)
    yield installed
    with open_session(installed) as session:
        session.execute("vps", "DELETE FROM ACCOUNT_ROLE")
        for database, *tables in TABLES:
            for table in tables:
                session.execute(database, f"DELETE FROM {table}")


def connect(config: Config) -> Caller:
    given = config.connection
    reach: dict[str, Any] = (
        {"unix_socket": given.socket} if given.socket else {"host": given.host, "port": given.port}
    )
    return Caller(
        mysql.connector.connect(
            user=given.user,
            password=given.password,
            database=config.places["vps"],
            # The driver's own default is one that MariaDB 10.11 does not know.
            collation="utf8mb4_bin",
            **reach,
        )
    )


@pytest.fixture
def early(config: Config) -> Iterator[Caller]:
    caller = connect(config)
    yield caller
    caller.connection.close()


@pytest.fixture
def late(config: Config) -> Iterator[Caller]:
    caller = connect(config)
    yield caller
    caller.connection.close()


def at_once(config: Config, *calls: tuple[object, ...]) -> list[tuple[int, list[tuple[Any, ...]]]]:
    """What so many calls answer, shared among as many connections."""

    def work(number: int) -> list[tuple[int, list[tuple[Any, ...]]]]:
        caller = connect(config)
        try:
            return [caller.call(*call) for call in calls[number::CALLERS]]  # type: ignore[arg-type]
        finally:
            caller.connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return [answer for some in pool.map(work, range(CALLERS)) for answer in some]


def test_a_caller_has_the_drivers_defaults(early: Caller) -> None:
    assert not early.connection.autocommit
    [(_, level)] = early.execute(
        "SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')"
    )[:1]
    assert level == "REPEATABLE-READ"


# --- Logins ---------------------------------------------------------------------------


def test_connections_together_have_no_more_tries(config: Config) -> None:
    answers = at_once(config, *[("LOGIN_BEGIN", MAIL)] * 48)
    assert sum(rows[0][0] == HASH for _, rows in answers) == TRIES


def test_a_token_is_good_once_for_all_connections(config: Config, early: Caller) -> None:
    token = early.begin()[1]
    answers = at_once(config, *[("LOGIN_END", token, 1)] * CALLERS)
    assert sorted(code for code, _ in answers) == [0] + [4001] * (CALLERS - 1)


def test_a_login_begins_with_the_logins_that_are_open_now(early: Caller, late: Caller) -> None:
    late.look()
    for _ in range(TRIES):
        assert early.begin()[0] == HASH
    assert late.begin()[0] != HASH


def test_a_login_begins_with_the_failures_that_are_counted_now(early: Caller, late: Caller) -> None:
    late.look()
    for _ in range(TRIES):
        assert early.call("LOGIN_END", early.begin()[1], 0)[0] == 4001
    assert late.begin()[0] != HASH


def test_failures_are_counted_from_the_count_that_is_there_now(early: Caller, late: Caller) -> None:
    tokens = [early.begin()[1] for _ in range(2)]
    late.look()
    assert early.call("LOGIN_END", tokens[0], 0)[0] == 4001
    assert late.call("LOGIN_END", tokens[1], 0)[0] == 4001
    query = f"SELECT a.FAILED_LOGINS FROM VPS_ACCOUNT a WHERE a.VPS_ACCOUNT_ID = '{MAIL}'"
    assert late.execute(query) == [(2,)]


def test_a_login_begins_with_the_password_that_is_there_now(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("EDIT_ACCOUNT", MAIL, OTHER_HASH, None, None, None)[0] == 0
    phc, token = late.begin()
    assert phc == OTHER_HASH
    assert late.call("LOGIN_END", token, 1)[0] == 0


def test_a_suspended_account_begins_no_login(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("EDIT_ACCOUNT", MAIL, None, None, 0, None)[0] == 0
    assert late.begin()[0] != HASH


def test_the_first_decoy_of_all_is_the_same_for_both(early: Caller, late: Caller) -> None:
    early.execute("UPDATE LOGIN_SECRET SET SECRET = NULL")
    early.connection.commit()
    late.look()
    answers = [caller.call("LOGIN_BEGIN", "nobody@example.jp")[1] for caller in (early, late)]
    assert answers[0][0][0] == answers[1][0][0]


@pytest.mark.parametrize(
    "change",
    [
        ("LOGIN_END", "token", 1),
        ("EDIT_ACCOUNT", MAIL, None, None, 0, None),
        ("EDIT_ACCOUNT", MAIL, OTHER_HASH, None, None, None),
        ("ISSUE_TEMPORARY_PASSWORD", MAIL, OTHER_HASH),
    ],
    ids=["used", "suspended", "changed", "replaced"],
)
def test_a_token_ends_no_login_that_does_not_hold_now(
    early: Caller, late: Caller, change: tuple[Any, ...]
) -> None:
    token = early.begin()[1]
    late.look()
    assert early.call(*[token if argument == "token" else argument for argument in change])[0] == 0
    assert late.call("LOGIN_END", token, 1)[0] == 4001


def test_a_login_ends_with_the_right_that_is_there_now(early: Caller, late: Caller) -> None:
    token = early.begin()[1]
    late.look()
    assert early.call("EDIT_ACCOUNT", MAIL, None, 0, None, None)[0] == 0
    assert late.call("LOGIN_END", token, 1) == (0, [("C-1", MAIL, 0, 0)])


# --- Accounts -------------------------------------------------------------------------


def test_an_account_that_was_removed_gets_no_password(early: Caller, late: Caller) -> None:
    late.look()
    early.execute("UPDATE VPS_ACCOUNT SET DELETED = 1")
    early.connection.commit()
    assert late.call("ISSUE_TEMPORARY_PASSWORD", MAIL, OTHER_HASH)[0] == 2005


def test_an_edit_is_compared_with_what_is_there_now(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("EDIT_ACCOUNT", MAIL, None, None, 0, None)[0] == 0
    assert late.call("EDIT_ACCOUNT", MAIL, None, None, 1, None)[0] == 0
    assert late.call("EDIT_ACCOUNT", MAIL, None, None, 1, None)[0] == 10


def test_a_name_is_of_the_points_that_there_are_now(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("ADD_ACCOUNT", "C-1", "P2", START, MAIL, None, None, None, None)[0] == 0
    assert late.call("EDIT_ACCOUNT", MAIL, None, None, None, "2F")[0] == 3002


def test_a_name_is_compared_with_the_one_that_is_there_now(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("EDIT_ACCOUNT", MAIL, None, None, None, "2F")[0] == 0
    assert late.call("EDIT_ACCOUNT", MAIL, None, None, None, "old")[0] == 0


def test_a_point_goes_to_one_customer(early: Caller, late: Caller) -> None:
    late.look()
    rest = (None, None, None, None)
    assert early.call("ADD_ACCOUNT", "C-1", "P2", START, MAIL, *rest)[0] == 0
    assert late.call("ADD_ACCOUNT", "C-2", "P2", START, OTHER_MAIL, *rest)[0] == 3004


def test_a_mail_address_goes_to_one_customer(early: Caller, late: Caller) -> None:
    late.look()
    mail = "new@example.jp"
    assert early.call("ADD_ACCOUNT", "C-1", "P1", START, mail, HASH, 1, 1, None)[0] == 0
    assert late.call("ADD_ACCOUNT", "C-2", "P2", START, mail, HASH, 1, 1, None)[0] == 3001


def test_a_customer_who_has_left_comes_back(early: Caller, late: Caller) -> None:
    late.look()
    early.execute("UPDATE UTILITY_CUSTOMER SET DELETED = 1")
    early.connection.commit()
    assert late.call("ADD_ACCOUNT", "C-1", "P1", START, MAIL, None, None, None, None)[0] == 0


# --- Policies -------------------------------------------------------------------------

AFTERNOON, NIGHT = ("12:00:00", "18:00:00"), ("17:00:00", "23:00:00")
MORNING = ("06:00:00", "09:00:00")


def policy(hours: tuple[str, str], name: str = "x", point: str = "P1") -> tuple[object, ...]:
    return (point, 1, name, None, None, None, None, *hours, None, None, 10)


def edit(key: int, **given: object) -> tuple[object, ...]:
    names = "ld_id sub name active level incentive mask start end from to target deleted"
    return (key, *[given.get(name) for name in names.split()])


def test_connections_together_add_no_two_policies_at_one_time(config: Config) -> None:
    calls = [("ADD_POLICY", *policy(NIGHT, f"{n}")) for n in range(4 * CALLERS)]
    assert sorted(code for code, _ in at_once(config, *calls)) == [0] + [3001] * (len(calls) - 1)


def test_a_policy_is_added_to_those_that_there_are_now(early: Caller, late: Caller) -> None:
    late.look()
    assert early.call("ADD_POLICY", *policy(AFTERNOON))[0] == 0
    assert late.call("ADD_POLICY", *policy(NIGHT))[0] == 3001
    late.look()
    [(key,)] = early.call("ADD_POLICY", *policy(MORNING))[1]
    assert late.call("ADD_POLICY", *policy(MORNING)) == (10, [(key,)])


def test_a_policy_is_added_to_the_point_as_it_is_now(early: Caller, late: Caller) -> None:
    late.look()
    early.execute("UPDATE LOGICAL_DEVICE SET CONTRACT_CAPACITY = 5")
    early.connection.commit()
    assert late.call("ADD_POLICY", *policy(NIGHT))[0] == 1004


def test_a_policy_is_edited_among_those_that_there_are_now(early: Caller, late: Caller) -> None:
    keys = [early.call("ADD_POLICY", *policy(hours))[1][0][0] for hours in (AFTERNOON, MORNING)]
    late.look()
    assert early.call("EDIT_POLICY", *edit(keys[0], start="17:00:00", end="23:00:00"))[0] == 0
    assert late.call("EDIT_POLICY", *edit(keys[1], start="22:00:00", end="23:00:00"))[0] == 3001
    late.look()
    assert early.call("EDIT_POLICY", *edit(keys[1], active=0))[0] == 0
    # Half an edit: the other half is what early left.
    assert late.call("EDIT_POLICY", *edit(keys[1], name="y"))[0] == 0
    assert late.execute("SELECT p.ACTIVE FROM ADR_POLICY p ORDER BY p.POLICY_ID") == [(1,), (0,)]


def test_a_policy_that_was_removed_is_not_edited(early: Caller, late: Caller) -> None:
    [(key,)] = early.call("ADD_POLICY", *policy(NIGHT))[1]
    late.look()
    assert early.call("EDIT_POLICY", *edit(key, deleted=1))[0] == 0
    assert late.call("EDIT_POLICY", *edit(key, name="y"))[0] == 2007
