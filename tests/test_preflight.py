"""What preflight says of real servers: of fit ones, and of each thing that can be wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actors import as_account
from conftest import Installations
from kenshin import access, preflight, release
from kenshin.config import Config, Connection
from kenshin.engines import Session, open_session
from kenshin.engines.facts import opening
from kenshin.preflight import Finding, worst
from servers import SERVERS, FirebirdServer, MySQLServer, Server

CANARY = "canary-7531"
FAMILY = ("mysql", "mariadb")


def of(findings: list[Finding], what: str) -> list[Finding]:
    """The findings of one check, which must have been made."""
    found = [finding for finding in findings if finding.what == what]
    assert found, f"{what} was not looked at"
    return found


def state(findings: list[Finding], what: str) -> str:
    return worst(of(findings, what))


def bad(findings: list[Finding]) -> dict[str, str]:
    return {f"{f.what}: {f.found}": f.state for f in findings if f.state != "ok"}


def of_family(engine: str) -> None:
    if engine not in FAMILY:
        pytest.skip("MySQL and MariaDB only")


# --- Fit servers ----------------------------------------------------------------------


def test_a_fit_installation_has_nothing_to_say(config: Config, engine: str) -> None:
    findings = preflight.check(config)
    assert bad(findings) == {}
    looked_at = {"server", "privileges", "character set", "exchange setting", "durability"}
    looked_at |= {"transactions", "disk", "exchange directory"}
    if engine in FAMILY:
        looked_at |= {"sql_mode", "local_infile", "max_allowed_packet", "lock_wait_timeout"}
    else:
        looked_at |= {"connection pool"}
    if engine == "mysql":
        looked_at |= {"roles"}
    assert {finding.what for finding in findings} == looked_at
    assert list(config.exchange.glob("kenshin-probe*")) == []


def test_it_works_before_the_first_install_and_makes_nothing(
    engine: str, installations: Installations
) -> None:
    config = installations.new(engine, "preflight_none")
    findings = preflight.check(config)
    unknown = {"exchange setting", "connection pool", "exchange directory"}
    assert {f.what for f in findings if f.state != "ok"} == (
        unknown if engine == "firebird-server" else set()
    )
    expected = {"mysql": "9.7", "mariadb": "10.11", "firebird-server": "4.0"}
    assert expected.get(engine, "5.0") in of(findings, "server")[0].found
    with open_session(config) as session:
        assert preflight.facts_of(session).places == []


def test_every_bad_finding_says_what_to_do(engine: str, installations: Installations) -> None:
    config = installations.new(engine, "preflight_none")
    if engine != "firebird-embedded":  # that one makes its directory
        config = replace(config, exchange=Path("/nowhere"))
    findings = preflight.check(config)
    if engine != "firebird-embedded":
        assert state(findings, "exchange directory") == "warning"
    assert [f for f in findings if f.state != "ok" and not f.do] == []


# --- The server -----------------------------------------------------------------------


def test_a_server_that_is_not_there_is_one_error(config: Config, tmp_path: Path) -> None:
    if config.engine == "firebird-embedded":
        (tmp_path / "kenshin.fdb").write_bytes(b"no database")
        places = dict.fromkeys(config.places, str(tmp_path / "kenshin.fdb"))
        config = replace(config, places=places)
    else:
        config = replace(config, connection=replace(config.connection, port=1, socket=""))
    findings = preflight.check(config)
    assert [(f.what, f.state) for f in findings] == [("server", "error")]
    assert findings[0].found and findings[0].do


def test_a_wrong_password_is_one_error(config: Config, engine: str) -> None:
    if engine == "firebird-embedded":
        pytest.skip("the embedded engine asks for no password")
    findings = preflight.check(as_account(config, config.connection.user, CANARY))
    assert [(f.what, f.state) for f in findings] == [("server", "error")]
    assert CANARY not in str(findings)


def test_the_other_engine_is_an_error(config: Config, engine: str) -> None:
    of_family(engine)
    other = FAMILY[1 - FAMILY.index(engine)]
    (finding,) = preflight.check(replace(config, engine=other))
    assert finding.state == "error"
    assert f"set engine = '{engine}'" in finding.found


@pytest.mark.parametrize(
    ("dialect", "version", "expected"),
    [
        ("mysql", "8.0.36", "error"),
        ("mysql", "8.4.0", "ok"),
        ("mysql", "9.1.0", "warning"),
        ("mysql", "9.7.0", "ok"),
        ("mysql", "10.1.0", "ok"),
        ("mariadb", "10.6.18-MariaDB", "error"),
        ("mariadb", "10.11.6-MariaDB-1:10.11.6+maria~deb12", "ok"),
        ("mariadb", "11.4.2-MariaDB", "warning"),
        ("mariadb", "11.8.1-MariaDB", "ok"),
        ("firebird", "3.0.11", "error"),
        ("firebird", "4.0.7", "ok"),
        ("firebird", "5.0.4.1812", "ok"),
        ("firebird", "unheard of", "error"),
    ],
)
def test_versions(dialect: str, version: str, expected: str) -> None:
    config = SimpleNamespace(dialect=dialect, engine=dialect)
    facts: Any = SimpleNamespace(config=config, version=lambda: version)
    finding = preflight._server(facts)
    assert finding.state == expected
    assert bool(finding.do) == (expected != "ok")


# --- Privileges -----------------------------------------------------------------------


def test_an_account_without_rights_learns_which_it_lacks_and_can_then_install(
    engine: str, installations: Installations
) -> None:
    """The statements that preflight gives are all that installing takes."""
    of_family(engine)
    config = installations.new(engine, "preflight_poor")
    password = access.new_password()
    poor = as_account(config, "preflight_poor", password)
    with open_session(config) as owner:
        owner.execute("", f"CREATE USER 'preflight_poor'@'%' IDENTIFIED BY '{password}'")
        findings = preflight.check(poor)
        lacks = of(findings, "privileges")
        assert {finding.state for finding in lacks} == {"error"}
        wanted = {"mysql": "SET_ANY_DEFINER", "mariadb": "SET USER"}[engine]
        assert any("lacks" in f.found and wanted in f.found and "on *" in f.found for f in lacks)
        for place in config.places.values():
            assert any("CREATE ROUTINE" in f.found and f"on {place}" in f.found for f in lacks)
        # What it cannot see is no good news.
        for what, right in (("transactions", "PROCESS"), ("exchange directory", "FILE")):
            (finding,) = of(findings, what)
            assert (finding.state, finding.found) == ("warning", "unknown")
            assert f"GRANT {right} ON *.* TO 'preflight_poor'@'%'" in finding.do
        for finding in lacks:
            owner.execute("", finding.do)
        findings = preflight.check(poor)
        assert state(findings, "privileges") == state(findings, "exchange directory") == "ok"
        release.apply(poor)
        assert release.verify(poor) == release.verify(config) == []
        (finding,) = of(findings, "transactions")
        owner.execute("", finding.do.partition(": ")[2])
        assert bad(preflight.check(poor)) == {}
        owner.execute("", "DROP USER 'preflight_poor'@'%'")


def test_a_right_by_a_role_counts(engine: str, installations: Installations) -> None:
    of_family(engine)
    config = installations.new(engine, "preflight_role")
    password = access.new_password()
    with open_session(config) as owner:
        set_default = {
            "mysql": "SET DEFAULT ROLE preflight_dba TO 'preflight_role'@'%'",
            "mariadb": "SET DEFAULT ROLE preflight_dba FOR 'preflight_role'@'%'",
        }
        for statement in (
            f"CREATE USER 'preflight_role'@'%' IDENTIFIED BY '{password}'",
            "CREATE ROLE preflight_dba",
            "GRANT PROCESS ON *.* TO preflight_dba",
            "GRANT preflight_dba TO 'preflight_role'@'%'",
        ):
            owner.execute("", statement)
        mine = as_account(config, "preflight_role", password)
        assert state(preflight.check(mine), "transactions") == "warning"
        owner.execute("", set_default[engine])
        assert state(preflight.check(mine), "transactions") == "ok"
        owner.execute("", "DROP USER 'preflight_role'@'%'")
        owner.execute("", "DROP ROLE preflight_dba")


def test_firebird_wants_the_owner(config: Config, engine: str) -> None:
    if engine in FAMILY:
        pytest.skip("Firebird only")
    password = access.new_password()
    with open_session(config) as owner:
        if engine == "firebird-server":
            owner.execute("vps", f"CREATE USER preflight_poor PASSWORD '{password}'")
        findings = preflight.check(as_account(config, "PREFLIGHT_POOR", password))
        lacks = of(findings, "privileges")
        assert [f.state for f in lacks] == ["error"] * len(set(config.places.values()))
        assert all("owned by SYSDBA" in f.found for f in lacks)
        for what in ("transactions", "exchange directory"):
            assert [(f.state, f.found) for f in of(findings, what)] == [("warning", "unknown")]
        if engine == "firebird-server":
            owner.execute("vps", "DROP USER preflight_poor")


def test_an_embedded_file_needs_a_folder_to_write(
    installations: Installations, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = installations.new("firebird-embedded", "preflight_none")
    monkeypatch.setattr("os.access", lambda *_: False)
    findings = of(preflight.check(config), "privileges")
    assert {finding.state for finding in findings} == {"error"}


# --- Who is in the way ----------------------------------------------------------------


def until(answer: Callable[[], list[Finding]], nobody: bool = False) -> list[Finding]:
    """What is found once somebody is there, or nobody any more."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        found = answer()
        if (worst(found) == "ok") is nobody:
            return found
        time.sleep(0.2)  # InnoDB shows the same list to whoever asks within 0.1 s
    raise AssertionError("somebody was found" if nobody else "nobody was found")


