"""Recommended settings: a bad server is told what to do, a good one nothing, people the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import Installations
from kenshin import doctor_settings, preflight
from kenshin.config import Config, Connection
from kenshin.engines import Session, open_session
from kenshin.engines.facts import Facts, Finding, attempt, facts_of
from kenshin.recommended import FIREBIRD, INNODB, MANY, SETTINGS, Live, Setting, shown, size
from servers import SERVERS, Server

MIB = 1 << 20
DOCS = Path(__file__).resolve().parents[1] / "docs" / "settings.md"

BAD: dict[str, dict[str, str | int]] = {
    "mysql": {"innodb-redo-log-capacity": "64M"},
    "mariadb": {"innodb-log-file-size": "64M"},
    "innodb": {
        "innodb-buffer-pool-size": "8M",
        "innodb-log-buffer-size": "8M",
        "innodb-flush-log-at-trx-commit": 2,
        "innodb-doublewrite": "OFF",
        "innodb-flush-method": "fsync",
        "innodb-io-capacity": 200,
        "innodb-adaptive-hash-index": "ON",
        "innodb-file-per-table": "OFF",
        "innodb-open-files": 50,
        "table-open-cache": 40,
        "tmp-table-size": "16M",
        "max-heap-table-size": "16M",
        "binlog-expire-logs-seconds": 0,
        "sync-binlog": 0,
        "max-allowed-packet": "16M",
        "local-infile": 0,
    },
    "firebird-server": {
        "DefaultDbCachePages": 512,
        "TempCacheLimit": 8 * MIB,
        "ServerMode": "SuperClassic",
        "ExtConnPoolSize": 0,
    },
}
GOOD: dict[str, dict[str, str | int]] = {
    "mysql": {"innodb-redo-log-capacity": "512M"},
    "mariadb": {"innodb-log-file-size": "512M"},
    "innodb": {
        "innodb-buffer-pool-size": "64M",
        "innodb-log-buffer-size": "64M",
        "innodb-io-capacity": 2000,
        "innodb-open-files": 4000,
        "table-open-cache": 2000,
        "tmp-table-size": "256M",
        "max-heap-table-size": "256M",
        "binlog-expire-logs-seconds": 259200,
        "sync-binlog": 1,
    },
    "firebird-server": {
        "DefaultDbCachePages": 32768,
        "TempCacheLimit": 256 * MIB,
        "ExtConnPoolSize": 8,
    },
}


def findings(facts: Facts) -> list[Finding]:
    return [*doctor_settings.check(facts), *doctor_settings.check_size(facts)]


def judged(engine: str) -> list[Setting]:
    return [s for s in SETTINGS if s.wrong is not None and engine in s.engines]


def about(found: list[Finding], setting: Setting) -> list[Finding]:
    return [finding for finding in found if finding.do.startswith(setting.do)]


# --- Servers --------------------------------------------------------------------------


Reach = Callable[[dict[str, dict[str, str | int]]], Config]


@pytest.fixture
def reach(engine: str, tmp_path: Path) -> Iterator[Reach]:
    """A server of its own with some settings, on which nothing of an installation is but tables."""
    servers: list[Server] = []

    def start(options: dict[str, dict[str, str | int]]) -> Config:
        mine = {**(options["innodb"] if engine in INNODB else {}), **options[engine]}
        log = {"binlog": True} if engine in INNODB else {}
        server = SERVERS[engine](options=mine, **log).start()
        servers.append(server)
        config = config_of(engine, server, tmp_path)
        with open_session(config) as session:
            make_tables(session)
        return config

    yield start
    for server in servers:
        server.close()


def config_of(engine: str, server: Server, folder: Path) -> Config:
    boxes = folder / "inbox", folder / "outbox"
    login = Connection(
        host=server.host, port=server.port, user=server.user, password=server.password
    )
    if engine == "firebird-server":
        file = str(server.folder / "databases" / "small.fdb")
        places = dict.fromkeys(("mdm", "vps", "he"), file)
        return Config("firebird", places, server.exchange, *boxes, login)
    places = {database: database for database in ("mdm", "vps", "he")}
    return Config(engine, places, server.exchange, *boxes, login)


def make_tables(session: Session) -> None:
    """What the doctor asks about; the histories have 24 MB."""
    session.make_places()
    session.execute("mdm", "CREATE TABLE LOGICAL_DEVICE (TABLE_KEY INTEGER)")
    if session.config.dialect == "firebird":
        return
    for table in ("USAGE_HISTORY", "QUOTE_HISTORY"):
        session.execute("vps", f"CREATE TABLE {table} (X LONGBLOB)")
    for _ in range(24):
        session.execute("vps", f"INSERT INTO USAGE_HISTORY VALUES (REPEAT('x', {MIB}))")
    session.execute("vps", "ANALYZE TABLE USAGE_HISTORY")


def of_a_server(engine: str) -> None:
    if engine == "firebird-embedded":
        pytest.skip("kenshin sets the embedded engine itself")


def test_a_bad_server_is_told_what_to_do(
    engine: str, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_a_server(engine)
    monkeypatch.setattr(doctor_settings, "MANY", 0)
    config = reach(BAD)
    with open_session(config) as session:
        facts = facts_of(session)
        found = findings(facts)
        seen = preflight.check(config)
    silent = [s.name for s in judged(config.engine) if not about(found, s)]
    assert silent == (["page size"] if engine == "firebird-server" else [])  # that is a file's
    if engine in INNODB:
        warned = {f.what for f in seen if f.state != "ok"}
        assert {"durability", "max_allowed_packet", "local_infile"} <= warned


def test_a_good_server_is_told_nothing(
    engine: str, reach: Reach, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_a_server(engine)
    monkeypatch.setattr(doctor_settings, "MANY", 0)
    with open_session(reach(GOOD)) as session:
        found = findings(facts_of(session))
    assert [finding for finding in found if finding.state != "ok"] == []
    assert [finding.what for finding in found] == ["settings", "settings for its size"]


def test_a_small_station_is_told_nothing_of_size(config: Config) -> None:
    with open_session(config) as session:
        assert list(doctor_settings.check_size(facts_of(session))) == []
        assert [f.state for f in doctor_settings.check(facts_of(session))] == ["ok"]


def test_a_file_with_small_pages_is_found(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    if engine in INNODB:
        pytest.skip("Firebird only")
    from firebird.driver import create_database, driver_config

    config = installations.new(engine, "pages")
    with open_session(config) as session:
        session.make_places()
        (before,) = doctor_settings.check(facts_of(session))
        assert before.state == "ok"
    small = f"{config.places['he']}.small"
    server = config.connection
    dsn = small if engine == "firebird-embedded" else f"{server.host}/{server.port}:{small}"
    login = {"user": server.user or "SYSDBA", "password": server.password or None}
    # The next session sets it again to what files of kenshin have.
    driver_config.db_defaults.page_size.value = 8192
    with closing(create_database(dsn, charset="UTF8", **login)):
        pass
    config = replace(config, places={**config.places, "he": small})
    with open_session(config) as session:
        (finding,) = doctor_settings.check(facts_of(session))
    assert (finding.state, finding.found) == ("warning", "page size = 8 KiB")
    assert "gbak" in finding.do


def test_what_an_account_may_not_see_is_unknown(
    engine: str, installations: Installations, config: Config
) -> None:
    if engine not in INNODB:
        pytest.skip("Firebird's accounts are tried with the whole doctor")
    with open_session(config) as session:
        session.execute("", "CREATE USER small IDENTIFIED BY 'canary-1'")
        try:
            login = replace(config.connection, user="small", password="canary-1")
            with open_session(replace(config, connection=login)) as small:
                facts = facts_of(small)
                (finding,) = attempt(small, "settings", lambda: doctor_settings.check(facts))
        finally:
            session.execute("", "DROP USER small")
    assert (finding.state, finding.found) == ("warning", "unknown")


# --- Each setting ---------------------------------------------------------------------


def wrongs(engine: str, **values: str) -> str:
    live = Live(engine, values, hot=100 * MIB, files=1900, memory=1 << 34)
    return "; ".join(filter(None, (s.judge(live) for s in judged(engine))))


@pytest.mark.parametrize(
    ("engine", "values", "found"),
    [
        ("mysql", {"innodb_buffer_pool_size": str(100 * MIB)}, ""),
        ("mysql", {"innodb_buffer_pool_size": str(99 * MIB)}, "99 MiB, but the newest days of the"),
        ("mysql", {"innodb_buffer_pool_size": str(15 << 30)}, "15 GiB of the machine's 16 GiB"),
        ("mysql", {"innodb_open_files": "2199"}, "2199, but the histories have 1900 partitions"),
        ("mysql", {"innodb_open_files": "2200", "open_files_limit": "2200"}, ""),
        ("mariadb", {"open_files_limit": "1024"}, "open_files_limit = 1024"),
        ("mariadb", {"log_bin": "ON", "expire_logs_days": "0.000000"}, "never removed"),
        ("mariadb", {"log_bin": "ON", "expire_logs_days": "10.000000"}, ""),
        ("mariadb", {"log_bin": "OFF", "binlog_expire_logs_seconds": "0"}, ""),
        ("mariadb", {"innodb_log_file_size": str(100 * MIB)}, "innodb_log_file_size = 100 MiB"),
        ("mysql", {"innodb_log_file_size": str(100 * MIB)}, ""),
        ("mysql", {"innodb_io_capacity": "200"}, "innodb_io_capacity = 200"),
        ("mysql", {"innodb_flush_method": "O_DIRECT_NO_FSYNC"}, ""),
        ("mysql", {"innodb_flush_method": "fsync"}, "innodb_flush_method = fsync"),
        ("firebird", {"page buffers": "16384", "page size": "16384"}, ""),
        ("firebird", {"page buffers": "2048", "page size": "16384"}, "32 MiB in all"),
        ("firebird-embedded", {"page buffers": "2048", "page size": "16384"}, ""),
        ("firebird", {"ServerMode": "Classic"}, "ServerMode = Classic"),
        ("firebird-embedded", {"ServerMode": "Classic"}, ""),
    ],
)
def test_how_settings_are_judged(engine: str, values: dict[str, str], found: str) -> None:
    values = {"page buffers": "32768", "page size": "16384", **values}
    values = {"innodb_buffer_pool_size": "1G", **values}
    said = wrongs(engine, **values)
    assert found in said and bool(found) == bool(said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("4096", 4096), ("512M", 512 * MIB), ("0.5g", 1 << 29), ("2 KB", 2048), ("-1", -1)],
)
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "many", "1T", "4 096"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError):
        size(text)


def test_sizes_for_people() -> None:
    assert [shown(n) for n in (17, 2048, 3 * MIB // 2, 4 << 30)] == [
        "17 bytes",
        "2 KiB",
        "1.5 MiB",
        "4 GiB",
    ]


def test_the_data_are_whole(config: Config) -> None:
    with open_session(config) as session:
        checks = set(facts_of(session).checks())
    for setting in SETTINGS:
        assert setting.recommended and setting.why.endswith(".") and setting.do
        assert not (setting.wrong and setting.seen_by)
        assert bool(setting.best) == bool(setting.others)
        if config.engine in setting.engines and setting.seen_by:
            assert setting.seen_by in checks
    names = [(setting.name, engine) for setting in SETTINGS for engine in setting.engines]
    assert len(names) == len(set(names))


# --- The tables for people ------------------------------------------------------------


def table_of(text: str, heading: str) -> list[list[str]]:
    part = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows][2:]


@pytest.mark.parametrize(
    ("heading", "engines"), [("MySQL and MariaDB", INNODB), ("Firebird", FIREBIRD)]
)
def test_the_document_says_what_the_doctor_does(heading: str, engines: tuple[str, ...]) -> None:
    text = DOCS.read_text(encoding="utf-8")
    rows = table_of(text, heading)
    expected = [
        [f"`{setting.name}`", setting.recommended, setting.why, setting.judged]
        for setting in SETTINGS
        if set(engines) & set(setting.engines)
    ]
    assert [row[:4] for row in rows] == expected
    assert all(len(row) == 5 and row[4] for row in rows)
    assert f"{MANY:,} logical devices" in re.sub(r"\s+", " ", text)
