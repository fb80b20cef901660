"""The link key, by which the database files of one Firebird installation know each other.

A rule of one file is refused by another whose key differs, so that the first file's is copied
into the others whenever it does: a file may have been restored, moved or made anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from kenshin.engines import Session
from kenshin.render import render_template


def put(session: Session) -> None:
    """Give every database file the key of the first one; the scratch files get theirs with it."""
    first, *others = _places(session) or [""]
    if first and not _key(session, first):
        _copy(session, first, None)
    for place in others:
        if _key(session, place) != _key(session, first):
            _copy(session, place, first)


def differences(session: Session) -> Iterator[tuple[str, str, str]]:
    """What is not as it should be: the file, the object, and what is wrong with it."""
    places = _places(session)
    reached = session.access_places() if places else []
    for place in reached:
        key = _key(session, place)
        if key == "":
            yield place, "LINK_KEY", "has no key"
        elif key and key != _key(session, places[0]):
            yield place, "LINK_KEY", f"is not the key of {places[0]}"


def _places(session: Session) -> list[str]:
    firebird = session.config.dialect == "firebird"
    return list(dict.fromkeys(session.config.places.values())) if firebird else []


def _key(session: Session, place: str) -> str | None:
    """The key that a file has; '' when it has none, None when it has no table for it either."""
    if not session.live_columns(place, "LINK_KEY"):
        return None
    rows = session.execute(place, "SELECT k.LINK_KEY FROM LINK_KEY k")
    return str(rows[0][0]) if rows else ""


def _copy(session: Session, place: str, source: str | None) -> None:
    for statement in render_template("firebird", "link_data.sql", source=source)[1]:
        session.execute(place, statement)
