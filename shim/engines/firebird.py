"""Firebird, embedded and server, through firebird-driver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from kenshin.engines.base import EngineError, Result, Session, whole_lines

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


class FirebirdSession(Session):
    """Connections to the places of an installation, one for each database file in use."""

    driver_error = DatabaseError

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._connections: dict[str, Connection] = {}
        self._statements: dict[tuple[str, str], Statement] = {}
        self._used: set[str] = set()

    def connect(self) -> None:
        driver_config.fb_client_library.value = runtime.client_library()
        driver_config.db_defaults.page_size.value = 16384
        driver_config.db_defaults.forced_writes.value = self.config.connection.durable
        driver_config.db_defaults.db_charset.value = "UTF8"
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

    def _connection(self, database: str) -> Connection:
        place = self.config.places.get(database, database)
        if place not in self._connections:
            given = self.config.connection
            try:
                self._connections[place] = connect(
                    self._dsn(place),
                    user=given.user or "SYSDBA",
                    password=given.password or None,
                    charset="UTF8",
                )
            except DatabaseError as error:
                if self.is_passing(error):
                    raise
                raise EngineError(f"no connection to {place}: {error}") from error
        connection = self._connections[place]
        if not connection.main_transaction.is_active():
            connection.main_transaction.begin(tpb(isolation=Isolation.SNAPSHOT, lock_timeout=20))
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
        cursor = self._connection(database).cursor()
        try:
            cursor.execute(f"DELETE FROM {table}")
            line = 0
            statement = cursor.prepare(f"EXECUTE PROCEDURE STAGE_{table}(?, ?)")
            for piece in whole_lines(path):
                cursor.execute(statement, [piece, line])
                line = cursor.fetchone()[1]
            statement.free()
        finally:
            cursor.close()

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

    def is_passing(self, error: Exception) -> bool:
        codes = getattr(error, "gds_codes", None) or ()
        return isinstance(error, DatabaseError) and any(code in _PASSING for code in codes)
