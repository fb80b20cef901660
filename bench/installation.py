"""An installation on an engine of its own: gone when the measurement is over, unless it is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kenshin import release
from kenshin.catalog import Catalog
from kenshin.config import Config, Connection
from kenshin.engines import open_session
from servers import MariaDBServer, MySQLServer
from servers.innodb import InnoDBServer

ENGINES = ("mysql", "mariadb", "firebird-embedded")
_SERVERS: dict[str, type[InnoDBServer]] = {"mysql": MySQLServer, "mariadb": MariaDBServer}
_REDO = {"mysql": "innodb-redo-log-capacity", "mariadb": "innodb-log-file-size"}
# What docs/settings.md recommends, but for the size of the buffer pool.
_SETTINGS: dict[str, str | int] = {
    "innodb-flush-log-at-trx-commit": 1,
    "innodb-flush-method": "O_DIRECT",
    "innodb-log-buffer-size": "64M",
    "innodb-io-capacity": 2000,
    "innodb-adaptive-hash-index": "OFF",
    "innodb-open-files": 8000,
    "open-files-limit": 20000,
    "table-open-cache": 4000,
    "tmp-table-size": "256M",
    "max-heap-table-size": "256M",
}
_SHOWN = (
    "innodb_buffer_pool_size",
    "innodb_log_buffer_size",
    "innodb_io_capacity",
    "innodb_adaptive_hash_index",
    "tmp_table_size",
    "innodb_flush_log_at_trx_commit",
    "innodb_doublewrite",
    "innodb_flush_method",
    "innodb_redo_log_capacity",
    "innodb_log_file_size",
    "log_bin",
    "performance_schema",
)


@dataclass(frozen=True)
class Installation:
    """Where the rules of this release are, and what they run on."""

    config: Config
    catalog: Catalog
    version: str
    settings: dict[str, str] = field(default_factory=dict)


@contextmanager
def installed(engine: str, buffer_pool: str, keep: Path | None = None) -> Iterator[Installation]:
    """The release on an engine; commits are durable, the binary log is off.

    The engine is fresh, or the one that is in the folder to be kept.
    """
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    folder = (keep or Path(tempfile.mkdtemp(prefix="kenshin-bench-"))).resolve()
    server = None
    try:
        if engine == "firebird-embedded":
            config = _embedded(folder)
        else:
            options: dict[str, str | int] = {
                **_SETTINGS,
                _REDO[engine]: "2G",
            }
            server = _SERVERS[engine](
                buffer_pool=buffer_pool, options=options, folder=keep and folder / "server"
            ).start()
            config = _served(engine, server, folder)
        for path in (config.inbox, config.outbox):
            path.mkdir(exist_ok=True)
        release.apply(config)
        version, settings = _described(config)
        yield Installation(config, Catalog(config.dialect), version, settings)
    finally:
        if server is not None:
            if keep is not None:
                server.stop()
            server.close()
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def _embedded(folder: Path) -> Config:
    main = str(folder / "kenshin.fdb")
    places = {"mdm": main, "vps": main, "he": str(folder / "he.fdb")}
    return Config(
        "firebird-embedded",
        places,
        folder / "exchange",
        folder / "inbox",
        folder / "outbox",
        Connection(user="SYSDBA"),
    )


def _served(engine: str, server: InnoDBServer, folder: Path) -> Config:
    places = {database: database for database in ("mdm", "vps", "he")}
    boxes = folder / "inbox", folder / "outbox"
    return Config(engine, places, server.exchange, *boxes, Connection(**server.login))


def _described(config: Config) -> tuple[str, dict[str, str]]:
    with open_session(config) as session:
        if config.dialect == "firebird":
            rows = session.execute(
                "mdm",
                "SELECT RDB$GET_CONTEXT('SYSTEM', 'ENGINE_VERSION'), m.MON$PAGE_SIZE,"
                " m.MON$PAGE_BUFFERS, m.MON$FORCED_WRITES FROM MON$DATABASE m",
            )
            version, *values = rows[0]
            names = ("page_size", "page_buffers", "forced_writes")
            return str(version), {n: str(v) for n, v in zip(names, values, strict=True)}
        version = session.execute("mdm", "SELECT VERSION()")[0][0]
        shown = session.execute("mdm", "SHOW GLOBAL VARIABLES")
        return str(version), {str(n): str(v) for n, v in shown if n in _SHOWN}
