"""What can be asked of a server before and behind a release, the same of every engine."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from kenshin.engines.base import EngineError, Session

_SHOWN = 60
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|(?:--|#)[^\n]*", re.DOTALL)


class Unknown(Exception):
    """This cannot be asked here; the message says why."""


@dataclass(frozen=True)
class Finding:
    """One check: what was looked at, how it stands, what was found, and what to do about it."""

    what: str
    state: str  # ok, warning or error
    found: str
    do: str = ""


@dataclass(frozen=True)
class Blocker:
    """Somebody whose transaction or call a change of the schema would wait for."""

    number: int
    account: str
    host: str
    seconds: int
    statement: str

    def __str__(self) -> str:
        at = f"@{self.host}" if self.host else ""
        return f"{self.number} {self.account}{at}, {self.seconds} s: {self.statement}"


class Facts(ABC):
    """What the server of a session says of itself. The session is changed in its settings only."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.config = session.config

    @cached_property
    def places(self) -> list[str]:
        """The schemas or database files of the installation that are there."""
        there = self.session.existing_places()
        return [place for place in dict.fromkeys(self.config.places.values()) if place in there]

    @abstractmethod
    def version(self) -> str:
        """The version of the server, beginning with two numbers. Raises EngineError."""

    @abstractmethod
    def number(self) -> int:
        """The number by which the server knows this session."""

    @abstractmethod
    def blockers(self, seconds: int) -> list[Blocker]:
        """Whose transactions and calls are older than this. Raises Unknown."""

    @abstractmethod
    def folders(self) -> list[str]:
        """Where the server keeps its data, as it sees it. Raises Unknown."""

    @abstractmethod
    def reads(self, name: str) -> bytes:
        """What the server finds in a file of its exchange directory. Raises Unknown."""

    @abstractmethod
    def writes(self, name: str, content: bytes) -> None:
        """Make the server write a file into its exchange directory. Raises Unknown."""

    @abstractmethod
    def utc(self) -> datetime:
        """The server's clock, in UTC without a zone."""

    @abstractmethod
    def local(self, at: datetime) -> datetime:
        """What LOCALTIMESTAMP would be at a moment that is given in UTC."""

    @abstractmethod
    def zone(self) -> str:
        """The name of the time zone that this session has."""

    @abstractmethod
    def checks(self) -> dict[str, Callable[[], Iterable[Finding]]]:
        """What only this engine has, by what it is about."""

    def value(self, statement: str, *parameters: object, database: str = "") -> str:
        """The first value of a query as text; '' for null or no row."""
        rows = self.session.execute(database, statement, parameters)
        return "" if not rows or rows[0][0] is None else text_of(rows[0][0])


def facts_of(session: Session) -> Facts:
    """What can be asked of this session's server."""
    # Imported where needed: an installation has the client library of its own engine only.
    if session.config.dialect == "firebird":
        from kenshin.engines.facts_firebird import FirebirdFacts

        return FirebirdFacts(session)
    from kenshin.engines.facts_mysql import MySQLFacts

    return MySQLFacts(session)


def attempt(session: Session, what: str, work: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """What a check finds; one that cannot be made is a warning that says what is missing."""
    try:
        return list(work())
    except Unknown as error:
        return [Finding(what, "warning", "unknown", str(error))]
    except (EngineError, OSError, session.driver_error) as error:
        # The engines name the missing privilege or object themselves.
        do = (
            "give the account that right, or use the one that installs; kenshin db apply if missing"
        )
        return [Finding(what, "warning", f"unknown: {one_line(str(error))}", do)]


def opening(statement: str | None) -> str:
    """How a statement begins, for people: nothing of a literal or a comment is in it."""
    if not statement:
        return "idle in its transaction"
    # Whether a double quote begins a name or a text is its session's secret: stop before it.
    bare, *literal = re.split(r"['\"]", _COMMENT.sub(" ", statement), maxsplit=1)
    bare = one_line(re.sub(r"\b\d\w*(?:\.\w+)?", "?", bare))
    return bare[:_SHOWN] + (" …" if literal or len(bare) > _SHOWN else "")


def one_line(text: str) -> str:
    """A text without line ends."""
    return " ".join(text.split())


def text_of(value: object) -> str:
    """A value of a driver as text: some give names as bytes."""
    return bytes(value).decode() if isinstance(value, bytes | bytearray) else str(value)
