"""One effect and one answer for all requests with one Idempotency-Key."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from conftest import Installations
from http_station import connection_of, cut, installed, keeping_of
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Session, TryAgain, open_session
from kenshin.http_api.answer import Answer
from kenshin.http_api.idempotency import Keeping, Kept, Undone
from kenshin.rules import Rules
from waiting import PATIENCE

KEYS = (f"key-{number}" for number in count())
FIRST, OTHER = "1" * 64, "2" * 64


@pytest.fixture(scope="module")
def station(engine: str, installations: Installations) -> Config:
    return installed(installations, engine)


@pytest.fixture
def opened(station: Config) -> Iterator[Callable[[], Session]]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(open_session(station))


class Effect:
    """Work that leaves one row each time that it is done, and says which time it was."""

    def __init__(self, catalog: Catalog, key: str, *codes: int) -> None:
        self.catalog, self.key, self.codes = catalog, key, list(codes)
        self.times = 0

    def __call__(self, session: Session) -> Answer:
        self.times += 1
        session.execute(
            "mdm",
            "INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL) VALUES (?)",
            [f"{self.key}-{id(self)}-{self.times}"],
        )
        code = self.codes.pop(0) if self.codes else 0
        return Answer(code, f"time {self.times}", {"time": self.times})

    def ask(
        self,
        session: Session,
        fingerprint: str = FIRST,
        client: str = "tester",
        key: str | None = "",
    ) -> Answer:
        asked = self.key if key == "" else key
        keeping = self.keeping(session, key=asked, fingerprint=fingerprint, client=client)
        return keeping.once(lambda: self(session))

    def keeping(self, session: Session, **named: str | None) -> Keeping:
        """The answer to one request that names its work."""
        asked = {"key": self.key, "fingerprint": FIRST, **named}
        return keeping_of(Rules(session, self.catalog), **asked)  # type: ignore[arg-type]

    def rows(self, session: Session) -> int:
        query = "SELECT COUNT(*) FROM CERTIFICATE_HISTORY WHERE CERT_SERIAL LIKE ?"
        return int(session.execute("mdm", query, [f"{self.key}-%"])[0][0])


@pytest.fixture(scope="module")
def catalog(station: Config) -> Catalog:
    return Catalog(station.dialect)


@pytest.fixture
def effect(catalog: Catalog) -> Effect:
    return Effect(catalog, next(KEYS))


def text_of(answer: Answer) -> str:
    assert isinstance(answer, Kept)
    return answer.text


def test_the_same_key_gets_the_first_answer(opened: Callable[[], Session], effect: Effect) -> None:
    session, other = opened(), opened()
    first = effect.ask(session)
    assert (first.code, first.data) == (0, {"time": 1})
    for again in (effect.ask(session), effect.ask(other)):
        assert text_of(again) == text_of(first)
        assert again.http_status == 200
    assert effect.rows(session) == 1


def test_a_key_is_of_one_client_and_one_request(
    opened: Callable[[], Session], effect: Effect
) -> None:
    session = opened()
    effect.ask(session)
    refused = effect.ask(session, OTHER)
    assert (refused.code, refused.http_status) == (3001, 409)
    assert effect.rows(session) == 1
    assert effect.ask(session, OTHER, client="two").data == {"time": 2}
    assert [effect.ask(session, key=None).data for _ in "12"] == [{"time": 3}, {"time": 4}]


def test_a_refusal_is_kept_too(opened: Callable[[], Session], catalog: Catalog) -> None:
    session = opened()
    effect = Effect(catalog, next(KEYS), 2001)
    first, again = effect.ask(session), effect.ask(session)
    assert (first.code, first.http_status) == (2001, 404)
    assert (again.code, again.http_status, text_of(again)) == (2001, 404, text_of(first))


@pytest.mark.parametrize("code", [9000, 6001, 6002, 6003])
def test_what_failed_is_done_anew(
    opened: Callable[[], Session], catalog: Catalog, code: int
) -> None:
    session = opened()
    effect = Effect(catalog, next(KEYS), code)
    assert effect.ask(session).code == code
    assert effect.rows(session) == 0
    assert effect.ask(session).data == {"time": 2}
    assert effect.rows(session) == 1


def test_an_effect_that_is_taken_back_leaves_its_answer(
    opened: Callable[[], Session], effect: Effect
) -> None:
    session = opened()

    def work() -> Answer:
        effect(session)
        raise Undone(Answer(3001, "row 2 is refused"))

    first = effect.keeping(session).once(work)
    assert first.code == 3001
    assert text_of(effect.keeping(session).once(work)) == text_of(first)
    assert effect.times == 1
    assert effect.rows(session) == 0


def test_an_exception_takes_everything_back(opened: Callable[[], Session], effect: Effect) -> None:
    session = opened()

    def work() -> Answer:
        effect(session)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        effect.keeping(session).once(work)
    assert effect.rows(session) == 0
    assert effect.ask(session).data == {"time": 2}


def test_a_lost_deadlock_repeats_the_whole(opened: Callable[[], Session], effect: Effect) -> None:
    session = opened()

    def work() -> Answer:
        answer = effect(session)
        if effect.times < 3:
            raise TryAgain("40001")
        return answer

    effect.keeping(session).once(work)
    assert effect.times == 3
    assert effect.rows(session) == 1


def test_requests_at_once_have_one_effect_even_without_a_lock(
    opened: Callable[[], Session], effect: Effect
) -> None:
    sessions = [opened(), opened()]
    together = threading.Barrier(2, timeout=PATIENCE)
    met = threading.local()
    answers: list[str] = []

    def work(within: Session) -> Answer:
        # Both are past the look for a kept answer; a repetition does not wait again.
        if not getattr(met, "once", False):
            met.once = True
            together.wait()
        return effect(within)

    def request(session: Session) -> None:
        answers.append(text_of(effect.keeping(session).once(lambda: work(session))))

    threads = [threading.Thread(target=request, args=(session,)) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert len(set(answers)) == 1
    assert effect.rows(sessions[0]) == 1


@pytest.mark.parametrize("held", [True, False], ids=["held", "lost"])
def test_a_connection_lost_in_the_commit(
    station: Config,
    opened: Callable[[], Session],
    effect: Effect,
    monkeypatch: pytest.MonkeyPatch,
    held: bool,
) -> None:
    """Nobody was told whether it held: one effect all the same, and its own answer."""
    session, other = opened(), opened()
    commit = session.commit

    def broken() -> None:
        monkeypatch.undo()
        if held:
            commit()
        cut(station, number)
        connection_of(session)  # raises what the driver says of a lost connection

    number = connection_of(session)
    monkeypatch.setattr(session, "commit", broken)
    first = effect.ask(session)
    assert effect.rows(other) == 1
    assert effect.times == (1 if held else 2)
    assert first.http_status == 200
    assert text_of(effect.ask(session)) == text_of(first)
