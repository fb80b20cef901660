"""Logins to the portal from LOGIN_BEGIN to LOGIN_END: tokens, decoys, tries and locks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from case import plain_rows
from cases._portal import HASH, MAIL, OTHER_HASH, TOKENS, account, sha256
from kenshin.config import Config
from kenshin.engines import Result, Session, open_session
from kenshin.secret import check_password, hash_password

PHC = re.compile(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9/+]{22}\$[A-Za-z0-9/+]{43}")
TRIES = 5


def begin(session: Session, mail: str = MAIL) -> tuple[str, str]:
    """The hash and the token that a portal gets."""
    result = session.call("vps", "LOGIN_BEGIN", mail)
    assert result.code == 0, result
    [(phc, token)] = plain_rows(result.rows)
    assert re.fullmatch("[0-9a-f]{32}", token)
    return phc, token


def end(session: Session, token: str, good: bool) -> Result:
    return session.call("vps", "LOGIN_END", token, int(good))


def log_in(session: Session, good: bool = True, mail: str = MAIL) -> int:
    """Code of a whole login; a decoy fits no password."""
    phc, token = begin(session, mail)
    return end(session, token, good and phc in (HASH, OTHER_HASH)).code


def given(session: Session, **columns: object) -> None:
    session.execute(*account(**columns))  # type: ignore[arg-type]


def change(session: Session, what: str) -> None:
    session.execute("vps", f"UPDATE VPS_ACCOUNT SET {what} WHERE VPS_ACCOUNT_ID = '{MAIL}'")


def state(session: Session) -> tuple[int, datetime | None]:
    query = "SELECT a.FAILED_LOGINS, a.LOCKED_UNTIL FROM VPS_ACCOUNT a WHERE a.VPS_ACCOUNT_ID = ?"
    [(failed, locked)] = session.execute("vps", query, [MAIL])
    return failed, locked


# --- Good logins ----------------------------------------------------------------------


def test_the_password_is_compared_by_the_portal(session: Session) -> None:
    stored = hash_password("correct horse")
    given(session, password=stored)
    phc, token = begin(session)
    assert phc == stored
    assert check_password(phc, "correct horse") and not check_password(phc, "battery staple")
    result = end(session, token, good=True)
    assert plain_rows(result.rows) == [("C-1", MAIL, "0", "1")]
    assert end(session, token, good=True).code == 4001


def test_the_database_keeps_no_token(session: Session) -> None:
    given(session)
    tokens = [begin(session)[1] for _ in range(2)]
    assert len(set(tokens)) == 2
    kept = plain_rows(session.execute("vps", TOKENS.split(":", 1)[1]))
    assert kept == sorted((MAIL, sha256(token), sha256(HASH)) for token in tokens)


def test_a_login_expires_after_the_minutes_that_are_set(session: Session) -> None:
    given(session)
    session.execute(
        "mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '7' WHERE NAME = 'LOGIN_TOKEN_MINUTES'"
    )
    before = datetime.now().replace(microsecond=0)
    begin(session)
    after = datetime.now()
    [(until,)] = session.execute("vps", "SELECT k.EXPIRES_AT FROM LOGIN_TOKEN k")
    assert before <= until - timedelta(minutes=7) <= after


# --- Decoys ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["DELETED = 1", "STATE = 0", "LOCKED_UNTIL = '2099-01-01'"])
def test_an_account_that_may_not_log_in_looks_like_an_unknown_one(
    session: Session, what: str
) -> None:
    unknown = begin(session)[0]
    given(session)
    assert begin(session)[0] == HASH
    change(session, what)
    phc, token = begin(session)
    assert phc == unknown
    assert end(session, token, good=True).code == 4001


def test_a_decoy_is_like_a_hash_and_always_the_same(session: Session) -> None:
    decoy, token = begin(session, "nobody@example.jp")
    assert PHC.fullmatch(decoy) and PHC.fullmatch(hash_password("x"))
    assert not check_password(decoy, "correct horse")
    again, other_token = begin(session, "Nobody@Example.jp")
    assert again == decoy and other_token != token
    other = begin(session, "somebody@example.jp")[0]
    assert all(a != b for a, b in zip(decoy.split("$")[4:], other.split("$")[4:], strict=True))
    assert end(session, token, good=True).code == 4001
    assert end(session, token, good=False).code == 4001


def test_decoys_come_from_a_secret_of_this_installation(session: Session) -> None:
    begin(session)
    query = "SELECT s.SECRET FROM LOGIN_SECRET s"
    [(secret,)] = session.execute("vps", query)
    assert re.fullmatch("[0-9a-f]{32}", secret)
    decoy = begin(session)[0]
    assert session.execute("vps", query) == [(secret,)]
    session.execute("vps", "UPDATE LOGIN_SECRET SET SECRET = NULL")
    assert begin(session)[0] != decoy


# --- Tries and locks ------------------------------------------------------------------


def test_failures_in_a_row_lock_the_account_for_a_while(session: Session) -> None:
    given(session)
    for _ in range(TRIES - 1):
        assert log_in(session, good=False) == 4001
    assert log_in(session) == 0
    assert state(session) == (0, None)
    before = datetime.now().replace(microsecond=0)
    for _ in range(TRIES):
        assert log_in(session, good=False) == 4001
    after = datetime.now()
    failed, locked = state(session)
    assert failed == TRIES and locked is not None
    assert before <= locked - timedelta(minutes=15) <= after
    # Neither a good password nor another try changes anything.
    assert log_in(session) == 4001
    assert log_in(session, good=False) == 4001
    assert state(session) == (TRIES, locked)
    # The lock is over, and all tries are there again.
    change(session, "LOCKED_UNTIL = LOCALTIMESTAMP(0)")
    for _ in range(TRIES - 1):
        assert log_in(session, good=False) == 4001
    assert state(session) == (TRIES - 1, None)
    assert log_in(session) == 0


def test_logins_begun_at_once_give_no_more_tries(session: Session) -> None:
    given(session)
    begun = [begin(session) for _ in range(2 * TRIES)]
    assert [phc == HASH for phc, _ in begun] == [True] * TRIES + [False] * TRIES
    tokens = [token for _, token in begun]
    assert [end(session, token, good=False).code for token in tokens[1:]] == [4001] * 9
    assert state(session) == (TRIES - 1, None)
    assert end(session, tokens[0], good=True).code == 0
    assert state(session) == (0, None)


def test_a_login_that_ends_well_opens_the_others_again(session: Session) -> None:
    given(session)
    tokens = [begin(session)[1] for _ in range(TRIES)]
    assert log_in(session) == 4001
    assert end(session, tokens[0], good=True).code == 0
    assert log_in(session) == 0


def test_logins_that_never_end_lock_the_account(session: Session) -> None:
    given(session)
    token, *_ = [begin(session)[1] for _ in range(TRIES)]
    session.execute("vps", "UPDATE LOGIN_TOKEN SET EXPIRES_AT = LOCALTIMESTAMP(0)")
    assert end(session, token, good=True).code == 4001
    assert log_in(session) == 4001
    failed, locked = state(session)
    assert failed == TRIES and locked is not None
    assert session.execute("vps", "SELECT COUNT(*) FROM LOGIN_TOKEN k") == [(0,)]


@pytest.mark.parametrize("rule", ["EDIT_ACCOUNT", "ISSUE_TEMPORARY_PASSWORD", "UPDATE"])
def test_a_login_does_not_outlive_its_password(session: Session, rule: str) -> None:
    given(session)
    token = begin(session)[1]
    if rule == "UPDATE":
        change(session, f"PASSWORD_HASH = '{OTHER_HASH}'")
    else:
        rest = (None, None, None) if rule == "EDIT_ACCOUNT" else ()
        assert session.call("vps", rule, MAIL, OTHER_HASH, *rest).code == 0
    assert end(session, token, good=True).code == 4001
    assert log_in(session) == 0


# --- Several portals ------------------------------------------------------------------


@pytest.fixture
def stored(config: Config) -> Iterator[Config]:
    """An account that all connections see."""
    with open_session(config) as session:
        given(session)
    yield config
    with open_session(config) as session:
        for table in ("LOGIN_TOKEN", "VPS_ACCOUNT"):
            session.execute("vps", f"DELETE FROM {table}")


def test_connections_together_have_no_more_tries(stored: Config) -> None:
    def work(_: int) -> list[bool]:
        with open_session(stored) as session:
            return [begin(session)[0] == HASH for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        got = [real for some in pool.map(work, range(4)) for real in some]
    assert sum(got) == TRIES


def test_a_token_is_good_once_for_all_connections(stored: Config) -> None:
    with open_session(stored) as session:
        token = begin(session)[1]

    def work(_: int) -> int:
        with open_session(stored) as session:
            return end(session, token, good=True).code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(work, range(4))) == [0, 4001, 4001, 4001]
