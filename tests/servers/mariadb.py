"""MariaDB 10.11 of Debian 12: the package's programs, never its service."""

from pathlib import Path
from typing import ClassVar

from .innodb import TEMPLATE_LOG, InnoDBServer, Options, run_as
from .programs import installed, run

PACKAGE = "mariadb-server-core"


class MariaDBServer(InnoDBServer):
    engine: ClassVar[str] = "mariadb"

    def _server(self) -> list[str]:
        return [installed("mariadbd", PACKAGE), "--no-defaults"]

    def _template_name(self) -> str:
        words = run([installed("mariadbd", PACKAGE), "--no-defaults", "--version"]).split()
        return f"mariadb-{words[words.index('Ver') + 1]}"

    def _initialise(self, data: Path) -> None:
        run(
            [
                installed("mariadb-install-db", PACKAGE),
                "--no-defaults",
                f"--datadir={data}",
                f"--innodb-log-file-size={TEMPLATE_LOG}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                *run_as(),
            ]
        )

    def _spare_accounts(self) -> str:
        # Nameless ones, and root from 127.0.0.1, ::1 and the host's name, all without a password.
        return (
            "DELETE FROM mysql.global_priv"
            " WHERE User = '' OR (User = 'root' AND Host <> 'localhost');\n"
            "FLUSH PRIVILEGES;\n"
        )

    def _engine_options(self) -> Options:
        return {"innodb-log-file-size": "512M"}
