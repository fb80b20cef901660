"""What can be asked of Firebird, embedded and server."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from firebird.driver import DatabaseError, connect_server, driver_config

from kenshin import scratch
from kenshin.engines.base import EngineError, Session
from kenshin.engines.facts import Blocker, Facts, Finding, Unknown, opening

_FULL = "Full"
_UTC = "CAST('NOW' AS TIMESTAMP WITH TIME ZONE) AT TIME ZONE 'UTC'"

_TRANSACTIONS = """
SELECT a.MON$ATTACHMENT_ID, TRIM(a.MON$USER), a.MON$REMOTE_ADDRESS,
       DATEDIFF(SECOND FROM t.MON$TIMESTAMP TO CURRENT_TIMESTAMP), s.MON$SQL_TEXT
  FROM MON$TRANSACTIONS t
  JOIN MON$ATTACHMENTS a ON a.MON$ATTACHMENT_ID = t.MON$ATTACHMENT_ID
  LEFT JOIN MON$STATEMENTS s ON s.MON$TRANSACTION_ID = t.MON$TRANSACTION_ID AND s.MON$STATE <> 0
 WHERE a.MON$ATTACHMENT_ID <> CURRENT_CONNECTION
   AND a.MON$SYSTEM_FLAG = 0
 ORDER BY t.MON$TIMESTAMP
