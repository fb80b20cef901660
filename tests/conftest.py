"""Engines for the tests: each worker starts its own servers, in their own folders and ports."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parent))

from alerted import Alerted
from batches import Site, site_of
from http_server import HttpServer
from kenshin import release
from kenshin.config import Config, Connection
from kenshin.engines import Session, open_session, runtime
from servers import SERVERS, Server
from servers.rsyslog import Rsyslog

# The client library reads its settings once: the embedded engine's must be there first.
ENGINES = ("firebird-embedded", "mysql", "mariadb", "firebird-server")


class ByEngine(LoadScopeScheduling):
    """All tests of one engine go to one worker: it alone starts that server, and installs there."""

    def _split_scope(self, nodeid: str) -> str:
        return next((e for e in ENGINES if re.search(rf"[\[-]{e}[\]-]", nodeid)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByEngine:
    return ByEngine(config, log)


class RolledBack(Exception):
    """Takes a test's transaction back."""


class Installations:
    """One installation per engine, made when a test first asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers: dict[str, Server] = {}
        self.configs: dict[str, Config] = {}
        # All embedded installations of this process share one root and one exchange directory.
        self.exchange = folder / "exchange"
        runtime.client_library()
        runtime.prepare(folder / "engine", self.exchange)

    def server(self, engine: str) -> Server:
        if engine not in self.servers:
            pool = {"ExtConnPoolSize": 8, "ExtConnPoolLifeTime": 600}
            options = pool if engine == "firebird-server" else None
            self.servers[engine] = SERVERS[engine](options=options).start()
        return self.servers[engine]

    def config(self, engine: str) -> Config:
        if engine not in self.configs:
            config = self.new(engine, "kenshin")
            release.apply(config)
            self.configs[engine] = config
        return self.configs[engine]

    def new(self, engine: str, name: str) -> Config:
        """The configuration of an installation that is not made yet."""
        base = self.folder / engine / name
        base.mkdir(parents=True, exist_ok=True)
        # Installations on one server have roles of their own.
        prefix = f"{name.upper()}_"
        if engine == "firebird-embedded":
            # A process keeps the root of the engine that it found first, with its locks: other
            # processes must find them there too.
            root = base / "engine"
            if not root.is_symlink():
                root.symlink_to(self.folder / "engine")
            places = {
                "mdm": f"{base}/kenshin.fdb",
                "vps": f"{base}/kenshin.fdb",
                "he": f"{base}/he.fdb",
            }
            return Config(
                engine,
                places,
                self.exchange,
                base / "inbox",
                base / "outbox",
                Connection(user="SYSDBA"),
                role_prefix=prefix,
            )
        server = self.server(engine)
        reach = Connection(**server.login)
        if engine == "firebird-server":
            folder = Path(server.dsn("x").split(":", 1)[1]).parent
            places = {
                "mdm": f"{folder}/{name}.fdb",
                "vps": f"{folder}/{name}.fdb",
                "he": f"{folder}/{name}-he.fdb",
            }
            engine = "firebird"
        else:
            places = {database: f"{name}_{database}" for database in ("mdm", "vps", "he")}
        boxes = base / "inbox", base / "outbox"
        return Config(engine, places, server.exchange, *boxes, reach, role_prefix=prefix)

    def close(self) -> None:
        for server in self.servers.values():
            server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


# Before every test: whoever used the client of a server first could not use the embedded engine.
@pytest.fixture(scope="session", autouse=True)
def installations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    made = Installations(tmp_path_factory.mktemp("kenshin"))
    yield made
    made.close()


@pytest.fixture(scope="session", params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def config(engine: str, installations: Installations) -> Config:
    return installations.config(engine)


@pytest.fixture(scope="session")
def connected(config: Config) -> Iterator[Session]:
    with open_session(config) as session:
        yield session


@pytest.fixture
def session(connected: Session) -> Iterator[Session]:
    """A session in a transaction that is taken back."""
    try:
        with connected.transaction():
            yield connected
            raise RolledBack
    except RolledBack:
        pass


@pytest.fixture(scope="session")
def http(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HttpServer]:
    """An installation of its own, served by two workers, with a simulated head-end behind it."""
    server = HttpServer(installations.new(engine, "http"), tmp_path_factory.mktemp("http"))
    yield server
    server.end()


@pytest.fixture(scope="module")
def nms() -> Iterator[Rsyslog]:
    with Rsyslog() as server:
        yield server


@pytest.fixture(scope="module")
def alerted(
    engine: str, installations: Installations, nms: Rsyslog, request: pytest.FixtureRequest
) -> Alerted:
    """An installation of the test file's own that tells `nms` of alerts."""
    config = installations.new(engine, own_name(request))
    release.apply(config)
    return Alerted(config, nms)


@pytest.fixture(scope="module")
def site(
    engine: str,
    installations: Installations,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Site]:
    """An installation of the test file's own, with folders of other systems and a syslog."""
    name = own_name(request)
    with site_of(installations.new(engine, name), tmp_path_factory.mktemp(name)) as made:
        yield made


def own_name(request: pytest.FixtureRequest) -> str:
    """A name for what belongs to the test file that asks for it: `catchup` of test_catch_up."""
    return request.module.__name__.removeprefix("test_").replace("_", "")
