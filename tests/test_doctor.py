"""What the doctor says of healthy installations, and of each fault that they can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from actors import Actors, write_config
from conftest import Installations
from kenshin import __version__, access, doctor, preflight, release
from kenshin.cli import kenshin
from kenshin.config import Config
from kenshin.engines import Session, open_session
from kenshin.engines.facts import Facts, Finding, facts_of
from kenshin.preflight import worst
from kenshin.secret import ENVIRONMENT, new_key_line

MINE = (
    "release",
    "drift",
    "clock",
    "time zone",
    "late logs",
    "alerts",
    "errors of rules",
    "settings",
    "keys",
)


@pytest.fixture(scope="module")
def installed(engine: str, installations: Installations) -> Config:
    """An installation of this module's own, in which things go wrong."""
    config = installations.new(engine, "doctor")
    release.apply(config)
    return config


@pytest.fixture
def keyed(installed: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    file = tmp_path / "kek"
    file.touch(mode=0o600)
    file.write_text(new_key_line("k1"))
    return replace(installed, kek_file=file)


@pytest.fixture
def facts(session: Session) -> Facts:
    """A server's facts in a transaction that is taken back."""
    return facts_of(session)


def one(findings: list[Finding], what: str) -> Finding:
    (finding,) = [finding for finding in findings if finding.what == what]
    return finding


def states(findings: list[Finding], what: str) -> list[str]:
    return [finding.state for finding in findings if finding.what == what]


# --- A whole look ---------------------------------------------------------------------


def without_zones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine of a test may be anywhere; zones have tests of their own."""
    fine = Finding("time zone", "ok", "")
    monkeypatch.setattr(doctor, "zones", lambda _: [fine])


def test_a_healthy_installation_is_said_to_be_one(
    keyed: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_zones(monkeypatch)
    findings = doctor.check(keyed)
    assert [finding for finding in findings if finding.state != "ok"] == []
    seen = [finding.what for finding in findings]
    assert set(MINE) < set(seen)
    assert {finding.what for finding in preflight.check(keyed)} < set(seen)


def test_before_the_first_install_it_says_what_is_not_there(
    engine: str, installations: Installations
) -> None:
    config = installations.new(engine, "doctor_none")
    finding = one(doctor.check(config), "release")
    assert (finding.state, finding.do) == ("error", "kenshin db apply")
    assert config.places["he"] in finding.found


def test_empty_databases_are_no_installation(engine: str, installations: Installations) -> None:
    config = installations.new(engine, "doctor_empty")
    with open_session(config) as session:
        session.make_places()
    findings = doctor.check(config)
    assert worst(findings) != "ok"
    for what in ("release", "late logs", "alerts", "errors of rules"):
        assert "ok" not in states(findings, what)


def test_a_server_that_is_not_there_leaves_the_keys(keyed: Config, engine: str) -> None:
    if engine == "firebird-embedded":
        pytest.skip("the embedded engine is always there")
    gone = replace(keyed, connection=replace(keyed.connection, port=1, socket=""))
    found = [(finding.what, finding.state) for finding in doctor.check(gone)]
    assert found == [("server", "error"), ("keys", "ok")]


def test_an_account_with_few_rights_is_told_which_it_lacks(keyed: Config, engine: str) -> None:
    """The account of cron: it sees its views, and whatever it does not see is no good news."""
    actors = Actors(keyed, "d_")
    try:
        shim = replace(actors.sessions["SHIM"].config, kek_file=keyed.kek_file)
        findings = doctor.check(shim)
    finally:
        actors.close()
        with open_session(keyed) as owner:
            for account in access.accounts(owner):
                access.drop_account(owner, account.name)
    for what in ("late logs", "alerts", "clock", "keys", "server"):
        assert states(findings, what) == ["ok"]
    for what, lacks in (
        ("release", "SCHEMA_"),
        ("errors of rules", "RULE_ERROR"),
        ("time zone", "MDM_CONFIG"),
    ):
        finding = one(findings, what)
        assert finding.state == "warning" and finding.do
        assert lacks in finding.found.upper() and "SELECT" in finding.found
    assert states(findings, "drift") == ["warning"]
    assert "missing" not in one(findings, "drift").found
    # It is not there to install releases.
    assert set(states(findings, "privileges")) == {"warning"}


# --- The release ----------------------------------------------------------------------


def test_another_release_is_a_difference(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [f.state for f in doctor.installed(facts)] == ["ok"]
    monkeypatch.setattr(doctor, "__version__", "99.0.0")
    (finding,) = doctor.installed(facts)
    assert finding.state == "warning"
    assert __version__ in finding.found and "99.0.0" in finding.found


def test_a_run_that_broke_off_is_an_error(installed: Config) -> None:
    with open_session(installed) as session:
        change = "UPDATE SCHEMA_HISTORY SET STATE = '{}' WHERE STATE = '{}'"
        session.execute("mdm", change.format("RUNNING", "DONE"))
        try:
            findings = doctor.check(installed)
        finally:
            session.execute("mdm", change.format("DONE", "RUNNING"))
    assert states(findings, "release")[0] == "error"
    assert "kenshin db resume" in findings[[f.what for f in findings].index("release")].do


def test_drift_is_found_and_named(installed: Config) -> None:
    with open_session(installed) as session:
        session.execute("mdm", "DROP VIEW LATE_LOG")
        try:
            findings = doctor.check(installed)
        finally:
            release.apply(installed)
    drift = one(findings, "drift")
    assert drift.state == "warning" and "LATE_LOG" in drift.found
    assert "kenshin db apply" in drift.do
    # What could not be looked at any more is no good news either.
    assert states(findings, "late logs") == ["warning"]
    assert states(doctor.check(installed), "drift") == ["ok"]


# --- Clocks ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "state", "word"),
    [(0, "ok", ""), (20, "warning", "behind"), (-20, "warning", "ahead"), (300, "error", "behind")],
)
def test_clocks_that_differ(facts: Facts, seconds: int, state: str, word: str) -> None:
    (finding,) = doctor.clock(facts, lambda: datetime.now(UTC) + timedelta(seconds=seconds))
    assert finding.state == state
    assert word in finding.found
    assert bool(finding.do) == (state != "ok")


def test_the_servers_own_clock_is_asked(facts: Facts) -> None:
    if facts.config.dialect == "firebird":
        pytest.skip("Firebird's clock is the machine's")
    facts.session.execute("", "SET SESSION timestamp = UNIX_TIMESTAMP() - 3600")
    try:
        (finding,) = doctor.clock(facts)
    finally:
        facts.session.execute("", "SET SESSION timestamp = DEFAULT")
    assert finding.state == "error"
    assert "behind" in finding.found


def set_zone(session: Session, zone: str) -> None:
    statement = {
        "firebird": f"SET TIME ZONE '{zone}'",
    }.get(session.config.dialect, f"SET SESSION time_zone = '{zone}'")
    session.execute("mdm", statement)


@pytest.fixture
def zoned(config: Config) -> Iterator[Facts]:
    """A connection of its own, which no other test's zone is."""
    with open_session(config) as session:
        yield facts_of(session)


def tokyo(at: datetime) -> datetime:
    return at + timedelta(hours=9)


def test_both_sides_go_by_the_standard_time_of_the_station(zoned: Facts) -> None:
    set_zone(zoned.session, "+09:00")
    findings = list(doctor.zones(zoned, tokyo))
    assert [finding.state for finding in findings] == ["ok", "ok"]
    assert "UTC+09:00, as the standard time of Asia/Tokyo" in findings[0].found


def test_the_zone_of_the_database_is_found_wrong(zoned: Facts) -> None:
    set_zone(zoned.session, "-03:30")
    database, machine = doctor.zones(zoned, tokyo)
    assert (database.state, machine.state) == ("error", "ok")
    assert "UTC-03:30" in database.found and "UTC+09:00" in database.found


def test_the_zone_of_this_machine_is_found_wrong(zoned: Facts) -> None:
    set_zone(zoned.session, "+09:00")
    database, machine = doctor.zones(zoned, lambda at: at)
    assert (database.state, machine.state) == ("ok", "error")


@pytest.mark.parametrize("summer_is_now", [False, True])
def test_daylight_saving_is_an_error_all_year(zoned: Facts, summer_is_now: bool) -> None:
    """Standard time now is not enough, nor is the summer time of the station."""
    set_zone(zoned.session, "+09:00")
    now = datetime.now(UTC).replace(tzinfo=None)

    def local(at: datetime) -> datetime:
        is_now = abs(at - now) < timedelta(minutes=5)
        return tokyo(at) + timedelta(hours=1 if is_now == summer_is_now else 0)

    _, machine = doctor.zones(zoned, local)
    assert machine.state == "error"


def test_firebird_knows_daylight_saving(zoned: Facts) -> None:
    if zoned.config.dialect != "firebird":
        pytest.skip("the test servers have no table of zones")
    with zoned.session.transaction():
        zoned.session.execute(
            "mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = 'Europe/Berlin' WHERE NAME = 'STATION_ZONE'"
        )
        set_zone(zoned.session, "Europe/Berlin")
        found = [finding.state for finding in doctor.zones(zoned)]
        set_zone(zoned.session, "+01:00")
        standard = [finding.state for finding in doctor.zones(zoned)]
        zoned.session.rollback()
    assert (found[0], standard[0]) == ("error", "ok")


def test_a_zone_that_is_none_is_found(facts: Facts) -> None:
    facts.session.execute(
        "mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = 'Nowhere' WHERE NAME = 'STATION_ZONE'"
    )
    (finding,) = doctor.zones(facts)
    assert finding.state == "warning" and "'Nowhere'" in finding.found


# --- How it does ----------------------------------------------------------------------


def log(session: Session, heid: int, at: datetime, state: str, name: str) -> None:
    session.execute(
        "mdm",
        "INSERT INTO COLLECTION_LOG (HEID, SNAPSHOT_TIME, CLASS, FILE_NAME, STATE)"
        " VALUES (?, ?, 'ONTIME', ?, ?)",
        [heid, at.replace(microsecond=0), name, state],
    )


def now_of(facts: Facts) -> datetime:
    return facts.local(facts.utc().replace(microsecond=0))


@pytest.mark.parametrize(("hours", "expected"), [(2, ["warning"]), (30, ["ok"])])
def test_missing_logs_of_the_last_day(facts: Facts, hours: int, expected: list[str]) -> None:
    facts.session.execute("mdm", "UPDATE HECONF SET ENABLED = 0")
    log(facts.session, 1, now_of(facts) - timedelta(hours=hours), "MISSING", "")
    findings = list(doctor.late_logs(facts))
    assert [finding.state for finding in findings] == expected
    assert ("1 MISSING" in findings[0].found) == (expected != ["ok"])


@pytest.mark.parametrize("hours", [2, 72])
def test_an_overdue_log_is_found_however_old(facts: Facts, hours: int) -> None:
    assert [finding.state for finding in doctor.late_logs(facts)] == ["ok"]
    log(facts.session, 1, now_of(facts) - timedelta(hours=hours), "DONE", "HE1.csv")
    (finding,) = doctor.late_logs(facts)
    assert finding.state == "warning" and "1 OVERDUE" in finding.found


def test_open_alerts_are_counted_by_their_code(facts: Facts) -> None:
    assert [finding.state for finding in doctor.alerts(facts)] == ["ok"]
    for code, cleared in (("A", None), ("A", None), ("B", None), ("C", now_of(facts))):
        facts.session.execute(
            "mdm",
            "INSERT INTO MDM_ALERT_HISTORY (GENERATED_TIME, SEVERITY, ALERT_CODE, CLEARED_AT)"
            " VALUES (?, 4, ?, ?)",
            [now_of(facts), code, cleared],
        )
    (finding,) = doctor.alerts(facts)
    assert (finding.state, finding.found) == ("warning", "3 open: 2 A, 1 B")


@pytest.mark.parametrize("database", ["mdm", "vps", "he"])
def test_errors_of_rules_in_the_last_day(facts: Facts, database: str) -> None:
    assert [finding.state for finding in doctor.rule_errors(facts)] == ["ok"]
    for hours, routine in ((30, "OLD_ONE"), (1, "NEW_ONE")):
        facts.session.execute(
            database,
            "INSERT INTO RULE_ERROR (OCCURRED_AT, ROUTINE, MESSAGE) VALUES (?, ?, 'canary')",
            [now_of(facts) - timedelta(hours=hours), routine],
        )
    (finding,) = doctor.rule_errors(facts)
    assert finding.state == "warning"
    assert "1 of NEW_ONE" in finding.found
    assert "OLD_ONE" not in finding.found and "canary" not in finding.found


# --- Keys -----------------------------------------------------------------------------


def test_keys(keyed: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert keyed.kek_file is not None

    def found(config: Config) -> Finding:
        (finding,) = doctor._keys(config)
        return finding

    assert (found(keyed).state, "k1 is active" in found(keyed).found) == ("ok", True)
    assert found(replace(keyed, kek_file=None)).state == "warning"
    keyed.kek_file.chmod(0o644)
    assert found(keyed).state == "error" and "others may read it" in found(keyed).found
    keyed.kek_file.unlink()
    assert found(keyed).state == "error"
    monkeypatch.setenv(ENVIRONMENT, new_key_line("k2"))
    assert (found(keyed).state, "k2 is active" in found(keyed).found) == ("ok", True)


# --- The verb -------------------------------------------------------------------------


def written(config: Config, folder: Path) -> Path:
    """The installation as a person would have it."""
    path = write_config(config, folder)
    with path.open("a") as file:
        file.write(f'[secrets]\nkek_file = "{config.kek_file}"\n')
    return path


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(kenshin, ["--config", str(path), "doctor", *words])


def test_the_exit_status_says_how_bad_it_is(
    keyed: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_zones(monkeypatch)
    path = written(keyed, tmp_path)
    healthy = run(path)
    assert healthy.exit_code == 0, healthy.output
    assert "release" in healthy.output and "warning" not in healthy.output
    assert keyed.kek_file is not None
    keyed.kek_file.unlink()
    bad = run(path)
    assert bad.exit_code == 2
    assert "error" in bad.output and "keys" in bad.output


def test_json_holds_every_finding(
    keyed: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_zones(monkeypatch)
    monkeypatch.setattr(preflight, "SCARCE", 1 << 62)
    result = run(written(keyed, tmp_path), "--json")
    said = json.loads(result.output)
    assert (result.exit_code, said["state"]) == (1, "warning")
    assert {"what", "state", "found", "do"} == set(said["findings"][0])
    assert set(MINE) < {finding["what"] for finding in said["findings"]}
    assert {f["what"] for f in said["findings"] if f["state"] != "ok"} == {"disk"}


def test_a_bad_configuration_is_an_error_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "kenshin.toml"
    path.write_text('engine = "oracle"')
    said = run(path, "--json")
    assert said.exit_code == 2
    (finding,) = json.loads(said.output)["findings"]
    assert (finding["what"], finding["state"]) == ("configuration", "error")
    assert "oracle" in finding["found"]
