"""Firebird 4.0 server of Debian sid, from build/engines/firebird-4.0/."""

import ctypes
import shutil
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

from .base import Server
from .programs import Tree, fetched, run

PROGRAMS = "usr/lib/firebird/4.0/bin"


def load_client() -> None:
    """Gives firebird-driver the client library of the firebird-embedded wheel.

    A process loads one client once. A process that also uses the embedded engine must load it
    its own way first (FIREBIRD is read at that moment); then this does nothing.
    """
    if import_module("firebird.driver.fbapi").has_api():
        return
    wheel = import_module("firebird.embedded.provider").FirebirdProvider()
    library = Path(wheel.client_library)
    # The wheel's plugins do not look for these two beside themselves.
    ctypes.CDLL("libtommath.so.1", mode=ctypes.RTLD_GLOBAL)
    ctypes.CDLL(str(library.with_name("libtomcrypt.so.1")), mode=ctypes.RTLD_GLOBAL)
    import_module("firebird.driver").driver_config.fb_client_library.value = str(library)


class FirebirdServer(Server):
    engine: ClassVar[str] = "firebird-server"

    def __init__(
        self,
        *,
        exchange: Path | None = None,
        parent: Path | None = None,
        keep: bool = False,
        options: Mapping[str, str | int] | None = None,
    ) -> None:
        """OPTIONS, as in firebird.conf, win over the ones set here."""
        super().__init__(exchange=exchange, parent=parent, keep=keep)
        self.user = "SYSDBA"
        self.databases = self.folder / "databases"
        # Firebird gets a folder as its installation; the log's name is compiled in.
        self._home = self.folder / "home"
        self.log = self._home / "firebird4.0.log"
        self._options = dict(options or {})

    def dsn(self, name: str) -> str:
        """The connection string of database NAME in this server's databases folder."""
        return f"{self.host}/{self.port}:{self.databases / name}"

    def connect(self, name: str = "", *args: Any, create: bool = False, **options: Any) -> Any:
        load_client()
        driver = import_module("firebird.driver")
        open_it = driver.create_database if create else driver.connect
        settings = {"user": self.user, "password": self.password, "charset": "UTF8", **options}
        return open_it(self.dsn(name), *args, **settings)

    def _prepare(self) -> None:
        tree = fetched("firebird-4.0")
        self.databases.mkdir(exist_ok=True)
        self._install(tree)
        self._configure()
        self._create_security(tree)

    def _install(self, tree: Tree) -> None:
        package = tree.libraries / "firebird/4.0"
        settings = tree.root / "etc/firebird/4.0"
        for folder in ("lib", "intl", "lock", "tmp"):
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        # Copies: Firebird compares a module's real path with the one it asked for, so links fail.
        shutil.copytree(package / "plugins", self._home / "plugins", dirs_exist_ok=True)
        shutil.copy(package / "intl/libfbintl.so", self._home / "intl")
        shutil.copy(settings / "fbintl.conf", self._home / "intl")
        shutil.copy(settings / "plugins.conf", self._home)
        shutil.copy(package / "firebird.msg", self._home)
        shutil.copy(tree.libraries / "libib_util.so", self._home / "lib")

    def _configure(self) -> None:
        settings = {
            "RemoteServicePort": self.port,
            "RemoteBindAddress": self.host,
            "ServerMode": "Super",
            "SecurityDatabase": self._home / "security4.fdb",
            "DatabaseAccess": f"Restrict {self.databases}",
            "ExternalFileAccess": f"Restrict {self.exchange};{self.databases}",
            "TempDirectories": self._home / "tmp",
            **self._options,
        }
        text = "".join(f"{key} = {value}\n" for key, value in settings.items())
        (self._home / "firebird.conf").write_text(text)
        # Without it the server logs a complaint; we use paths, not aliases.
        (self._home / "databases.conf").touch()

    def _create_security(self, tree: Tree) -> None:
        # As the package does at installation, from the same file. One that an interrupted start
        # left would lack SYSDBA.
        database = self._home / "security4.fdb"
        database.unlink(missing_ok=True)
        script = self._home / "security.sql"
        script.touch(mode=0o600)
        script.write_text(
            f"CREATE DATABASE '{database}';\n"
            f"IN '{tree.root / 'usr/share/firebird/4.0/security.sql'}';\n"
            "COMMIT;\n"
            f"CREATE USER SYSDBA PASSWORD '{self.password}';\n"
            "COMMIT;\n"
        )
        command = [*tree.command(f"{PROGRAMS}/isql-fb"), "-q", "-b", "-i", str(script)]
        run(command, self._environment())
        script.unlink()

    def _environment(self) -> dict[str, str]:
        home = str(self._home)
        return {
            "FIREBIRD": home,
            "FIREBIRD_MSG": home,
            "FIREBIRD_LOCK": f"{home}/lock",
            "FIREBIRD_TMP": f"{home}/tmp",
        }

    def _command(self) -> list[str]:
        self._configure()  # the port may have changed
        return fetched("firebird-4.0").command(f"{PROGRAMS}/firebird")

    def _probe(self) -> str:
        # In a process of its own: our process must stay free to load its client as it wants.
        login = {"ISC_USER": self.user, "ISC_PASSWORD": self.password}
        service = f"{self.host}/{self.port}:service_mgr"
        program = fetched("firebird-4.0").command(f"{PROGRAMS}/fbsvcmgr")
        answer = run([*program, service, "info_server_version"], {**self._environment(), **login})
        return answer.strip().rpartition("Server version: ")[2]
