"""What MySQL and MariaDB have in common."""

import os
import shutil
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from .base import LONGEST_SOCKET_PATH, Server
from .programs import ServerError, template

# Throughput of the initialisation only; the template is copied for each server, so it stays small.
TEMPLATE_LOG = "32M"

Options = Mapping[str, str | int]


class InnoDBServer(Server):
    def __init__(
        self,
        *,
        exchange: Path | None = None,
        parent: Path | None = None,
        folder: Path | None = None,
        keep: bool = False,
        buffer_pool: str = "512M",
        binlog: bool = False,
        options: Options | None = None,
    ) -> None:
        """OPTIONS, as in my.cnf without leading dashes, win over the ones set here."""
        super().__init__(exchange=exchange, parent=parent, folder=folder, keep=keep)
        self.socket = self.folder / "server.sock"
        if len(str(self.socket)) > LONGEST_SOCKET_PATH:
            self.close()
            raise ServerError(f"{self.socket}: too long for a socket; pass a shorter parent")
        self.data = self.folder / "data"
        self._accounts = self.folder / "accounts.sql"
        self._options: dict[str, str | int] = {
            **self._fixed(),
            **_replication(binlog),
            "innodb-buffer-pool-size": buffer_pool,
            **{key.replace("_", "-"): value for key, value in (options or {}).items()},
        }

    def connect(self, *args: Any, **options: Any) -> Any:
        import mysql.connector

        settings: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "charset": "utf8mb4",
            # The driver's own default is one that MariaDB 10.11 does not know.
            "collation": "utf8mb4_bin",
        }
        return mysql.connector.connect(*args, **{**settings, **options})

    @abstractmethod
    def _server(self) -> list[str]:
        """The server program and the options that tell it where its own files are."""

    @abstractmethod
    def _template_name(self) -> str: ...

    @abstractmethod
    def _initialise(self, data: Path) -> None: ...

    @abstractmethod
    def _engine_options(self) -> Options: ...

    def _spare_accounts(self) -> str:
        """Statements, one a line, that remove accounts which the initialisation made unasked."""
        return ""

    def _prepare(self) -> None:
        if not self.data.exists():
            source = template(self._template_name(), self._initialise)
            shutil.copytree(source, self.data, dirs_exist_ok=True)
            # It holds the server's identity: two with the same one refuse to replicate.
            (self.data / "auto.cnf").unlink(missing_ok=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        self._write_accounts()

    def _write_accounts(self) -> None:
        self._accounts.touch(mode=0o600)
        # skip-name-resolve keeps 127.0.0.1 from being "localhost", hence the second account.
        self._accounts.write_text(
            "SET SESSION sql_log_bin = 0;\n"
            f"{self._spare_accounts()}"
            f"ALTER USER 'root'@'localhost' IDENTIFIED BY '{self.password}';\n"
            # In a folder that is taken up they have the password of the run before.
            "CREATE USER IF NOT EXISTS 'root'@'%';\n"
            f"ALTER USER 'root'@'%' IDENTIFIED BY '{self.password}';\n"
            "GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;\n"
        )

    def _fixed(self) -> Options:
        return {
            "datadir": str(self.data),
            "tmpdir": str(self.folder / "tmp"),
            "socket": str(self.socket),
            "pid-file": str(self.folder / "server.pid"),
            "log-error": str(self.log),
            "secure-file-priv": str(self.exchange),
            "bind-address": self.host,
            "skip-name-resolve": 1,
            "local-infile": 1,
            "max-allowed-packet": "256M",
            "character-set-server": "utf8mb4",
            "collation-server": "utf8mb4_bin",
            "innodb-flush-log-at-trx-commit": 1,
            # A test that waits this long has found a bug: say so instead of hanging.
            "innodb-lock-wait-timeout": 120,
            "lock-wait-timeout": 120,
            "event-scheduler": "OFF",
            "performance-schema": "OFF",
            **self._engine_options(),
        }

    def _command(self) -> list[str]:
        # The port is read here and not in _fixed: a taken one is replaced at the first start.
        command = [*self._server(), f"--port={self.port}", *as_arguments(self._options)]
        if self._accounts.exists():
            command.append(f"--init-file={self._accounts}")
        return command + run_as()

    def _probe(self) -> str:
        connection = self.connect(unix_socket=str(self.socket), connection_timeout=5)
        try:
            cursor = connection.cursor()
            cursor.execute("SELECT VERSION()")
            return str(cursor.fetchone()[0])
        finally:
            connection.close()

    def start(self, timeout: float = 300.0) -> Self:
        super().start(timeout)
        self._accounts.unlink(missing_ok=True)
        return self


def as_arguments(options: Options) -> list[str]:
    return [f"--{key}={value}" for key, value in options.items()]


def run_as() -> list[str]:
    # Both servers refuse to run as root unless they are told to.
    return ["--user=root"] if os.geteuid() == 0 else []


def _replication(binlog: bool) -> Options:
    if not binlog:
        return {"skip-log-bin": 1}
    # Unique enough among the servers of one machine, and different for a server and its replica.
    server_id = int.from_bytes(os.urandom(3), "big") + 1
    return {"log-bin": "binlog", "server-id": server_id, "binlog-format": "ROW"}
