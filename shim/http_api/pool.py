"""Sessions for the threads of one process."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import Session, Unavailable, open_session

_RESTED = 5.0  # seconds without work, after which a connection is looked at before it is lent
# Firebird connects no earlier than it is asked something.
_LOOK = "SELECT STATE FROM INSTALLED_RELEASE"


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

        Raises Unavailable when none gets free within [http_api] lock_seconds, and when the
        database is not there or goes away meanwhile; EngineError when it lets nobody in.
        """
        kept, used = self._taken()
        broken = False
        try:
            if kept is None or (monotonic() - used > _RESTED and not kept.is_there()):
                kept = self._made(kept)
                kept.execute("mdm", _LOOK)
            yield kept
        except BaseException as error:
            broken = True
            if kept and isinstance(error, kept.driver_error) and kept.is_passing(error):
                raise Unavailable(f"{self.config.engine}: {error}") from error
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
            raise Unavailable("the connections are closed: the server is about to end")
        try:
            return self._places.get(timeout=self.config.http_api.lock_seconds)
        except queue.Empty:
            raise Unavailable(
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