def test_an_open_transaction_is_named(config: Config) -> None:
    def look() -> list[Finding]:
        return of(preflight.check(config, older=1), "transactions")

    until(look, nobody=True)
    with open_session(config) as other, other.transaction():
        query = f"SELECT c.NAME FROM MDM_CONFIG c WHERE c.NAME <> '{CANARY}'"
        other.execute("mdm", query)
        (finding,) = until(look)
        assert finding.state == "warning"
        number = {
            "firebird": "SELECT CURRENT_CONNECTION FROM RDB$DATABASE",
        }.get(config.dialect, "SELECT CONNECTION_ID()")
        ((mine,),) = other.execute("mdm", number)
        assert finding.found.startswith(f"{mine} {config.connection.user}")
        assert CANARY not in finding.found
        # One that has just begun is not in the way yet.
        assert state(preflight.check(config, older=3600), "transactions") == "ok"
    until(look, nobody=True)


def test_the_age_of_a_transaction_is_right_in_any_zone(config: Config, engine: str) -> None:
    """InnoDB keeps a transaction's begin in the zone of the system."""
    of_family(engine)
    with open_session(config) as root, open_session(config) as other, other.transaction():
        other.execute("mdm", "SELECT c.NAME FROM MDM_CONFIG c")
        try:
            for zone in ("+09:00", "-09:00", "SYSTEM"):
                root.execute("", f"SET GLOBAL time_zone = '{zone}'")
                found = until(lambda: of(preflight.check(config, older=0), "transactions"))
                assert worst(found) == "warning"
                assert state(preflight.check(config, older=3600), "transactions") == "ok"
        finally:
            root.execute("", "SET GLOBAL time_zone = 'SYSTEM'")


