"""The scratch file beside each of Firebird's database files: rules handle files there.

It may be made anew at any time, so no record of what it holds is kept: it is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from kenshin.engines import Session
from kenshin.render import Declaration, plain, render_template
from kenshin.wanted import wanted


def beside(place: str) -> str:
    """The scratch file of a database file."""
    return f"{place}.scratch"


def statements(place: str) -> list[str]:
    """What makes all of the scratch file of a place, in order."""
    return [*_objects()[1], *_link(place)]


def procedures() -> set[str]:
    """What rules call there."""
    return {declared.name for declared in _objects()[0] if declared.kind == "scratch"}


def calls(text: str) -> set[str]:
    """The procedures that a rule's text calls in its strings."""
    return set(re.findall(r"'[^']*?\b([A-Z_]+)\(\?", text))


def put(session: Session) -> None:
    """Make the objects of the scratch files that are not as they should be."""
    for place in _places(session):
        wrong = {name for name, _ in _wrong(session, place)}
        for statement in _objects()[1]:
            made = wanted("firebird", [statement])
            if not {*made.tables, *made.code} or {*made.tables, *made.code} & wrong:
                _execute(session, place, statement)
        for statement in _link(place):
            _execute(session, place, statement)


def differences(session: Session) -> Iterator[tuple[str, str, str]]:
    """What is not as it should be there: the file, the object, and what is wrong with it."""
    for place in _places(session):
        if beside(place) not in session.access_places():
            yield beside(place), "scratch file", "is missing"
            continue
        for name, what in _wrong(session, place):
            yield beside(place), name, what


def _wrong(session: Session, place: str) -> Iterator[tuple[str, str]]:
    declared, statements = _objects()
    made = wanted("firebird", statements, declared)
    tables, code = session.live_tables(beside(place)), session.live_code(beside(place))
    for name in made.tables.keys() - tables.keys():
        yield name, "is missing"
    for name, there in made.code.items():
        if name not in code:
            yield name, "is missing"
        elif plain(code[name].body) != plain(there.body):
            yield name, "has another body"
        elif code[name].settings.get("security") != there.settings.get("security"):
            yield name, f"runs with the rights of its {code[name].settings.get('security')}"


def _places(session: Session) -> list[str]:
    firebird = session.config.dialect == "firebird"
    return list(dict.fromkeys(session.config.places.values())) if firebird else []


@cache
def _objects() -> tuple[list[Declaration], list[str]]:
    return render_template("firebird", "scratch.sql")


def _link(place: str) -> list[str]:
    return render_template("firebird", "link_data.sql", source=place)[1]


def _execute(session: Session, place: str, statement: str) -> None:
    with session.transaction():
        session.execute(beside(place), statement)
