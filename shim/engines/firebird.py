"""Firebird, embedded and server, through firebird-driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from firebird.driver import (
    Connection,
    DatabaseError,
    Isolation,
    Statement,
    connect,
    create_database,
    driver_config,
    tpb,
)

from kenshin.config import Config
from kenshin.engines import runtime
from kenshin.engines.base import EngineError, Result, Right, Session, whole_lines

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
}


class FirebirdSession(Session):
    """Connections to the places of an installation, one for each database file in use."""

    driver_error = DatabaseError

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._connections: dict[str, Connection] = {}
        self._statements: dict[tuple[str, str], Statement] = {}
        self._used: set[str] = set()
        self.keeps_logins = config.engine != "firebird-embedded"

    def connect(self) -> None:
        driver_config.fb_client_library.value = runtime.client_library()
        driver_config.db_defaults.page_size.value = 16384
        driver_config.db_defaults.forced_writes.value = self.config.connection.durable
        driver_config.db_defaults.db_charset.value = "UTF8"
        driver_config.stream_blob_threshold.value = 2**24  # long bodies of rules are texts too
        if self.config.engine == "firebird-embedded":
            runtime.prepare(Path(self.config.places["mdm"]).parent / "engine", self.config.exchange)

    def close(self) -> None:
        self._statements.clear()
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

    def _connection(self, database: str) -> Connection:
        place = self.config.places.get(database, database)
        if place not in self._connections:
            try:
                self._connections[place] = self._attach(place)
            except DatabaseError as error:
                if self.is_passing(error):
                    raise
                raise EngineError(f"no connection to {place}: {error}") from error
        connection = self._connections[place]
        if not connection.main_transaction.is_active():
            # Firebird makes read consistency of it: a rule, which is one statement, sees one state
            # of the database, and is begun anew by the server when others change what it changes.
            isolation = Isolation.READ_COMMITTED_RECORD_VERSION
            connection.main_transaction.begin(tpb(isolation=isolation, lock_timeout=20))
        self._used.add(place)
        return connection

    def begin(self) -> None:
        self._used.clear()

    def commit(self) -> None:
        for place in sorted(self._used):
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
        marks = f"({', '.join(['?'] * len(arguments))})" if arguments else ""
        cursor = self._connection(database).cursor()
        try:
            cursor.execute(f"SELECT p.* FROM {rule}{marks} p", list(arguments))
            for *row, code, message in cursor:
                if code is None:
                    yield tuple(row)
                else:
                    yield Result(int(code), message or "")
        finally:
            cursor.close()

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

    def access_places(self) -> list[str]:
        files = dict.fromkeys(self.config.places.values())
        return [*files, *(f"{file}.scratch" for file in files)]

    def live_roles(self) -> set[tuple[str, str]]:
        return {
            (place, str(name))
            for place in self.access_places()
            for (name,) in self.execute(place, "SELECT TRIM(r.RDB$ROLE_NAME) FROM RDB$ROLES r")
        }

    def live_rights(self, roles: Sequence[str]) -> set[Right]:
        found: set[Right] = set()
        for place in self.access_places():
            rows = self.execute(
                place,
                "SELECT TRIM(u.RDB$USER), TRIM(u.RDB$PRIVILEGE), u.RDB$OBJECT_TYPE,"
                " TRIM(u.RDB$RELATION_NAME), u.RDB$FIELD_NAME FROM RDB$USER_PRIVILEGES u"
                " WHERE u.RDB$USER_TYPE = 13",
            )
            found |= {_right(place, *row) for row in rows if row[0] in roles}
        return found

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


def _right(
    place: str, role: str, privilege: str, kind: int, name: str, column: str | None
) -> Right:
    """One row of RDB$USER_PRIVILEGES; a right on all tables stands there as one on SQL$TABLES."""
    what = _PRIVILEGES.get(privilege, privilege)
    if column:
        what += f' ("{column.strip()}")'
    if name.startswith("SQL$"):
        return Right(place, name[4:].removesuffix("S"), "", what, role)
    return Right(place, _KINDS.get(kind, f"kind {kind}"), name, what, role)