def test_a_running_call_is_named_without_its_literals(config: Config, engine: str) -> None:
    of_family(engine)

    def sleep() -> None:
        with open_session(config) as other:
            try:
                other.execute("mdm", f"SELECT SLEEP(600), '{CANARY}', 7531")
            except other.driver_error:
                pass  # it was ended

    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        (finding,) = until(lambda: of(preflight.check(config, older=1), "transactions"))
        assert "SELECT SLEEP(?), …" in finding.found
        assert "7531" not in finding.found.split(": ", 1)[1]
    finally:
        with open_session(config) as root:
            query = (
                "SELECT p.ID FROM information_schema.PROCESSLIST p WHERE p.INFO LIKE '%SLEEP(600)%'"
            )
            for (number,) in root.execute("", f"{query} AND p.ID <> CONNECTION_ID()"):
                root.execute("", f"KILL QUERY {number}")
        thread.join()


@pytest.mark.parametrize("engine", ["firebird-embedded", "firebird-server"])
def test_firebird_shows_a_statement_without_its_literals(
    engine: str, installations: Installations
) -> None:
    config = installations.config(engine)
    with open_session(config) as other, other.transaction():
        inside: Any = other
        cursor = inside._connection("mdm").cursor()
        # So many rows that a server has not sent all ahead.
        query = "SELECT c.NAME FROM MDM_CONFIG c, MDM_CONFIG d, MDM_CONFIG e, MDM_CONFIG f"
        cursor.execute(f"{query} WHERE c.NAME <> '{CANARY}'")
        cursor.fetchone()
        (finding,) = until(lambda: of(preflight.check(config, older=1), "transactions"))
        cursor.close()
    assert "SELECT c.NAME FROM MDM_CONFIG c" in finding.found
    assert CANARY not in finding.found