"""


class FirebirdFacts(Facts):
    """What a Firebird server, or the embedded engine, says of itself and of the database files."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._is_server = self.config.engine != "firebird-embedded"

    def version(self) -> str:
        if self.places:
            return self.value(_context("ENGINE_VERSION"), database=self.places[0])
        return self._service_version()

    def _service_version(self) -> str:
        """The version while there is no database file to ask."""
        given = self.config.connection
        # A name of its own for each server: the driver keeps them for the process.
        name = f"kenshin {given.host}/{given.port}" if self._is_server else "kenshin"
        server = driver_config.get_server(name) or driver_config.register_server(name)
        if self._is_server:
            server.host.value, server.port.value = given.host, str(given.port or 3050)
            server.config.value = "Providers=Remote"  # an embedded engine here would answer first
        account = {"user": given.user or "SYSDBA", "password": given.password or None}
        try:
            with closing(connect_server(name, **account)) as service:
                return str(service.info.version)
        except DatabaseError as error:
            raise EngineError(f"no connection to {given.host or 'the engine'}: {error}") from error

    def number(self) -> int:
        [(number,)] = self.session.execute("mdm", "SELECT CURRENT_CONNECTION FROM RDB$DATABASE")
        return int(number)

    def blockers(self, seconds: int) -> list[Blocker]:
        found: dict[tuple[str, int], Blocker] = {}
        for place in self.places:
            self._needs_owner(place)
            for number, account, host, age, statement in self.session.execute(place, _TRANSACTIONS):
                if int(age) >= seconds:
                    blocker = Blocker(number, account, host or "", int(age), opening(statement))
                    found.setdefault((place, number), blocker)
        return list(found.values())

    def folders(self) -> list[str]:
        names = {self.value(_context("DB_NAME"), database=place) for place in self.places} or set(
            self.config.places.values()
        )
        folders = sorted({str(Path(name).parent) for name in names if Path(name).is_absolute()})
        if not folders:
            raise Unknown("no database file is there yet: see to its folder by hand")
        return folders

    def reads(self, name: str) -> bytes:
        if self._is_this_process():
            return (self.config.exchange / name).read_bytes()
        beside, proof = self._prove("READ_FILE", name)
        query = "SELECT f.o_bytes FROM READ_FILE(?, ?) f"
        rows = self.session.execute(beside, query, [proof, name])
        return b"".join(bytes(piece) for (piece,) in rows)

    def writes(self, name: str, content: bytes) -> None:
        if self._is_this_process():
            (self.config.exchange / name).write_bytes(content)
            return
        table = "KENSHIN_PROBE"
        beside, proof = self._prove("OPEN_FILE", f"{name} {table}")
        query = "SELECT f.o_bytes FROM OPEN_FILE(?, ?, ?) f"
        self.session.execute(beside, query, [proof, name, table])
        digest = hashlib.sha256(content).hexdigest().upper()
        beside, proof = self._prove("CLOSE_FILE", f"{table} {digest}")
        self.session.execute(
            beside, "EXECUTE PROCEDURE CLOSE_FILE(?, ?, ?)", [proof, table, content]
        )

    def _is_this_process(self) -> bool:
        """Embedded, and no file to ask yet: the engine reads what this process can read."""
        return not self._is_server and self.config.places["mdm"] not in self.places

    def _prove(self, procedure: str, what: str) -> tuple[str, str]:
        """The scratch file in which rules handle files, and a proof that a rule is calling."""
        place = self.config.places["mdm"]
        if place not in self.places or not self._has_rule("PROVE_LINK", place):
            raise Unknown("no rule is installed that could read a file: look again behind apply")
        self._needs_owner(place)
        beside = scratch.beside(self.value(_context("DB_NAME"), database=place))
        query = "SELECT p.o_proof FROM PROVE_LINK(?) p"
        return beside, self.value(query, f"{procedure} {beside} {what}", database=place)

    def _has_rule(self, name: str, place: str) -> bool:
        query = "SELECT 1 FROM RDB$PROCEDURES p WHERE p.RDB$PROCEDURE_NAME = ?"
        return bool(self.session.execute(place, query, [name]))

    def utc(self) -> datetime:
        query = f"SELECT CAST({_UTC} AS TIMESTAMP) FROM RDB$DATABASE"
        moment: datetime = self.session.execute("mdm", query)[0][0]
        return moment

    def local(self, at: datetime) -> datetime:
        query = (
            "SELECT CAST(CAST(CAST(? AS VARCHAR(40)) AS TIMESTAMP WITH TIME ZONE) AT LOCAL"
            " AS TIMESTAMP) FROM RDB$DATABASE"
        )
        rows = self.session.execute("mdm", query, [f"{at:%Y-%m-%d %H:%M:%S} UTC"])
        moment: datetime = rows[0][0]
        return moment

    def zone(self) -> str:
        return self.value(_context("SESSION_TIMEZONE"), database="mdm")

    def checks(self) -> dict[str, Callable[[], Iterable[Finding]]]:
        return {
            "privileges": self._privileges,
            "character set": self._character_set,
            "exchange setting": self._exchange,
            "durability": self._durability,
            "connection pool": self._pool,
        }

    # Privileges ------------------------------------------------------------------------

    def _owner(self, place: str) -> tuple[str, bool]:
        """The owner of a database file, and whether this account has the owner's rights."""
        query = (
            "SELECT TRIM(d.MON$OWNER), TRIM(CURRENT_USER), TRIM(CURRENT_ROLE) FROM MON$DATABASE d"
        )
        owner, account, role = self.session.execute(place, query)[0]
        return str(owner), account in (owner, "SYSDBA") or role == "RDB$ADMIN"

    def _needs_owner(self, place: str) -> None:
        owner, mine = self._owner(place)
        if not mine:
            raise Unknown(f"only {owner}, who owns {place}, and SYSDBA may: connect as one of them")

    def _privileges(self) -> Iterator[Finding]:
        fine = []
        for place in dict.fromkeys(self.config.places.values()):
            if place not in self.places:
                yield from self._may_make(place)
                continue
            owner, mine = self._owner(place)
            if mine:
                fine.append(place)
            else:
                do = f"install as {owner}, or as SYSDBA"
                yield Finding("privileges", "error", f"{place} is owned by {owner}", do)
        if fine:
            yield Finding("privileges", "ok", f"owner's rights in {', '.join(fine)}")

    def _may_make(self, place: str) -> Iterator[Finding]:
        if self._is_server:
            if (self.config.connection.user or "SYSDBA").upper() == "SYSDBA":
                yield Finding("privileges", "ok", f"SYSDBA may make {place}")
            else:
                do = "GRANT CREATE DATABASE TO USER … in the security database, if apply is refused"
                found = f"whether {self.config.connection.user} may make {place} cannot be asked"
                yield Finding("privileges", "warning", found, do)
            return
        folder = next(f for f in Path(place).parents if f.is_dir())
        if os.access(folder, os.W_OK | os.X_OK):
            yield Finding("privileges", "ok", f"{place} can be made")
        else:
            do = "give the user that runs this the right to write there"
            yield Finding("privileges", "error", f"{folder} cannot be written", do)

    # Settings --------------------------------------------------------------------------

    def _setting(self, name: str) -> str:
        """One entry of firebird.conf as the server has it."""
        places = self.places
        if not places:
            raise Unknown("firebird.conf cannot be asked for without a database file")
        query = "SELECT c.RDB$CONFIG_VALUE FROM RDB$CONFIG c WHERE c.RDB$CONFIG_NAME = ?"
        rows = self.session.execute(places[0], query, [name])
        if not rows:
            raise Unknown("only the database's owner and SYSDBA see firebird.conf")
        return str(rows[0][0] or "")

    def _character_set(self) -> Iterator[Finding]:
        query = "SELECT TRIM(d.RDB$CHARACTER_SET_NAME) FROM RDB$DATABASE d"
        found = {place: self.value(query, database=place) for place in self.places}
        wrong = {place: name for place, name in found.items() if name != "UTF8"}
        for place, name in wrong.items():
            do = "make the file anew: ALTER DATABASE leaves what is there as it is"
            yield Finding("character set", "error", f"{place} has {name or 'NONE'}", do)
        if not wrong:
            yield Finding("character set", "ok", "UTF8")

    def _exchange(self) -> Iterator[Finding]:
        if self._is_this_process():
            yield Finding("exchange setting", "ok", "kenshin writes firebird.conf itself")
            return
        value = self._setting("ExternalFileAccess")
        do = f"set ExternalFileAccess = Restrict {self.config.exchange} in firebird.conf"
        found = f"ExternalFileAccess = {value}"
        if value.startswith("Restrict"):
            yield Finding("exchange setting", "ok", found)
        elif value.startswith(_FULL):
            found += ": an owner's rights reach every file of the server's user"
            yield Finding("exchange setting", "error", found, do)
        else:
            found += ": no rule can read or write a file that it names"
            yield Finding("exchange setting", "warning", found, do)

    def _durability(self) -> Iterator[Finding]:
        query = "SELECT d.MON$FORCED_WRITES FROM MON$DATABASE d"
        there = self.places
        weak = [place for place in there if self.value(query, database=place) != "1"]
        for place in weak:
            do = "gfix -write sync: a power cut may cost commits, or the database"
            yield Finding("durability", "warning", f"{place} has no forced writes", do)
        if (
            len(there) < len(set(self.config.places.values()))
            and not self.config.connection.durable
        ):
            do = "durable = true in [connection]: a power cut may cost commits, or the database"
            yield Finding("durability", "warning", "files are made without forced writes", do)
        elif not weak:
            yield Finding("durability", "ok", "forced writes")

    def _pool(self) -> Iterator[Finding]:
        if self._is_this_process():
            yield Finding("connection pool", "ok", "kenshin writes firebird.conf itself")
            return
        size = self._setting("ExtConnPoolSize")
        if int(size or 0) > 0:
            yield Finding("connection pool", "ok", f"ExtConnPoolSize = {size}")
        else:
            do = "set ExtConnPoolSize = 8: else every file that a rule reads costs a connection"
            yield Finding("connection pool", "warning", "ExtConnPoolSize = 0", do)


def _context(name: str) -> str:
    """The query for one fact of the connection."""
    return f"SELECT RDB$GET_CONTEXT('SYSTEM', '{name}') FROM RDB$DATABASE"
