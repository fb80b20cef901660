"""Work whose changes are taken back: what a dry run sees is what the rules would have done."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from kenshin.engines import Session

T = TypeVar("T")


class _TakenBack(Exception):
    """Ends the transaction."""


def tried(session: Session, work: Callable[[], T]) -> T:
    """What work gives in a transaction that is taken back. Raises EngineError."""
    return session.again(lambda: _once(session, work))


def _once(session: Session, work: Callable[[], T]) -> T:
    found: list[T] = []
    try:
        with session.transaction():
            found.append(work())
            raise _TakenBack
    except _TakenBack:
        return found[0]