def test_where_locks_are_accounted_for_only_ours_count() -> None:
    with MySQLServer(options={"performance-schema": "ON"}) as server:
        config = config_of(server)
        with open_session(config) as owner, open_session(config) as other:
            owner.make_places()
            owner.execute("mdm", "CREATE TABLE T (C INTEGER)")
            owner.execute("", "CREATE DATABASE elsewhere")
            owner.execute("", "CREATE TABLE elsewhere.T (C INTEGER)")
            for table, expected in (("elsewhere.T", "ok"), ("T", "warning")):
                with other.transaction():
                    other.execute("mdm", f"SELECT * FROM {table}")
                    time.sleep(0.2)  # InnoDB gives a list that may be as old as 0.1 s
                    found = of(preflight.check(config, older=0), "transactions")
                    assert worst(found) == expected


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (None, "idle in its transaction"),
        ("UPDATE T SET A = 5, B = 0xDEAD", "UPDATE T SET A = ?, B = ?"),
        (f"ALTER USER x IDENTIFIED BY '{CANARY}'", "ALTER USER x IDENTIFIED BY …"),
        (f'SELECT "{CANARY}"', "SELECT …"),
        (f"/* {CANARY} */ SELECT\n 1 -- {CANARY}", "SELECT ?"),
        (f"SELECT 1.5 # {CANARY}", "SELECT ?"),
        ("SELECT " + "A" * 100, "SELECT " + "A" * 53 + " …"),
        (f"SELECT 'a\\'{CANARY}'", "SELECT …"),
        (f"/* {CANARY}", ""),
    ],
)
def test_a_statement_is_shown_without_literals(statement: str | None, shown: str) -> None:
    assert opening(statement) == shown


# --- Settings of MySQL and MariaDB ----------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "what", "expected"),
    [
        ("innodb_flush_log_at_trx_commit", 2, "durability", "warning"),
        ("local_infile", 0, "local_infile", "error"),
        ("max_allowed_packet", 1 << 20, "max_allowed_packet", "warning"),
        pytest.param("activate_all_roles_on_login", 1, "roles", "error", id="roles"),
    ],
)
def test_a_changed_setting_is_found(
    config: Config, engine: str, name: str, value: int, what: str, expected: str
) -> None:
    of_family(engine)
    if what == "roles" and engine != "mysql":
        pytest.skip("MySQL only")
    with open_session(config) as root:
        ((before,),) = root.execute("", f"SELECT @@GLOBAL.{name}")
        root.execute("", f"SET GLOBAL {name} = {value}")
        try:
            findings = preflight.check(config)
        finally:
            root.execute("", f"SET GLOBAL {name} = {before}")
    assert state(findings, what) == expected
    assert len(bad(findings)) == 1
    assert state(preflight.check(config), what) == "ok"


class Between:
    """Something between us and the server that changes what a session sets."""

    def __init__(self, session: Session, changed: dict[str, str]) -> None:
        self.execute_there, self.changed = session.execute, changed

    def __call__(self, database: str, statement: str, parameters: Any = ()) -> list[Any]:
        for begin, instead in self.changed.items():
            if statement.startswith(begin):
                statement = instead
        return self.execute_there(database, statement, parameters)


@pytest.mark.parametrize(
    ("what", "changed"),
    [
        ("sql_mode", {"SET SESSION sql_mode": "SET SESSION sql_mode = 'ANSI'"}),
        ("character set", {"SELECT CONCAT_WS": "SELECT 'latin1 latin1 latin1 latin1_swedish_ci'"}),
        ("lock_wait_timeout", {"SET SESSION lock_wait_timeout": "DO 0"}),
    ],
)
def test_what_is_set_must_come_back(
    config: Config, engine: str, what: str, changed: dict[str, str]
) -> None:
    of_family(engine)
    with open_session(config) as session:
        checks = preflight.facts_of(session).checks()
        assert worst(checks[what]()) == "ok"
        session.execute = Between(session, changed)  # type: ignore[method-assign]
        assert worst(checks[what]()) == "error"


def test_a_schema_with_another_character_set_is_an_error(
    engine: str, installations: Installations
) -> None:
    of_family(engine)
    config = installations.new(engine, "preflight_latin")
    place = config.places["mdm"]
    with open_session(config) as root:
        root.execute("", f"CREATE DATABASE {place} CHARACTER SET latin1")
        (finding,) = of(preflight.check(config), "character set")
        assert finding.state == "error" and "latin1" in finding.found
        root.execute("", finding.do)
        assert state(preflight.check(config), "character set") == "ok"
        root.execute("", f"DROP DATABASE {place}")


# --- Settings of Firebird -------------------------------------------------------------


@pytest.mark.parametrize("engine", ["firebird-embedded", "firebird-server"])
def test_files_without_forced_writes_are_found(engine: str, installations: Installations) -> None:
    config = installations.new(engine, "preflight_weak")
    weak = replace(config, connection=replace(config.connection, durable=False))
    assert state(preflight.check(weak), "durability") == "warning"
    with open_session(weak) as session:
        session.make_places()
    found = of(preflight.check(config), "durability")
    assert [finding.state for finding in found] == ["warning"] * 2
    assert "has no forced writes" in found[0].found


