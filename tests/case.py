"""What a case of a rule is: given this, a call answers so, and then these rows stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import sleep
from typing import Any

from kenshin.engines import Result, Session

# (rule, argument, …), or an SQL statement that starts with its database: ("vps", "INSERT …")
Call = tuple[Any, ...]
DATABASES = ("mdm", "vps", "he")


def today() -> date:
    """Today, of which there is a minute left: what a test does with it is of the same day."""
    while (datetime.now() + timedelta(minutes=1)).date() != date.today():
        sleep(1)
    return date.today()


@dataclass(frozen=True)
class Case:
    """One case. `then` maps a query, prefixed by its database and a colon, to the rows it gives.

    `firebird` is what Firebird answers where that is another code.
    """

    title: str
    arguments: Sequence[Any] = ()
    code: int = 0
    firebird: int | None = None
    given: Sequence[Call] = ()
    rows: Sequence[Sequence[Any]] | None = None
    message: str = ""
    then: Mapping[str, Sequence[Sequence[Any]]] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A value as text, alike for every driver: no trailing zeros, times to the second."""
    if isinstance(value, Decimal):
        return format(value.normalize() + 0, "f")
    if isinstance(value, bool | int):
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, timedelta):  # a time of day, as MySQL's driver gives it
        return str((datetime.min + value).time())
    if isinstance(value, date | time):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("latin1")
    return value.strip() if isinstance(value, str) else value


def plain_rows(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    return [tuple(plain(value) for value in row) for row in rows]


def do(session: Session, database_of: Mapping[str, str], call: Call) -> Result | None:
    """Carry out one step of `given`; a rule that refuses fails the test: nothing would be given."""
    name, *arguments = call
    if name in DATABASES:
        session.execute(name, *arguments)
        return None
    result = session.call(database_of[name], name, *arguments)
    assert result.ok, f"{name}{tuple(arguments)} answered {result.code} {result.message}"
    return result


def check(session: Session, database_of: Mapping[str, str], rule: str, case: Case) -> None:
    """Run one case and compare all that it says."""
    for call in case.given:
        do(session, database_of, call)
    result = session.call(database_of[rule], rule, *case.arguments)
    on_firebird = session.config.dialect == "firebird" and case.firebird is not None
    assert (result.code, result.code and result.message) == (
        case.firebird if on_firebird else case.code,
        result.code and (case.message or result.message),
    ), f"answered {result.code} {result.message!r}"
    if case.rows is not None:
        assert sorted(plain_rows(result.rows), key=repr) == sorted(plain_rows(case.rows), key=repr)
    for query, rows in case.then.items():
        database, sql = query.split(":", 1)
        assert plain_rows(session.execute(database, sql)) == plain_rows(rows), sql
