"""What every engine offers: connect, call a rule by name, stream a file in or out."""

from __future__ import annotations

import hashlib
import os
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kenshin.config import Config
from kenshin.durable import sync_folder
from kenshin.render import Index

DONE, REPEAT, NOTHING = 0, 10, 11
STATE_FORBIDS = BUSY = 3002  # the state of what a rule is about, or who else uses it now
SQL_FAILED = 9000
ATTEMPTS = 8
_CHUNK = 24_000

T = TypeVar("T")


class EngineError(Exception):
    """The engine could not be reached or refused what is no rule; the message says what to do."""


class TryAgain(Exception):
    """The transaction is gone (deadlock, lock wait, lost connection): do it all again."""


class Unavailable(EngineError):
    """The engine is not there, or others were in the way for too long: trying again can help."""


class LockLost(Unavailable):
    """A lock went with a lost connection, and another session has it now."""


@dataclass(frozen=True)
class Result:
    """What a rule answered: its code, what it says of it, and its rows."""

    code: int
    message: str = ""
    rows: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Done, done before, or nothing to do."""
        return self.code < 1000


@dataclass(frozen=True)
class Hold:
    """The call of a rule that takes a lock, and how many seconds it may wait for it."""

    database: str
    rule: str
    arguments: tuple[Any, ...]
    seconds: int


@dataclass(frozen=True, order=True)
class Right:
    """One right of a role or account on one object; without a name it is on all of the kind."""

    place: str
    kind: str  # PROCEDURE, or TABLE, which a view is too
    name: str
    privilege: str
    role: str
    grantor: str = field(default="", compare=False)  # who alone can take it back, if not we

    def __str__(self) -> str:
        return f"{self.privilege} on {self.kind} {self.name or '*'} for {self.role}"


@dataclass(frozen=True)
class Table:
    """A table as the engine keeps it."""

    columns: dict[str, str]  # in their order, each with its `column_spec`
    key: tuple[str, ...]
    indexes: dict[str, Index]
    temporary: bool = False
    settings: dict[str, str] = field(default_factory=dict)  # what the table has beside these


@dataclass(frozen=True)
class Code:
    """A view, routine, or whatever else there is beside tables, as the engine keeps it."""

    kind: str  # VIEW, PROCEDURE, FUNCTION, TRIGGER, EVENT, EXCEPTION, …
    body: str
    settings: dict[str, str] = field(default_factory=dict)  # what is frozen or given beside it

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the body, in hexadecimal digits."""
        return hashlib.sha256(self.body.encode()).hexdigest()


def named(found: Iterable[tuple[str, Code]]) -> dict[str, Code]:
    """By name; of two with the same name the second one goes by its kind as well."""
    by_name: dict[str, Code] = {}
    for name, code in found:
        by_name[f"{code.kind} {name}" if name in by_name else name] = code
    return by_name


