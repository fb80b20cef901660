"""kenshin.toml: what may stand in it, and what an unusable one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from kenshin.config import Config, ConfigError, from_entries, load


@pytest.fixture(autouse=True)
def no_secret_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KENSHIN_PASSWORD", raising=False)


def written(folder: Path, text: str) -> Config:
    path = folder / "kenshin.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_an_empty_file_is_an_embedded_installation_beside_it(tmp_path: Path) -> None:
    config = written(tmp_path, "")
    assert (config.engine, config.dialect) == ("firebird-embedded", "firebird")
    assert config.places["mdm"] == config.places["vps"] == str(tmp_path / "kenshin.fdb")
    assert config.places["he"] == str(tmp_path / "kenshin-he.fdb")
    folders = (config.exchange, config.inbox, config.outbox)
    assert folders == tuple(tmp_path / name for name in ("exchange", "inbox", "outbox"))


@pytest.mark.parametrize(
    ("engine", "dialect", "places"),
    [
        ("mysql", "mysql", {"mdm": "mdm", "vps": "vps", "he": "he"}),
        ("mariadb", "mariadb", {"mdm": "mdm", "vps": "vps", "he": "he"}),
        (
            "firebird",
            "firebird",
            {
                "mdm": "/srv/kenshin/kenshin.fdb",
                "vps": "/srv/kenshin/kenshin.fdb",
                "he": "/srv/kenshin/kenshin-he.fdb",
            },
        ),
    ],
)
def test_each_engine_has_its_dialect_and_places(
    tmp_path: Path, engine: str, dialect: str, places: dict[str, str]
) -> None:
    config = written(tmp_path, f'engine = "{engine}"')
    assert (config.dialect, config.places) == (dialect, places)


def test_a_given_place_replaces_the_usual_one(tmp_path: Path) -> None:
    config = written(tmp_path, 'engine = "mysql"\n[places]\nhe = "mdm"')
    assert config.places == {"mdm": "mdm", "vps": "vps", "he": "mdm"}


def test_databases_may_share_a_place(tmp_path: Path) -> None:
    text = 'engine = "mysql"\n[places]\nmdm = "one"\nvps = "one"\nhe = "one"'
    assert set(written(tmp_path, text).places.values()) == {"one"}
    places = written(tmp_path, '[places]\nvps = "vps.fdb"\nhe = "kenshin.fdb"').places
    assert places["mdm"] == places["he"] != places["vps"]


def test_a_windows_server_has_paths_of_its_own(tmp_path: Path) -> None:
    text = "engine = 'firebird'\n[places]\nhe = 'C:\\data\\he.fdb'"
    assert written(tmp_path, text).places["he"] == r"C:\data\he.fdb"


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    config = written(tmp_path, '[files]\nexchange = "a/b"\ninbox = "/srv/in"\n')
    assert (config.exchange, config.inbox) == (tmp_path / "a/b", Path("/srv/in"))


def test_the_connection(tmp_path: Path) -> None:
    text = 'engine = "mysql"\n[connection]\nhost = "db"\nport = 3307\nuser = "kenshin"'
    given = written(tmp_path, text).connection
    assert (given.host, given.port, given.user, given.socket) == ("db", 3307, "kenshin", "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('engine = "oracle"', "engine = 'oracle': must be one of firebird-embedded"),
        ("files = 1", r"\[files\] must be a table"),
        ('[places]\nxyz = "x"', r"\[places\] xyz: there are only mdm, vps and he"),
        ('engine = "firebird"\n[places]\nhe = "alias"', r"\[places\] he = 'alias': .*whole path"),
        ('engine = "firebird"\n[places]\nmdm = "a/b.fdb"', r"mdm = 'a/b.fdb': .*whole path"),
        ('engine = "mysql"\n[places]\nmdm = "site-mdm"', "mdm = 'site-mdm': a letter, then"),
        ('engine = "mariadb"\n[places]\nhe = "1he"', "he = '1he': a letter, then"),
        (f'engine = "mysql"\n[places]\nvps = "{"v" * 65}"', "at most 64"),
        ('engine = "mysql"\n[places]\nhe = ""', "he = '': a letter, then"),
        ('engine = "mysql"\n[places]\nhe = "he\\n"', r"he = 'he\\n': a letter, then"),
        ('engine = "mysql"\n[places]\nhe = "vps"', "cannot share the place of vps without mdm"),
        ('[places]\nmdm = "other.fdb"\nhe = "kenshin.fdb"', "the place of vps without mdm"),
        ('[places]\nhe = "./kenshin.fdb"', "on Firebird HE-DB and VPS-DB cannot be in one file"),
        ('[places]\nhe = "it\'s.fdb"', r"\[places\] he = .*it's.fdb.*: no quote"),
        ('[places]\nmdm = "a\\u0000.fdb"', "no control character"),
        ('engine = "firebird"\n[places]\nmdm = "/srv/it\'s.fdb"', "mdm = .*it's.fdb.*: no quote"),
        ('engine = "firebird"\n[places]\nvps = "/srv/a\\n.fdb"', "no control character"),
        ('[connection]\nport = "x"', r"\[connection\] port = 'x': must be a number"),
        ("[connection]\nport = true", "port = True: must be a number"),
        ("[connection]\nport = 65536", "port = 65536: must be a number up to 65535"),
        ('[connection]\npassword = "secret"', "no secret stands in the configuration"),
        ('[connection]\npassword_file = "none"', "password_file .*none: No such file"),
        ("engine = ", "kenshin.toml: Invalid value"),
    ],
)
def test_an_unusable_entry_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        written(tmp_path, text)


def test_a_missing_file_says_how_to_give_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file; give one with --config"):
        load(tmp_path / "kenshin.toml")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "kenshin.toml"
    path.write_bytes(b'user = "J\xf6rg"')
    with pytest.raises(ConfigError, match=r"kenshin\.toml: is not UTF-8, at byte 9"):
        load(path)
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)
    (tmp_path / "secret").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"password_file .*secret: is not UTF-8"):
        written(tmp_path, '[connection]\npassword_file = "secret"')


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary\n", encoding="utf-8")
    config = written(tmp_path, '[connection]\npassword_file = "secret"')
    assert config.connection.password == "canary"
    assert "canary" not in repr(config)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_PASSWORD", "canary")
    entries: dict[str, object] = {"connection": {"password_file": "not read"}}
    config = from_entries(entries, tmp_path)
    assert config.connection.password == "canary"
    assert "canary" not in repr(config)
