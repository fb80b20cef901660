"""What an engine's own tools have saved makes the installation again, where nothing of it is."""

from __future__ import annotations

import os
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from actors import as_account
from conftest import Installations
from full import filled, rows
from kenshin import access, release
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.scratch import beside
from servers import SERVERS, Server
from servers.firebird import PROGRAMS
from servers.programs import fetched, installed

CALLER = "auditor"


@dataclass
class Tools(ABC):
    """The programs that save and restore, for one installation."""

    engine: str
    config: Config
    server: Server | None
    folder: Path

    @abstractmethod
    def save(self) -> None:
        """Save it into the folder."""

    @abstractmethod
    def restore(self) -> None:
        """Make it again from the folder."""


class Dump(Tools):
    """mysqldump and mysql, mariadb-dump and mariadb: the schemas, and the accounts apart."""

    def save(self) -> None:
        places = dict.fromkeys(self.config.places.values())
        dump = ["--single-transaction", "--routines", "--hex-blob"]
        if self.engine == "mysql":
            dump.append("--set-gtid-purged=OFF")
        self._run(self._dump(), [*dump, "--databases", *places], into="schemas.sql")
        if self.engine == "mysql":
            accounts = [f"--include-user='{name}'@'%'" for name in self._accounts()]
            self._run(
                self._dump(), ["--users", "--set-gtid-purged=OFF", *accounts], into="accounts.sql"
            )
            return
        shown = "; ".join(f"SHOW CREATE USER {n}; SHOW GRANTS FOR {n}" for n in self._accounts())
        self._run(self._client(), ["-NBe", shown], into="accounts.sql")
        made = self.folder / "accounts.sql"
        made.write_text(made.read_text().replace("\n", ";\n"))

    def restore(self) -> None:
        # Views cannot be made without the account that they belong to.
        release.apply(self.config)
        for script in ("schemas.sql", "accounts.sql"):
            self._run(self._client(), [], script=script)

    def _accounts(self) -> list[str]:
        with open_session(self.config) as session:
            return [account.name for account in access.accounts(session)]

    def _dump(self) -> list[str]:
        return self._program("mysqldump" if self.engine == "mysql" else "mariadb-dump")

    def _client(self) -> list[str]:
        return self._program("mysql" if self.engine == "mysql" else "mariadb")

    def _program(self, name: str) -> list[str]:
        if self.engine == "mysql":
            return fetched("mysql-9.7").command(f"usr/bin/{name}")
        return [installed(name, "mariadb-client")]

    def _run(
        self, program: list[str], arguments: list[str], into: str = "", script: str = ""
    ) -> None:
        reach = self.config.connection
        login = ["--no-defaults", f"--user={reach.user}", f"--socket={reach.socket}"]
        run(
            [*program, *login, *arguments],
            {"MYSQL_PWD": reach.password},
            self.folder / into if into else None,
            self.folder / script if script else None,
        )


class Gbak(Tools):
    """gbak of a server: each database file, and the scratch files, for the roles in them."""

    def save(self) -> None:
        for database, place in self._files():
            self._run("-backup_database", "-garbage_collect", self._at(place), self._copy(database))

    def restore(self) -> None:
        for database, place in self._files():
            self._run("-create_database", self._copy(database), self._at(place))

    def _files(self) -> Iterator[tuple[str, str]]:
        for database in ("mdm", "he"):
            place = self.config.places[database]
            yield database, place
            yield f"{database}-scratch", beside(place)

    def _at(self, place: str) -> str:
        reach = self.config.connection
        return f"{reach.host}/{reach.port}:{place}"

    def _copy(self, name: str) -> str:
        return str(self.folder / f"{name}.fbk")

    def _run(self, *arguments: str) -> None:
        assert self.server is not None
        reach = self.config.connection
        login = {"ISC_USER": reach.user, "ISC_PASSWORD": reach.password}
        gbak = fetched("firebird-4.0").command(f"{PROGRAMS}/gbak")
        run([*gbak, *arguments], login | self.server._environment())


class Services(Gbak):
    """The same by the services that the embedded engine has in itself."""

    def _at(self, place: str) -> str:
        return place

    def _run(self, *arguments: str) -> None:
        from firebird.driver import connect_server

        *verb, source, target = arguments
        with open_session(self.config), connect_server("") as services:
            if "-backup_database" in verb:
                services.database.backup(database=source, backup=target, callback=_nothing)
            else:
                services.database.restore(backup=source, database=target, callback=_nothing)


def _nothing(_: str) -> None:
    pass


TOOLS = {
    "mysql": Dump,
    "mariadb": Dump,
    "firebird-server": Gbak,
    "firebird-embedded": Services,
}


def run(
    command: list[str],
    environment: dict[str, str],
    into: Path | None = None,
    script: Path | None = None,
) -> None:
    """Run a program, its output into a file, its input from one; fail with what it says."""
    done = subprocess.run(
        command,
        env=os.environ | environment,
        input=script.read_bytes() if script else b"",
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    if into:
        into.write_bytes(done.stdout)


@contextmanager
def elsewhere(engine: str, installations: Installations, config: Config) -> Iterator[Config]:
    """Where nothing of an installation is: another server, on Firebird other files."""
    if config.dialect == "firebird":
        fresh = installations.new(engine, "restored")
        yield replace(fresh, role_prefix=config.role_prefix)
        return
    with SERVERS[engine]() as server:
        reach = replace(
            config.connection,
            port=server.port,
            socket=str(server.socket),
            password=server.password,
        )
        yield replace(config, connection=reach, exchange=server.exchange)


def test_a_restored_backup_is_the_installation(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    config = installations.new(engine, "backup")
    server = None if engine == "firebird-embedded" else installations.server(engine)
    release.apply(config)
    password = access.new_password()
    with open_session(config) as session:
        filled(session, release.steps(config), "backup_other")
        access.add_account(session, CALLER, "READER", password)
        saved = rows(session)
    TOOLS[engine](engine, config, server, tmp_path).save()

    with elsewhere(engine, installations, config) as fresh:
        TOOLS[engine](engine, fresh, server, tmp_path).restore()
        release.apply(fresh)
        assert release.verify(fresh, probe=True) == []
        with open_session(fresh) as session:
            assert rows(session) == saved
        with open_session(as_account(fresh, CALLER, password)) as caller:
            caller.execute("mdm", "SELECT COUNT(*) FROM OPEN_ALERT")