class Session(ABC):
    """One connection. A rule called outside `transaction` is a transaction of its own."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._open = False
        self._holds: list[Hold] = []
        self._may_hold = False  # something that was asked for and is not let go
        self._lost = False  # the connection that had them is gone

    driver_error: type[Exception]  # what the driver raises
    keeps_logins = True  # accounts with passwords are the engine's
    works_abreast = True  # several connections of one client are faster than one
    altering_commits = True  # a statement that alters a table ends the transaction

    # What an engine does in its own way -----------------------------------------------

    @abstractmethod
    def load_library(self) -> None:
        """Let the client library do what it does once to a process: it may take its signals."""

    @abstractmethod
    def connect(self) -> None:
        """Open the connection. Raises EngineError; Unavailable when trying again can help."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection; a lost one closes quietly."""

    @abstractmethod
    def begin(self) -> None:
        """Start a transaction."""

    @abstractmethod
    def commit(self) -> None:
        """Commit it."""

    @abstractmethod
    def rollback(self) -> None:
        """Take it back; quietly when the connection is lost."""

    @abstractmethod
    def wait_at_most(self, seconds: int) -> None:
        """Wait no longer for a lock, so that nobody queues long behind this session."""

    @abstractmethod
    def execute(
        self, database: str, statement: str, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one statement in one database (mdm, vps or he) and return its rows."""

    @abstractmethod
    def invoke(
        self, database: str, rule: str, arguments: Sequence[Any]
    ) -> Iterator[tuple[Any, ...] | Result]:
        """Call a rule: yield its rows, and a Result without rows as the last thing."""

    @abstractmethod
    def take(self, hold: Hold) -> Result:
        """Call a rule that takes a lock, which lasts behind the transaction of the call.

        3002 when another session has it.
        """

    @abstractmethod
    def release(self) -> None:
        """Let go of every lock that `take` took; a lost connection has let go already."""

    @abstractmethod
    def is_there(self) -> bool:
        """Whether the connection answers and can be worked with."""

    @abstractmethod
    def load(self, database: str, table: str, columns: Sequence[str], path: Path) -> None:
        """Stream a file that the client holds into a staging table, in this transaction."""

    @abstractmethod
    def make_places(self) -> None:
        """Create the schemas or database files of the installation that are not there."""

    @abstractmethod
    def existing_places(self) -> set[str]:
        """Those places of the installation that are there."""

    @abstractmethod
    def live_objects(self, database: str) -> dict[str, str]:
        """Tables, views and routines of a database, each with its body as the engine keeps it."""

    @abstractmethod
    def live_columns(self, database: str, table: str) -> list[str]:
        """The columns of a table or view, in their order."""

    @abstractmethod
    def live_tables(self, database: str) -> dict[str, Table]:
        """The tables of a database: not those of a connection, but those of a transaction."""

    @abstractmethod
    def live_code(self, database: str) -> dict[str, Code]:
        """Whatever a database has beside its tables."""

    @abstractmethod
    def frozen(self, database: str) -> dict[str, str]:
        """What code that this connection made now would have without saying so."""

    @abstractmethod
    def failing(
        self, database: str, helpers: Sequence[str], rules: Mapping[str, int]
    ) -> Iterator[tuple[str, str]]:
        """Call helpers, which take nothing, then rules, each with so many nulls: what fails, why.

        Nothing can change: a rule is called in a transaction that may read only. That it would
        write, or waits for others, is no failure.
        """

    @abstractmethod
    def access_places(self) -> list[str]:
        """Where accounts get roles: each database file, or the whole server once, named ''."""

    @abstractmethod
    def live_roles(self) -> set[tuple[str, str]]:
        """The roles that there are, each with its place."""

    @abstractmethod
    def live_rights(self, grantees: Sequence[str]) -> set[Right]:
        """Every right that these roles and accounts have, on whatever it may be."""

    @abstractmethod
    def grantees(self, account: str) -> list[str]:
        """An account as grants name it: once for each host that it logs in from."""

    @abstractmethod
    def holders(self) -> dict[str, str]:
        """Who has a right on some object or schema: a role or an account, as grants name it.

        With each comes its name alone. Who may read everything anyway is left out.
        """

    @abstractmethod
    def is_locked(self, account: str) -> bool:
        """Whether nobody can log in with an account, which is named as grants do it."""

    @abstractmethod
    def live_defaults(self) -> set[tuple[str, str, str]]:
        """Accounts that use a role from the login on: name, host, role."""

    @abstractmethod
    def live_logins(self) -> set[tuple[str, str]]:
        """The accounts that can log in, each with its host, '' where a login has none."""

    @abstractmethod
    def live_members(self) -> set[tuple[str, str, str]]:
        """Who holds a role: place, account, role."""

    @abstractmethod
    def other_installations(self) -> set[str]:
        """Places of other installations that roles of ours could have rights at."""

    @abstractmethod
    def account_name(self, name: str) -> str:
        """The name of an account as the engine keeps it, and as a rule sees it."""

    @abstractmethod
    def is_passing(self, error: Exception) -> bool:
        """Whether an exception of the driver means that trying again can help."""

    @abstractmethod
    def is_busy(self, error: Exception) -> bool:
        """Whether an exception of the driver means that others use what it was about."""

    # What is the same for all ----------------------------------------------------------

    def __enter__(self) -> Session:
        self.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside is one transaction; an exception takes it back."""
        if self._open:
            yield
            return
        self.begin()
        self._open = True
        try:
            yield
            self.commit()
        except BaseException:
            self.rollback()
            raise
        finally:
            self._open = False

    def refusal(self, work: Callable[[], object]) -> str:
        """What the engine says when it refuses work, in one line; nothing when it does not."""
        try:
            work()
        except self.driver_error as error:
            return "" if self.is_passing(error) else " ".join(str(error).split())
        return ""

    def call(self, database: str, rule: str, *arguments: Any) -> Result:
        """Call a rule and gather its rows. A deadlock or a lost connection is tried again."""
        return self.again(lambda: self._call(database, rule, arguments))

    def call_alone(self, database: str, rule: str, *arguments: Any) -> Result:
        """Call a rule that alters tables: outside of a transaction, where that would end one."""
        if not self.altering_commits:
            return self.call(database, rule, *arguments)
        return self.again(lambda: _checked(gathered(rule, self.invoke(database, rule, arguments))))

    def _call(self, database: str, rule: str, arguments: Sequence[Any]) -> Result:
        with self.transaction():
            return _checked(gathered(rule, self.invoke(database, rule, arguments)))

    def count(self, database: str, rule: str, *arguments: Any) -> tuple[Result, int]:
        """Call a rule and count its rows, of which none is kept, however many there are."""
        return self.again(lambda: self._count(database, rule, arguments))

    def _count(self, database: str, rule: str, arguments: Sequence[Any]) -> tuple[Result, int]:
        rows = 0
        with self.transaction():
            for answer in self.invoke(database, rule, arguments):
                if isinstance(answer, Result):
                    return _checked(answer), rows
                rows += 1
        raise EngineError(f"{rule} gave no result code: is it a rule of this release?")

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self._open

    @property
    def holds(self) -> bool:
        """Whether `hold` has taken a lock that was not let go."""
        return bool(self._holds)

    def hold(self, database: str, rule: str, arguments: Sequence[Any], seconds: int = 0) -> Result:
        """Call a rule whose lock lasts until `let_go` or the end of the connection.

        3002: another session has had it for so many seconds. After a lost connection the locks
        are taken again before anything else; `again` raises LockLost where another has one now.
        """
        if self._open:
            raise EngineError(f"{rule}: take a lock before the transaction that it is for")
        hold = Hold(database, rule, tuple(arguments), seconds)
        # Noted before: a call that fails behind its lock has it all the same.
        self._may_hold = True
        result = self.again(lambda: _checked(self.take(hold)))
        if result.ok:
            self._holds.append(hold)
        elif not self._holds:
            self.let_go()
        return result

    def let_go(self) -> None:
        """Let go of every lock that `hold` took, or may have taken."""
        if self._may_hold:
            self._may_hold = False
            self._holds.clear()
            self._lost = False
            self.release()

    def _take_again(self) -> None:
        """The locks that went with a lost connection, before anything else is done."""
        if not self._lost:
            return
        for hold in self._holds:
            if not _checked(self.take(hold)).ok:
                raise LockLost(
                    f"{hold.rule}: the lock went with a lost connection, and another has it now"
                )
        self._lost = False

    def call_with_file(
        self,
        database: str,
        rule: str,
        arguments: Sequence[Any],
        staging: str,
        columns: Sequence[str],
        path: Path,
    ) -> Result:
        """Stream a file into a staging table and call the row rule on it, as one transaction."""

        def work() -> Result:
            with self.transaction():
                self.load(database, staging, columns, path)
                return self._call(database, rule, arguments)

        return self.again(work)

    def stream(self, database: str, rule: str, arguments: Sequence[Any], path: Path) -> Result:
        """Write the text rows of a rule to a file, first under another name, then in place.

        Nothing is left behind unless the rule answered 0; then it outlives a power cut.
        """

        part = path.with_name(path.name + ".part")

        def work() -> Result:
            verdict = Result(SQL_FAILED, f"{rule} gave no result code")
            with self.transaction(), part.open("w", encoding="utf-8", newline="") as out:
                for answer in self.invoke(database, rule, arguments):
                    if isinstance(answer, Result):
                        verdict = _checked(answer)
                    else:
                        out.write(answer[0])
                out.flush()
                os.fsync(out.fileno())
            if verdict.code == DONE:
                part.replace(path)
                sync_folder(path.parent)
            return verdict

        try:
            return self.again(work)
        finally:
            part.unlink(missing_ok=True)

    def again(self, work: Callable[[], T]) -> T:
        """Do work, and again after a deadlock or a lost connection, a bounded number of times.

        Raises Unavailable when that was in vain.
        Inside a transaction nothing is repeated: whoever opened it must do it all again.
        A connection lost during a commit leaves it unknown whether it held; calling a rule
        twice is safe, so the second call finds out. Who asked the process to end is obeyed, even
        where the client library breaks the connection at that.
        """
        if self._open:
            return work()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._take_again()
                return work()
            except TryAgain as error:
                _obey(error)
                if attempt == ATTEMPTS:
                    raise Unavailable(
                        f"given up after {ATTEMPTS} attempts: {error}; "
                        "another transaction holds the same rows, or the server is not there"
                    ) from error
            except self.driver_error as error:
                _obey(error)
                if not self.is_passing(error):
                    raise EngineError(f"{self.config.engine}: {error}") from error
                if attempt == ATTEMPTS:
                    raise Unavailable(f"{self.config.engine}: {error}") from error
            time.sleep(min(2.0, 0.02 * 2**attempt) * random.random())  # noqa: S311 - spreads retries
            self._reconnect()
        raise AssertionError("unreachable")

    def _reconnect(self) -> None:
        if self._holds and not self._lost and self.is_there():
            return  # only the transaction is gone: another connection would lose the locks
        self._lost = bool(self._holds)
        try:
            self.close()
            self.connect()
        except EngineError:
            time.sleep(0.5)


def _obey(error: BaseException) -> None:
    """Raise what ends the process, where an error of clearing up came over it."""
    while context := error.__context__:
        if not isinstance(context, Exception):
            raise context
        error = context


def gathered(rule: str, answers: Iterator[tuple[Any, ...] | Result]) -> Result:
    """The verdict of a rule with its rows, which come before it. Raises EngineError without one."""
    rows: list[tuple[Any, ...]] = []
    for answer in answers:
        if isinstance(answer, Result):
            return Result(answer.code, answer.message, rows)
        rows.append(answer)
    raise EngineError(f"{rule} gave no result code: is it a rule of this release?")


def _checked(result: Result) -> Result:
    """Turn a lost deadlock into TryAgain, which takes the whole transaction back."""
    if result.code == SQL_FAILED and (
        result.message.startswith("40001") or " 1205 " in result.message[:12]
    ):
        raise TryAgain(result.message)
    return result


def whole_lines(path: Path, chunk: int = _CHUNK) -> Iterable[bytes]:
    """The bytes of a file in pieces that end at a line end.

    Of a line longer than a piece only the begin is kept: the rule refuses it by its number.
    """
    rest = b""
    cut_off = False
    with path.open("rb") as file:
        while block := file.read(chunk - len(rest)):
            text = rest + block
            if cut_off:
                end = text.find(b"\n") + 1
                cut_off = not end
                text = text[end:] if end else b""
            cut = text.rfind(b"\n") + 1
            if cut:
                yield text[:cut]
            elif len(text) >= chunk:
                yield text[:1024] + b"\n"
                cut, cut_off = len(text), True
            rest = text[cut:]
    if rest:
        yield rest + b"\n"
