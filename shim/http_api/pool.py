"""Sessions for the threads of one process, and rules called by name on them."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import EngineError, Result, Session, open_session
from kenshin.rules import Rules

_RESTED = 5.0  # seconds without work, after which a connection is looked at before it is lent


def call(session: Session, catalog: Catalog, rule: str, **arguments: Any) -> Result:
    """What a rule answers, a refusal too; an argument that is not given is null.

    Raises TypeError for an argument that it does not take.
    """
    return Rules(session, catalog).answer(rule, **arguments)


def rows_of(catalog: Catalog, rule: str, result: Result) -> list[dict[str, Any]]:
    """The rows that a rule gave, each a mapping from column to value."""
    columns = catalog.declaration(rule).gives
    return [dict(zip(columns, row, strict=True)) for row in result.rows]


class Pool:
    """At most `size` sessions, each made when it is first needed and used by one thread at a time.

    A session is lent without an open transaction and without a lock. One whose connection is lost
    is closed, and another one made in its place.
    """

    def __init__(self, config: Config, size: int) -> None:
        self.config = config
        self.catalog = Catalog(config.dialect)
        self._closed = False
        # A place without a session is used last: no more connections are made than are needed.
        self._places: queue.LifoQueue[tuple[Session | None, float]] = queue.LifoQueue()
        for _ in range(size):
            self._places.put((None, 0.0))

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for the calling thread, which waits while all are taken.

        Raises EngineError when none gets free within [http_api] lock_seconds, or when the
        database cannot be reached.
        """
        kept, used = self._taken()
        broken = False
        try:
            if kept is None or (monotonic() - used > _RESTED and not kept.is_there()):
                kept = self._made(kept)
            yield kept
        except BaseException:
            broken = True
            raise
        finally:
            self._give_back(kept, broken)

    def close(self) -> None:
        """Close every session; those in use, as soon as they come back."""
        self._closed = True
        for _ in range(self._places.qsize()):
            try:
                self._give_back(self._places.get_nowait()[0])
            except queue.Empty:
                return

    def _taken(self) -> tuple[Session | None, float]:
        if self._closed:
            raise EngineError("the connections are closed: the server is about to end")
        try:
            return self._places.get(timeout=self.config.http_api.lock_seconds)
        except queue.Empty:
            raise EngineError(
                "every connection is in use: raise [http_api] threads, or send fewer at a time"
            ) from None

    def _made(self, lost: Session | None) -> Session:
        if lost is not None:
            lost.close()
        session = open_session(self.config)
        session.connect()
        return session

    def _give_back(self, session: Session | None, broken: bool = False) -> None:
        if session is not None:
            session.let_go()
            lost = broken and not session.is_there()
            if self._closed or session.in_transaction or lost:
                session.close()  # the server takes back what is open
                session = None
        self._places.put((session, monotonic()))
