"""MySQL 9.7 of Debian sid, from build/engines/mysql-9.7/."""

from pathlib import Path
from typing import ClassVar

from .innodb import TEMPLATE_LOG, InnoDBServer, Options, as_arguments, run_as
from .programs import fetched, run


class MySQLServer(InnoDBServer):
    engine: ClassVar[str] = "mysql"

    def _server(self) -> list[str]:
        tree = fetched("mysql-9.7")
        share = tree.root / "usr/share/mysql"
        places = {
            "basedir": str(tree.root / "usr"),
            "lc-messages-dir": str(share),
            "character-sets-dir": str(share / "charsets"),
            "plugin-dir": str(tree.root / "usr/lib/mysql/plugin"),
        }
        return [*tree.command("usr/sbin/mysqld"), "--no-defaults", *as_arguments(places)]

    def _template_name(self) -> str:
        return f"mysql-{fetched('mysql-9.7').version}"

    def _initialise(self, data: Path) -> None:
        options = {"datadir": str(data), "innodb-redo-log-capacity": TEMPLATE_LOG}
        run([*self._server(), "--initialize-insecure", *as_arguments(options), *run_as()])

    def _engine_options(self) -> Options:
        return {"innodb-redo-log-capacity": "512M", "mysqlx": "OFF"}
