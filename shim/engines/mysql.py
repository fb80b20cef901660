"""MySQL and MariaDB through mysql-connector-python."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import mysql.connector
from mysql.connector import errorcode
from mysql.connector.conversion import MySQLConverter

from kenshin.engines import catalogue_mysql as catalogue
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
    TryAgain,
    Unavailable,
)
from kenshin.engines.spec import CHARACTERS
from kenshin.render import render_macro

_BUSY = {errorcode.ER_LOCK_DEADLOCK, errorcode.ER_LOCK_WAIT_TIMEOUT}
_PASSING = {
    errorcode.ER_LOCK_DEADLOCK,
    errorcode.ER_LOCK_WAIT_TIMEOUT,
    errorcode.ER_SERVER_SHUTDOWN,
    errorcode.CR_SERVER_GONE_ERROR,
    errorcode.CR_SERVER_LOST,
    errorcode.CR_SERVER_LOST_EXTENDED,
    errorcode.CR_CONN_HOST_ERROR,
    errorcode.CR_CONNECTION_ERROR,
    4031,  # ER_CLIENT_INTERACTION_TIMEOUT
    1927,  # MariaDB: the connection was killed
    1053,
}


# Two connections wait for each other's locks, as MariaDB says it. The rules take no others.
_LOCKS_CROSS = f"40001 {errorcode.ER_LOCK_DEADLOCK} "

# A refused write, a lost deadlock, a lock that others hold: as the server says it, or a rule.
_WOULD_WRITE = re.compile(r"^(?:1792 \(25006\)|25006 1792 |40001 1213 |\w{5} 1205 )")
# Privileges with commas between them; those on columns carry a list of their own.
_GRANT = re.compile(
    r"GRANT (?P<privileges>.+) ON (?:(?P<kind>[A-Z ]+) )?"
    r"(?P<place>\*|[`\"].*?[`\"])\.(?P<name>\*|[`\"].*?[`\"]) TO (?P<rest>.*)"
)
_PRIVILEGE = re.compile(r"([A-Z_][A-Z_ ]*[A-Z_])(?: ?\(([^)]*)\))?")


class _Converter(MySQLConverter):  # type: ignore[misc]
    """The driver's own, but for moments: that one takes a third of a wide row's time for one."""

    @staticmethod
    def _datetime_to_python(value: bytes, _: object = None) -> datetime:
        return datetime.fromisoformat(value.decode())


class MySQLSession(Session):
    """A connection to a MySQL or MariaDB server."""

    driver_error = mysql.connector.Error
    _database = ""
    _kept: Any = None

    def load_library(self) -> None:
        pass  # the driver is Python

    def connect(self) -> None:
        given = self.config.connection
        reach: dict[str, Any] = (
            {"unix_socket": given.socket}
            if given.socket
            else {"host": given.host, "port": given.port or 3306}
        )
        try:
            self._connection = mysql.connector.connect(
                user=given.user,
                password=given.password,
                charset="utf8mb4",
                collation="utf8mb4_bin",
                autocommit=True,
                allow_local_infile=True,
                # The sequence of results of a procedure is read as it comes.
                buffered=False,
                sql_mode="ANSI,TRADITIONAL,NO_BACKSLASH_ESCAPES",
                connection_timeout=10,
                # The same driver everywhere: its C extension loads beside some OpenSSL only.
                use_pure=True,
                converter_class=_Converter,
                **reach,
            )
            self._plain("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        except mysql.connector.Error as error:
            failure = Unavailable if error.errno in _PASSING else EngineError
            raise failure(
                f"no connection to {self.config.engine} as {given.user!r} at "
                f"{given.socket or given.host}: {error.msg}"
            ) from error
        self._database = ""
        self._kept = None

    def close(self) -> None:
        self._kept = None
        connection = getattr(self, "_connection", None)
        if connection is not None:
            try:
                connection.close()
            except mysql.connector.Error:
                pass  # a lost connection is closed already

    def begin(self) -> None:
        self._plain("START TRANSACTION")

    def commit(self) -> None:
        self._plain("COMMIT")

    def rollback(self) -> None:
        try:
            self._plain("ROLLBACK")
        except mysql.connector.Error:
            pass  # the server has rolled it back with the connection

    def wait_at_most(self, seconds: int) -> None:
        for variable in ("lock_wait_timeout", "innodb_lock_wait_timeout"):
            self._plain(f"SET SESSION {variable} = {seconds}")

    def _plain(self, statement: str) -> None:
        self._connection.cmd_query(statement)

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        """A cursor that is kept: before each new one the driver asks the server if it is there."""
        cursor, self._kept = self._kept or self._connection.cursor(), None
        try:
            yield cursor
        except BaseException:
            cursor.close()  # with the rows that nobody has read
            raise
        self._kept = cursor

    def _use(self, database: str) -> None:
        place = self.config.places[database]
        if place != self._database:
            self._connection.cmd_init_db(place)
            self._database = place

    def execute(
        self, database: str, statement: str, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        if database:
            self._use(database)
        with self._cursor() as cursor:
            cursor.execute(
                statement.replace("%", "%%").replace("?", "%s") if parameters else statement,
                tuple(parameters) or None,
            )
            return list(cursor.fetchall()) if cursor.with_rows else []

    def invoke(
        self, database: str, rule: str, arguments: Sequence[Any]
    ) -> Iterator[tuple[Any, ...] | Result]:
        self._use(database)
        marks = ", ".join(["%s"] * len(arguments) + ["@kenshin_code", "@kenshin_error"])
        with self._cursor() as cursor:
            cursor.execute(f"CALL {rule}({marks})", tuple(arguments))
            while True:
                if cursor.with_rows:
                    yield from cursor
                if not cursor.nextset():
                    break
        rows = self.execute(database, "SELECT @kenshin_code, @kenshin_error")
        yield Result(int(rows[0][0]), rows[0][1] or "")

    def take(self, hold: Hold) -> Result:
        # The lock is the connection's: it outlasts the transaction.
        try:
            return self._call(hold.database, hold.rule, hold.arguments)
        except TryAgain as error:
            if not str(error).startswith(_LOCKS_CROSS):
                raise
            return Result(BUSY, str(error))

    def release(self) -> None:
        try:
            self.execute("", "SELECT RELEASE_ALL_LOCKS()")
        except mysql.connector.Error:
            self.close()  # which lets go of them as well

    def is_there(self) -> bool:
        connection = getattr(self, "_connection", None)
        return connection is not None and bool(connection.is_connected())

    def load(self, database: str, table: str, columns: Sequence[str], path: Path) -> None:
        self._use(database)
        self._plain(f"CALL STAGE_{table}()")
        with path.open("rb") as file:
            crlf = file.readline(65536).endswith(b"\r\n")
        ends = "0x0D0A" if crlf else "0x0A"
        (clause,) = render_macro(
            self.config.dialect, "frame.sql", "load_clause", table, columns, ends
        )
        quoted = str(path).replace("'", "''")
        self._plain(f"LOAD DATA LOCAL INFILE '{quoted}' {clause.replace('IGNORE INTO', 'INTO')}")

    def make_places(self) -> None:
        # Even IF NOT EXISTS waits for whoever uses the schema, and others queue behind it.
        for place in sorted(set(self.config.places.values()) - self.existing_places()):
            self._plain(
                f'CREATE DATABASE IF NOT EXISTS "{place}"'
                " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            )

    def existing_places(self) -> set[str]:
        rows = self.execute("", "SELECT s.SCHEMA_NAME FROM information_schema.SCHEMATA s")
        return {str(place) for (place,) in rows} & set(self.config.places.values())

    def live_objects(self, database: str) -> dict[str, str]:
        place = self.config.places[database]
        tables = self.execute(
            "", "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?", [place]
        )
        routines = self.execute(
            "",
            "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES"
            " WHERE ROUTINE_SCHEMA = ?",
            [place],
        )
        return {str(name): "" for (name,) in tables} | {
            str(name): str(body) for name, body in routines
        }

    def live_columns(self, database: str, table: str) -> list[str]:
        rows = self.execute(
            "",
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS"
            " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND EXTRA NOT LIKE '%INVISIBLE%'"
            " ORDER BY ORDINAL_POSITION",
            [self.config.places[database], table],
        )
        return [str(name) for (name,) in rows]

    def live_tables(self, database: str) -> dict[str, Table]:
        return catalogue.tables(self._catalogue_of(database), self.config.dialect)

    def live_code(self, database: str) -> dict[str, Code]:
        return catalogue.code(self._catalogue_of(database), self.config.dialect)

    def frozen(self, database: str) -> dict[str, str]:
        ((mode, characters, collation),) = self.execute(
            database, "SELECT @@sql_mode, @@character_set_client, @@collation_connection"
        )
        return {
            "sql mode": catalogue.sql_mode(mode),
            "character set": str(characters),
            "collation": str(collation),
            "database collation": CHARACTERS[self.config.dialect][1],
        }

    def failing(
        self, database: str, helpers: Sequence[str], rules: Mapping[str, int]
    ) -> Iterator[tuple[str, str]]:
        self._use(database)
        with self._own_rule_errors():
            # They make tables of this connection, which rules then find.
            for helper in helpers:
                why = self.refusal(partial(self._plain, f"CALL {helper}()"))
                if why:
                    yield helper, why
            for rule, nulls in rules.items():
                self._plain("SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY")
                self._plain("START TRANSACTION")
                last: deque[tuple[Any, ...] | Result] = deque(maxlen=1)
                call = self.invoke(database, rule, [None] * nulls)
                why = self.refusal(partial(last.extend, call))
                self.rollback()
                verdict = last.pop() if last else None
                if isinstance(verdict, Result) and verdict.code == SQL_FAILED:
                    why = verdict.message or "no reason given"
                if why and not _WOULD_WRITE.search(why):
                    yield rule, why

    @contextmanager
    def _own_rule_errors(self) -> Iterator[None]:
        """A rule that fails notes it in a table of this connection, where it may write."""
        try:
            self._plain("CREATE TEMPORARY TABLE KENSHIN_RULE_ERROR LIKE RULE_ERROR")
            self._plain("ALTER TABLE KENSHIN_RULE_ERROR RENAME TO RULE_ERROR")
        except mysql.connector.Error:
            pass  # there is no table to be like: then the failure itself cannot be told
        try:
            yield
        finally:
            self._plain("DROP TEMPORARY TABLE IF EXISTS RULE_ERROR")

    def _catalogue_of(self, database: str) -> catalogue.Query:
        place = self.config.places[database]
        return lambda statement: self.execute("", statement, [place])

    def access_places(self) -> list[str]:
        return [""]

    def live_roles(self) -> set[tuple[str, str]]:
        # Both servers keep roles among the accounts.
        rows = self.execute("", "SELECT u.User FROM mysql.user u")
        return {("", str(name)) for (name,) in rows}

    def live_rights(self, grantees: Sequence[str]) -> set[Right]:
        there = {name for _, name in self.live_roles()}
        return {
            right
            for grantee in grantees
            if _name(grantee) in there
            for (line,) in self.execute("", f"SHOW GRANTS FOR {grantee}")
            for right in _rights(str(line), grantee)
        }

    def grantees(self, account: str) -> list[str]:
        return [f"'{name}'@'{host}'" for name, host in self.live_logins() if name == account]

    def holders(self) -> dict[str, str]:
        rows = self.execute(
            "",
            "SELECT u.User, u.Host FROM mysql.user u JOIN ("
            "SELECT d.User, d.Host FROM mysql.db d"
            " UNION SELECT t.User, t.Host FROM mysql.tables_priv t"
            " UNION SELECT p.User, p.Host FROM mysql.procs_priv p"
            ") g ON g.User = u.User AND g.Host = u.Host WHERE u.Select_priv = 'N'",
        )
        # A role of MariaDB has no host.
        return {f"'{name}'@'{host}'" if host else str(name): str(name) for name, host in rows}

    def is_locked(self, account: str) -> bool:
        [(text,)] = self.execute("", f"SHOW CREATE USER {account}")
        return "ACCOUNT LOCK" in str(text)

    def live_defaults(self) -> set[tuple[str, str, str]]:
        if self.config.engine == "mariadb":
            rows = self.execute("", "SELECT u.User, u.Host, u.default_role FROM mysql.user u")
        else:
            rows = self.execute(
                "", "SELECT r.USER, r.HOST, r.DEFAULT_ROLE_USER FROM mysql.default_roles r"
            )
        return {(str(name), str(host), str(role)) for name, host, role in rows if role}

    def live_logins(self) -> set[tuple[str, str]]:
        rows = self.execute("", "SELECT u.User, u.Host FROM mysql.user u")
        return {(str(name), str(host)) for name, host in rows}

    def live_members(self) -> set[tuple[str, str, str]]:
        members = "SELECT e.TO_USER, e.FROM_USER FROM mysql.role_edges e"
        if self.config.engine == "mariadb":
            # Whoever makes a role administers it there.
            members = "SELECT m.User, m.Role FROM mysql.roles_mapping m WHERE m.Admin_option = 'N'"
        return {("", str(name), str(role)) for name, role in self.execute("", members)}

    def other_installations(self) -> set[str]:
        rows = self.execute(
            "",
            "SELECT t.TABLE_SCHEMA FROM information_schema.TABLES t"
            " WHERE t.TABLE_NAME = 'SCHEMA_RELEASE'",
        )
        return {str(place) for (place,) in rows} - set(self.config.places.values())

    def account_name(self, name: str) -> str:
        return name

    def is_passing(self, error: Exception) -> bool:
        if not isinstance(error, mysql.connector.Error):
            return False
        # The driver has no number for a connection that was lost while nobody used it.
        return error.errno in _PASSING or not self.is_there()

    def is_busy(self, error: Exception) -> bool:
        return isinstance(error, mysql.connector.Error) and error.errno in _BUSY


def _rights(line: str, role: str) -> Iterator[Right]:
    """The rights in one line of SHOW GRANTS, wherever they are; a schema may be a pattern."""
    given, _, grantee = line.rpartition(" TO ")
    if not line.startswith("GRANT ") or _name(grantee.split()[0]) != _name(role):
        return  # MariaDB also shows what the roles of a role may do
    match = _GRANT.match(line)
    if line.startswith("GRANT PROXY ON "):
        yield Right("", "PROXY", given.removeprefix("GRANT PROXY ON "), "PROXY", role)
        return
    if match is None:
        # GRANT roles TO another
        for name in given.removeprefix("GRANT ").split(","):
            yield Right("", "ROLE", _name(name), "", role)
        return
    place, name = match["place"].strip('`"*'), match["name"].strip('`"*')
    if match["kind"]:
        name = name.upper()  # both servers keep routines' names as they like
    privileges = []
    for privilege, columns in _PRIVILEGE.findall(match["privileges"]):
        quoted = ", ".join(f'"{_name(column)}"' for column in columns.split(",") if column)
        privileges.append(f"{privilege} ({quoted})" if quoted else privilege)
    if "GRANT OPTION" in match["rest"]:
        privileges.append("GRANT OPTION")
    for privilege in privileges:
        if privilege != "USAGE":
            yield Right(place, match["kind"] or "TABLE", name, privilege, role)


def _name(account: str) -> str:
    """The name in quotes, that of an account without its host."""
    return account.strip().split("@")[0].strip("`\"'")
