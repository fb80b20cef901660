"""Firebird, embedded and server, through firebird-driver."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from math import ceil
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from firebird.driver import (
    Connection,
    Cursor,
    DatabaseError,
    DefaultAction,
    Isolation,
    Statement,
    TraAccessMode,
    TransactionManager,
    connect,
    create_database,
    driver_config,
    get_api,
    tpb,
)

from kenshin.config import Config
from kenshin.engines import catalogue_firebird as catalogue
from kenshin.engines import runtime
from kenshin.engines.base import (
    BUSY,
    SQL_FAILED,
    Code,
    EngineError,
    Hold,
    Result,
    Right,
    Session,
    Table,
    gathered,
    whole_lines,
)

# Firebird makes read consistency of it: a rule, which is one statement, sees one state of the
# database, and is begun anew by the server when others change what it changes.
_ISOLATION = Isolation.READ_COMMITTED_RECORD_VERSION

# Deadlock, update conflict, lock conflict, lost connection, shutdown.
_PASSING = (
    335544336,
    335544345,
    335544451,
    335544721,
    335544726,
    335544727,
    335544741,
    335544856,
    335545256,
)

# Deadlock, lock conflict, update conflict, lock timeout, object in use.
_BUSY = (335544336, 335544345, 335544451, 335544510, 335544453)
_LOADING = threading.Lock()
_NOWHERE = "/dev/null/nowhere.fdb"
_NO_FILE = 335544344  # i/o error, which names the file


# What a rule says of a row that another transaction has inserted too: a conflict, a duplicate.
_TAKEN = re.compile(r"40001 |HY000 335544510 |23000 335544665 ")
# In seconds. Embedded engines see that a process was killed when a wait for it ends, else only
# once in ten seconds; who does not wait at all never sees it.
_PATIENCE = 1
_PAUSE = 0.02

_READ_ONLY = "attempted update during read-only transaction"

# Kinds of objects and privileges as RDB$USER_PRIVILEGES has them.
_KINDS = {
    0: "TABLE",
    1: "TABLE",
    5: "PROCEDURE",
    7: "EXCEPTION",
    13: "ROLE",
    14: "SEQUENCE",
    15: "FUNCTION",
    18: "PACKAGE",
}
_PRIVILEGES = {
    "S": "SELECT",
    "I": "INSERT",
    "U": "UPDATE",
    "D": "DELETE",
    "R": "REFERENCES",
    "X": "EXECUTE",
    "C": "CREATE",
    "G": "USAGE",
    "M": "MEMBER",
    "L": "ALTER ANY",
    "O": "DROP ANY",
}
# What a right on all of a kind is on; of the others SQL$ and a plural stand around the kind.
_ALL = {"SQL$CHARSETS": "CHARACTER SET", "SQL$DATABASE": "DATABASE"}


class FirebirdSession(Session):
    """Connections to the places of an installation, one for each database file in use."""

    works_abreast = False  # the client fills the staging table, row by row
    altering_commits = False
    driver_error = DatabaseError

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._connections: dict[str, Connection] = {}
        self._statements: dict[tuple[str, str], Statement] = {}
        self._used: set[str] = set()
        self._holding: list[TransactionManager] = []
        self._patience = 20  # seconds
        self._access = TraAccessMode.WRITE
        self.keeps_logins = config.engine != "firebird-embedded"

    def load_library(self) -> None:
        self.connect()
        try:
            # It cannot be there. But with the first attempt at a connection the library puts
            # handlers for SIGTERM and SIGINT in place, which break every connection.
            connect(_NOWHERE)
        except DatabaseError:
            pass

    def connect(self) -> None:
        # The driver loads its library when it is first used, and does not lock meanwhile.
        with _LOADING:
            driver_config.fb_client_library.value = runtime.client_library()
            driver_config.db_defaults.page_size.value = 16384
            driver_config.db_defaults.forced_writes.value = self.config.connection.durable
            driver_config.db_defaults.db_charset.value = "UTF8"
            driver_config.stream_blob_threshold.value = 2**24  # long bodies of rules are texts too
            if self.config.engine == "firebird-embedded":
                runtime.prepare(
                    Path(self.config.places["mdm"]).parent / "engine", self.config.exchange
                )
            get_api()

    def close(self) -> None:
        self._statements.clear()
        self._holding.clear()  # each ends with its connection
        for connection in self._connections.values():
            try:
                connection.close()
            except DatabaseError:
                pass  # a lost connection is closed already
        self._connections.clear()
        self._used.clear()

    def make(self, place: str) -> None:
        """Create the database file of a place, unless it is there."""
        if self.config.engine == "firebird-embedded" and Path(place).exists():
            return
        given = self.config.connection
        try:
            # A server says of a file in use that it cannot be made, not that it is there.
            self._attach(place).close()
            return
        except DatabaseError:
            pass  # it is not there yet, or cannot be reached: then making it says why
        try:
            create_database(
                self._dsn(place),
                user=given.user or "SYSDBA",
                password=given.password or None,
                charset="UTF8",
            ).close()
        except DatabaseError as error:
            if "exists" not in str(error):
                raise EngineError(f"{place}: cannot be created: {error}") from error

    def _dsn(self, place: str) -> str:
        given = self.config.connection
        if self.config.engine == "firebird-embedded":
            return place
        return f"{given.host}/{given.port or 3050}:{place}"

    def _attach(self, place: str) -> Connection:
        given = self.config.connection
        return connect(
            self._dsn(place),
            user=given.user or "SYSDBA",
            password=given.password or None,
            charset="UTF8",
        )

    def _attached(self, place: str) -> Connection:
        if place not in self._connections:
            try:
                self._connections[place] = self._attach(place)
            except DatabaseError as error:
                if self.is_passing(error):
                    raise
                raise EngineError(f"no connection to {place}: {error}") from error
        return self._connections[place]

    def _connection(self, database: str) -> Connection:
        place = self.config.places.get(database, database)
        connection = self._attached(place)
        if not connection.main_transaction.is_active():
            connection.main_transaction.begin(tpb(_ISOLATION, self._patience, self._access))
        self._used.add(place)
        return connection

    def begin(self) -> None:
        self._used.clear()

    def commit(self) -> None:
        # MDM-DB last: an answer that is kept there must not stand without its effect.
        last = self.config.places["mdm"]
        for place in sorted(self._used, key=lambda place: (place == last, place)):
            transaction = self._connections[place].main_transaction
            if transaction.is_active():
                transaction.commit()
        self._used.clear()

    def rollback(self) -> None:
        for place in sorted(self._used):
            try:
                transaction = self._connections[place].main_transaction
                if transaction.is_active():
                    transaction.rollback()
            except (DatabaseError, KeyError):
                pass  # the server has rolled it back with the connection
        self._used.clear()

    def wait_at_most(self, seconds: int) -> None:
        self._patience = seconds

    def execute(
        self, database: str, statement: str, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        with self.transaction():
            cursor = self._connection(database).cursor()
            try:
                cursor.execute(statement, list(parameters))
                return list(cursor.fetchall()) if cursor.description else []
            finally:
                cursor.close()

    def invoke(
        self, database: str, rule: str, arguments: Sequence[Any]
    ) -> Iterator[tuple[Any, ...] | Result]:
        yield from _answers(self._connection(database).cursor(), rule, arguments)

    def take(self, hold: Hold) -> Result:
        until = monotonic() + hold.seconds
        while True:
            left = max(0.0, until - monotonic())
            try:
                result = self._inserted(hold, min(ceil(left), _PATIENCE))
            except DatabaseError as error:
                if not self.is_busy(error):
                    raise
                result = Result(BUSY, "another connection holds it")
            if result.code == SQL_FAILED and _TAKEN.match(result.message):
                result = Result(BUSY, result.message)
            if result.code != BUSY or not left:
                return result
            sleep(_PAUSE)  # a conflict may be told without any wait

    def _inserted(self, hold: Hold, patience: int) -> Result:
        # What such a rule inserts is the lock: it stands until its own transaction is taken back.
        connection = self._attached(self.config.places[hold.database])
        manager = connection.transaction_manager(default_action=DefaultAction.ROLLBACK)
        try:
            manager.begin(tpb(_ISOLATION, patience))
            result = gathered(hold.rule, _answers(manager.cursor(), hold.rule, hold.arguments))
        except BaseException:
            _end(manager)
            raise
        if result.ok:
            self._holding.append(manager)
        else:
            _end(manager)
        return result

    def release(self) -> None:
        while self._holding:
            _end(self._holding.pop())

    def is_there(self) -> bool:
        try:
            for connection in self._connections.values():
                connection.ping()
        except DatabaseError:
            return False
        return bool(self._connections)

    def load(self, database: str, table: str, columns: Sequence[str], path: Path) -> None:
        with (
            closing(self._connection(database).cursor()) as cursor,
            cursor.prepare(f"EXECUTE PROCEDURE STAGE_{table}(?, ?)") as statement,
        ):
            line = 0
            for piece in whole_lines(path):
                cursor.execute(statement, [piece, line])
                line = cursor.fetchone()[1]

    def make_places(self) -> None:
        for place in dict.fromkeys(self.config.places.values()):
            self.make(place)
            self.make(f"{place}.scratch")

    def existing_places(self) -> set[str]:
        return {place for place in set(self.config.places.values()) if self._is_there(place)}

    def _is_there(self, place: str) -> bool:
        if self.config.engine == "firebird-embedded":
            return Path(place).exists()
        try:
            self._attach(place).close()
        except DatabaseError as error:
            if _NO_FILE in (getattr(error, "gds_codes", None) or ()):
                return False
            raise EngineError(f"no connection to {place}: {error}") from error
        return True

    def live_objects(self, database: str) -> dict[str, str]:
        tables = self.execute(
            database,
            "SELECT TRIM(r.RDB$RELATION_NAME) FROM RDB$RELATIONS r WHERE r.RDB$SYSTEM_FLAG = 0",
        )
        routines = self.execute(
            database,
            "SELECT TRIM(p.RDB$PROCEDURE_NAME), p.RDB$PROCEDURE_SOURCE FROM RDB$PROCEDURES p"
            " WHERE p.RDB$SYSTEM_FLAG = 0",
        )
        return {name: "" for (name,) in tables} | {name: body or "" for name, body in routines}

    def live_columns(self, database: str, table: str) -> list[str]:
        rows = self.execute(
            database,
            "SELECT TRIM(f.RDB$FIELD_NAME) FROM RDB$RELATION_FIELDS f"
            " WHERE f.RDB$RELATION_NAME = ? ORDER BY f.RDB$FIELD_POSITION",
            [table],
        )
        return [name for (name,) in rows]

    def live_tables(self, database: str) -> dict[str, Table]:
        return catalogue.tables(partial(self.execute, database))

    def live_code(self, database: str) -> dict[str, Code]:
        return catalogue.code(partial(self.execute, database))

    def frozen(self, database: str) -> dict[str, str]:
        owner = catalogue.owner(partial(self.execute, database))
        return {"definer": owner, "owner": owner}

    def failing(
        self, database: str, helpers: Sequence[str], rules: Mapping[str, int]
    ) -> Iterator[tuple[str, str]]:
        calls = {helper: f"EXECUTE PROCEDURE {helper}" for helper in helpers}
        for rule, count in rules.items():
            # As text: the driver cannot send a null for a CHAR. Only the last row has a code.
            nulls = f"({', '.join(['NULL'] * count)})" if count else ""
            calls[rule] = f"SELECT MAX(p.RESULT_CODE), MAX(p.SQL_ERROR) FROM {rule}{nulls} p"
        self._access = TraAccessMode.READ
        try:
            for name, call in calls.items():
                why = self._failure(database, call)
                # What a rule notes of its failure is refused as well, and hides it. But this
                # engine lets nobody drop what a procedure uses.
                if why and _READ_ONLY not in why:
                    yield name, why
        finally:
            self._access = TraAccessMode.WRITE

    def _failure(self, database: str, call: str) -> str:
        rows: list[tuple[Any, ...]] = []
        self.begin()
        self._open = True
        try:
            why = self.refusal(lambda: rows.extend(self.execute(database, call)))
        finally:
            self.rollback()
            self._open = False
        if rows and rows[-1][0] == SQL_FAILED:
            return str(rows[-1][1] or "no reason given")
        return why

    def access_places(self) -> list[str]:
        files = list(dict.fromkeys(self.config.places.values()))
        beside = [f"{file}.scratch" for file in files]
        return files + [file for file in beside if self._is_reached(file)]

    def _is_reached(self, place: str) -> bool:
        """A scratch file may be away: it is made anew at any time."""
        return place in self._connections or self._is_there(place)

    def live_roles(self) -> set[tuple[str, str]]:
        return {
            (place, str(name))
            for place in self.access_places()
            for (name,) in self.execute(place, "SELECT TRIM(r.RDB$ROLE_NAME) FROM RDB$ROLES r")
        }

    def live_rights(self, grantees: Sequence[str]) -> set[Right]:
        found: set[Right] = set()
        for place in self.access_places():
            # What nobody granted is everyone's on what the system itself has.
            rows = self.execute(
                place,
                "SELECT TRIM(u.RDB$USER), TRIM(u.RDB$GRANTOR), TRIM(u.RDB$PRIVILEGE),"
                " u.RDB$OBJECT_TYPE, TRIM(u.RDB$RELATION_NAME), u.RDB$FIELD_NAME,"
                " u.RDB$GRANT_OPTION FROM RDB$USER_PRIVILEGES u"
                " WHERE u.RDB$USER_TYPE IN (8, 13) AND u.RDB$GRANTOR IS NOT NULL"
                # A restored file gives everyone the use of its columns' types.
                " AND u.RDB$OBJECT_TYPE <> 9",
            )
            found |= {right for row in rows if row[0] in grantees for right in _rights(place, *row)}
            rows = self.execute(
                place, "SELECT TRIM(r.RDB$ROLE_NAME), r.RDB$SYSTEM_PRIVILEGES FROM RDB$ROLES r"
            )
            found |= {
                Right(place, "DATABASE", "", "SYSTEM PRIVILEGES", role)
                for role, privileges in rows
                if role in grantees and any(privileges or b"")
            }
        return found

    def grantees(self, account: str) -> list[str]:
        return [account]

    def holders(self) -> dict[str, str]:
        found: set[str] = set()
        for place in self.access_places():
            rows = self.execute(
                place,
                "SELECT DISTINCT TRIM(u.RDB$USER) FROM RDB$USER_PRIVILEGES u"
                " WHERE u.RDB$USER_TYPE IN (8, 13) AND u.RDB$GRANTOR IS NOT NULL",
            )
            found |= {str(name) for (name,) in rows}
            found.discard(catalogue.owner(partial(self.execute, place)))
        return {name: name for name in found - {"SYSDBA", "RDB$ADMIN"}}

    def is_locked(self, account: str) -> bool:
        return True  # rules have the rights of no account that is there for them alone

    def live_defaults(self) -> set[tuple[str, str, str]]:
        return set()  # it makes no difference here

    def live_logins(self) -> set[tuple[str, str]]:
        rows = self.execute("vps", "SELECT TRIM(u.SEC$USER_NAME) FROM SEC$USERS u")
        return {(str(name), "") for (name,) in rows}

    def live_members(self) -> set[tuple[str, str, str]]:
        return {
            (place, str(name), str(role))
            for place in self.access_places()
            for name, role in self.execute(
                place,
                "SELECT TRIM(u.RDB$USER), TRIM(u.RDB$RELATION_NAME) FROM RDB$USER_PRIVILEGES u"
                " WHERE u.RDB$PRIVILEGE = 'M' AND u.RDB$USER_TYPE = 8",
            )
        }

    def other_installations(self) -> set[str]:
        return set()  # a role is of one database file

    def account_name(self, name: str) -> str:
        return name.upper()

    def is_passing(self, error: Exception) -> bool:
        codes = getattr(error, "gds_codes", None) or ()
        return isinstance(error, DatabaseError) and any(code in _PASSING for code in codes)

    def is_busy(self, error: Exception) -> bool:
        codes = getattr(error, "gds_codes", None) or ()
        return isinstance(error, DatabaseError) and any(code in _BUSY for code in codes)


def _answers(
    cursor: Cursor, rule: str, arguments: Sequence[Any]
) -> Iterator[tuple[Any, ...] | Result]:
    """The rows of a rule, each a tuple, and its verdict behind them."""
    marks = f"({', '.join(['?'] * len(arguments))})" if arguments else ""
    try:
        cursor.execute(f"SELECT p.* FROM {rule}{marks} p", list(arguments))
        for *row, code, message in cursor:
            if code is None:
                yield tuple(row)
            else:
                yield Result(int(code), message or "")
    finally:
        cursor.close()


def _end(manager: TransactionManager) -> None:
    try:
        manager.close()  # takes it back
    except DatabaseError:
        pass  # the server has taken it back with the connection


def _rights(
    place: str,
    role: str,
    grantor: str,
    privilege: str,
    kind: int,
    name: str,
    column: str | None,
    option: int | None,
) -> Iterator[Right]:
    """One row of RDB$USER_PRIVILEGES; a right on all tables stands there as one on SQL$TABLES."""
    what = _PRIVILEGES.get(privilege, privilege)
    if column:
        what += f' ("{column.strip()}")'
    on, of = _KINDS.get(kind, f"kind {kind}"), name
    if name.startswith("SQL$"):
        on, of = _ALL.get(name, name[4:].removesuffix("S")), ""
    if on == "DATABASE":
        what = what.removesuffix(" ANY")
    yield Right(place, on, of, what, role, grantor)
    if option and privilege != "M":
        yield Right(place, on, of, f"GRANT OPTION FOR {what}", role, grantor)