@pytest.mark.parametrize("engine", ["firebird-embedded", "firebird-server"])
def test_a_file_with_another_character_set_is_an_error(
    engine: str, installations: Installations
) -> None:
    config = installations.new(engine, "preflight_latin")
    place = config.places["he"]
    with open_session(config) as session:
        session.make_places()
        session.execute(place, "ALTER DATABASE SET DEFAULT CHARACTER SET WIN1252")
    (finding,) = of(preflight.check(config), "character set")
    assert finding.state == "error" and place in finding.found


# --- The exchange directory -----------------------------------------------------------


def config_of(server: Server) -> Config:
    """An installation that is not made yet, on a server of a test's own."""
    reach = Connection(server.host, server.port, "", server.user, server.password)
    engine = "firebird" if isinstance(server, FirebirdServer) else server.engine
    places = {database: database for database in ("mdm", "vps", "he")}
    if isinstance(server, FirebirdServer):
        places = dict.fromkeys(places, str(server.databases / "kenshin.fdb"))
    box = server.folder / "box"
    return Config(engine, places, server.exchange, box, box, reach)


@pytest.mark.parametrize(
    ("engine", "options", "expected"),
    [
        ("mysql", {"secure-file-priv": "NULL"}, "warning"),
        ("mysql", {"secure-file-priv": ""}, "error"),
        ("mariadb", {"secure-file-priv": ""}, "error"),
        ("firebird-server", {"ExternalFileAccess": "None"}, "warning"),
        ("firebird-server", {"ExternalFileAccess": "Full", "ExtConnPoolSize": 0}, "error"),
    ],
)
def test_a_wrong_setting_of_the_directory(
    engine: str, options: dict[str, str | int], expected: str
) -> None:
    with SERVERS[engine](options=options) as server:
        config = config_of(server)
        with open_session(config) as session:
            session.make_places()
        findings = preflight.check(config)
    assert state(findings, "exchange setting") == expected
    assert state(findings, "exchange directory") == "warning"
    if "ExtConnPoolSize" in options:
        assert state(findings, "connection pool") == "warning"


@pytest.fixture
def emptied(config: Config) -> Iterator[None]:
    """Firebird makes a file that it does not find."""
    yield
    (config.exchange / "kenshin-probe").unlink(missing_ok=True)


@pytest.mark.usefixtures("emptied")
def test_another_directory_than_the_servers_is_found(config: Config, tmp_path: Path) -> None:
    elsewhere = replace(config, exchange=tmp_path)
    if config.engine == "firebird-embedded":
        # The engine of this process has its root already, and keeps its settings.
        pytest.skip("an embedded engine has the directory that kenshin gives it")
    (finding,) = of(preflight.check(elsewhere), "exchange directory")
    assert finding.state == "warning"
    assert "does not see" in finding.found
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_write_there_is_found(
    config: Config, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_family(engine)
    from kenshin.engines.facts_mysql import MySQLFacts

    plain = MySQLFacts.writes
    monkeypatch.setattr(
        MySQLFacts, "writes", lambda facts, name, text: plain(facts, f"none/{name}", text)
    )
    (finding,) = of(preflight.check(config), "exchange directory")
    assert finding.state == "warning"
    assert "the server cannot write" in finding.found


# --- Disk -----------------------------------------------------------------------------


def test_scarce_disk_is_found(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "SCARCE", 1 << 62)
    found = of(preflight.check(config), "disk")
    assert {finding.state for finding in found} == {"warning"}
    sides = {finding.found.split(":")[0] for finding in found}
    assert sides == {"exchange", "data"}


def test_the_disk_of_a_server_elsewhere_is_unknown(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    if config.engine == "firebird-embedded":
        pytest.skip("the embedded engine is here")
    monkeypatch.setattr(preflight, "_HERE", ())
    there = replace(config, connection=replace(config.connection, socket=""))
    found = of(preflight.check(there), "disk")
    assert [finding.found for finding in found if finding.state == "warning"] == [
        "the server's free disk is unknown"
    ]


def test_the_worst_state_counts() -> None:
    def finding(state: str) -> Finding:
        return Finding("x", state, "")

    assert worst([]) == "ok"
    assert worst([finding("ok"), finding("error"), finding("warning")]) == "error"
    assert worst([finding("warning"), finding("ok")]) == "warning"
