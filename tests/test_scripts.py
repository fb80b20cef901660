"""The scripts that `db render` writes, run by the engines' own clients: the runner's result."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clients import Client
from conftest import Installations
from full import catalogue, filled, lost, rows, unlike
from kenshin import access, release, source
from kenshin.config import Config
from kenshin.engines import Session, open_session
from kenshin.render import plain

OLD = "0.1.0"
NEW = source.current().release


def old() -> release.Target:
    return release.Target(source.find(OLD), source.find(OLD))


class Scripts:
    """The rendered scripts of one installation."""

    def __init__(self, config: Config, client: Client, folder: Path) -> None:
        self.config = config
        self.client = client
        self.folder = folder
        release.render(config, folder)

    def run(self, way: str) -> None:
        if self.config.dialect != "firebird":
            said = self.client.run(self.folder / f"{way}.sql")
            assert not said, said
            return
        for place in dict.fromkeys(self.config.places.values()):
            for file in (place, f"{place}.scratch"):
                script = self.folder / f"{way}-{Path(file).name.replace('.fdb', '')}.sql"
                if script.exists():
                    said = self.client.run(script, file)
                    assert not said, said


def installed_before(config: Config) -> None:
    """The earlier release, with rows in every table."""
    release.apply(config, target=old())
    with open_session(config) as session:
        filled(session, release.steps(config, old()), f"{config.role_prefix.lower()}a")


@pytest.fixture(scope="module")
def by_runner(engine: str, installations: Installations) -> Config:
    """An installation that the runner makes, upgrades and takes back."""
    config = installations.new(engine, "byrunner")
    installed_before(config)
    release.apply(config)
    return config


@pytest.fixture(scope="module")
def scripts(
    engine: str, installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scripts]:
    if engine == "firebird-embedded":
        pytest.skip("isql is a program of the server")
    config = installations.new(engine, "byscript")
    client = Client(config, installations.server(engine))
    yield Scripts(config, client, tmp_path_factory.mktemp("scripts"))


def same(one: Config, other: Config) -> None:
    with open_session(one) as mine, open_session(other) as yours:
        assert unlike(without_comments(mine), without_comments(yours)) == {}
        for database in one.places:
            assert noted(mine, database) == noted(yours, database)


def without_comments(session: Session) -> dict[str, str]:
    """The clients of MySQL and MariaDB take comments out of what they send."""
    return {name: plain(str(text)) for name, text in catalogue(session).items()}


def noted(session: Session, database: str) -> list[tuple[object, ...]]:
    """What the installation says of itself, without when, by whom and what names schemas."""
    fields = 'r.OBJECT, r."RELEASE", r.KIND'
    order = "ORDER BY r.OBJECT"
    return session.execute(database, f"SELECT {fields} FROM SCHEMA_RELEASE r {order}")


def test_an_installation_by_hand(engine: str, installations: Installations, tmp_path: Path) -> None:
    if engine == "firebird-embedded":
        pytest.skip("isql is a program of the server")
    config = installations.new(engine, "byhand")
    if config.dialect == "firebird":
        with open_session(config) as session:
            session.make_places()
    hand = Scripts(config, Client(config, installations.server(engine)), tmp_path)
    hand.run("install")
    assert release.verify(config, probe=True) == []
    assert release.apply(config).done == 0
    hand.run("install")  # as one runs again what broke off
    assert release.verify(config) == []


def test_files_of_one_name_have_scripts_of_their_own(tmp_path: Path) -> None:
    places = {"mdm": "/srv/mdm/kenshin.fdb", "he": r"D:\he\Kenshin.fdb", "vps": "/srv/vps.fdb"}
    config = Config("firebird", places, tmp_path, tmp_path, tmp_path)
    names = {path.name: path.read_text() for path in release.render(config, tmp_path / "sql")}
    assert {name for name in names if name.startswith("install-")} == {
        "install-mdm-kenshin.sql",
        "install-mdm-kenshin.scratch.sql",
        "install-he-Kenshin.sql",
        "install-he-Kenshin.scratch.sql",
        "install-vps.sql",
        "install-vps.scratch.sql",
    }
    assert "SYNC_HE" in names["install-he-Kenshin.sql"]


def test_an_upgrade_by_hand_and_back_and_again(scripts: Scripts, by_runner: Config) -> None:
    config = scripts.config
    installed_before(config)
    with open_session(config) as session:
        before = rows(session)
    for _ in range(2):
        scripts.run(f"upgrade-{OLD}-{NEW}")
        assert release.verify(config, probe=True) == []
        same(config, by_runner)

    scripts.run(f"rollback-{NEW}-{OLD}")
    release.rollback(by_runner, OLD)
    assert release.verify(config, probe=True) == []
    assert release.verify(by_runner) == []
    same(config, by_runner)

    scripts.run(f"upgrade-{OLD}-{NEW}")
    release.apply(by_runner)
    assert release.verify(config) == []
    assert release.verify(by_runner) == []
    same(config, by_runner)
    with open_session(config) as session, open_session(by_runner) as clean:
        assert lost(config, before, rows(session), rows(clean)) == []


def test_a_script_brings_accounts_to_the_rights_of_their_role(
    engine: str, scripts: Scripts
) -> None:
    config = scripts.config
    if engine != "mysql":
        pytest.skip("accounts use their role")
    release.apply(config)
    place = config.places["mdm"]
    with open_session(config) as session:
        access.add_account(session, "settled", "BILLING", access.new_password())
        grantee = "'settled'@'%'"
        for right in (
            f'EXECUTE ON PROCEDURE "{place}".REGISTER_CONTROLLER',
            f'SELECT ON "{place}".CONTROLLER',
            f'INSERT ON "{place}".CONTROLLER_TYPE',
            f'UPDATE (MAC) ON "{place}".CONCENTRATOR',
        ):
            session.execute("mdm", f"GRANT {right} TO {grantee}")
        usage = f'"{config.places["vps"]}".EXPORT_USAGE'
        session.execute("vps", f"REVOKE EXECUTE ON PROCEDURE {usage} FROM {grantee}")
        assert len(release.verify(config)) == 5
        scripts.run(f"upgrade-{OLD}-{NEW}")
        assert release.verify(config) == []
        access.drop_account(session, "settled")
