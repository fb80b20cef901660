"""Wrapped keys and hashed passwords: the module, its verbs, and a rotation on every engine."""

from __future__ import annotations

import base64
import os
import pickle
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from case import today
from conftest import Installations
from kenshin import release, rotation
from kenshin.cli import kenshin, main
from kenshin.commands import secret as verbs
from kenshin.config import Config, ConfigError, from_entries
from kenshin.engines import EngineError, Session, open_session
from kenshin.paths import ROOT
from kenshin.secret import (
    KeyRing,
    SecretError,
    UnknownKey,
    check_password,
    context_of,
    hash_password,
    key_id_of,
    needs_rehash,
    new_key_line,
)

OLD, NEW = ("old", b"\x01" * 32), ("new", b"\x02" * 32)
RING = KeyRing([OLD])
CANARY = b"canary-canary-00"
CONTEXT = "COMMON_KEY MAC AABBCC000001"


@pytest.fixture(autouse=True)
def no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KENSHIN_KEK", raising=False)
    monkeypatch.delenv("KENSHIN_CONFIG", raising=False)


def line(key: tuple[str, bytes]) -> str:
    return f"{key[0]} {base64.b64encode(key[1]).decode()}\n"


def key_file(folder: Path, *keys: tuple[str, bytes], mode: int = 0o600) -> Path:
    path = folder / "kek"
    path.write_text("# keys\n\n" + "".join(map(line, keys)), encoding="ascii")
    path.chmod(mode)
    return path


# --- Wrapping -------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 16, 32, 466])
def test_what_is_wrapped_comes_out_again(length: int) -> None:
    secret = bytes(i % 256 for i in range(length))
    blob = RING.wrap(secret, CONTEXT)
    assert RING.unwrap(blob, CONTEXT) == secret
    assert len(blob) == 30 + len("old") + length
    assert secret not in blob or length < 4


def test_the_layout_is_the_one_that_is_written_down() -> None:
    blob = RING.wrap(CANARY)
    assert blob[:5] == b"\x01\x03old"
    assert key_id_of(blob) == "old"
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    assert AESGCM(OLD[1]).decrypt(blob[5:17], blob[17:], blob[:5]) == CANARY


def test_no_two_blobs_are_alike() -> None:
    assert len({RING.wrap(CANARY, CONTEXT) for _ in range(100)}) == 100


def test_the_largest_secret_fits_exactly() -> None:
    ring = KeyRing([("k" * 16, OLD[1])])
    assert len(ring.wrap(b"x" * 466)) == 512
    for secret in (b"", b"x" * 467):
        with pytest.raises(SecretError, match="must be 1 to 466 bytes long"):
            ring.wrap(secret)


def test_a_change_of_any_byte_is_noticed() -> None:
    blob = RING.wrap(CANARY, CONTEXT)
    ring = KeyRing([OLD, ("olc", b"\x03" * 32)])
    for place in range(len(blob)):
        for bit in range(8):
            damaged = bytearray(blob)
            damaged[place] ^= 1 << bit
            with pytest.raises(SecretError):
                ring.unwrap(bytes(damaged), CONTEXT)
    for length in range(len(blob)):
        with pytest.raises(SecretError, match="damaged"):
            ring.unwrap(blob[:length], CONTEXT)
    for longer in (blob + b"\0", blob + b"\0" * 512):
        with pytest.raises(SecretError, match="damaged"):
            ring.unwrap(longer, CONTEXT)


@pytest.mark.parametrize(
    "other", ["", "PASSWORD MAC AABBCC000001", "COMMON_KEY MAC AABBCC000002", CONTEXT + " "]
)
def test_a_blob_serves_nowhere_else(other: str) -> None:
    with pytest.raises(SecretError, match=f"not wrapped for {other or 'no context'}"):
        RING.unwrap(RING.wrap(CANARY, CONTEXT), other)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownKey, match="key old, which is not at hand"):
        KeyRing([NEW]).unwrap(RING.wrap(CANARY))


def test_the_same_id_with_another_key_opens_nothing() -> None:
    with pytest.raises(SecretError, match="damaged"):
        KeyRing([("old", NEW[1])]).unwrap(RING.wrap(CANARY))


def test_an_older_key_unwraps_and_the_first_one_wraps() -> None:
    both = KeyRing([NEW, OLD])
    blob = RING.wrap(CANARY, CONTEXT)
    again = both.rewrap(blob, CONTEXT)
    assert (key_id_of(blob), key_id_of(again)) == ("old", "new")
    assert KeyRing([NEW]).unwrap(again, CONTEXT) == CANARY


def test_a_device_is_known_by_its_mac_or_else_by_its_serial() -> None:
    for mac in ("AABBCC000001", "aa:bb:cc:00:00:01", "aa-bb-cc-00-00-01"):
        assert context_of("COMMON_KEY", mac=mac, serial="S1") == CONTEXT
    assert context_of("PASSWORD", mac="", serial="S/1") == "PASSWORD SERIAL S/1"
    for arguments in ({}, {"mac": "AABB"}, {"mac": None, "serial": ""}):
        with pytest.raises(SecretError):
            context_of("PASSWORD", **arguments)
    with pytest.raises(SecretError, match="upper-case"):
        context_of("password", serial="S")


# --- Keys -----------------------------------------------------------------------------


def test_the_first_key_of_a_file_is_the_active_one(tmp_path: Path) -> None:
    ring = KeyRing.load(key_file(tmp_path, NEW, OLD))
    assert (ring.active, ring.ids) == ("new", ("new", "old"))
    assert ring.unwrap(RING.wrap(CANARY)) == CANARY


def test_the_environment_may_hold_the_text_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SecretError, match="KENSHIN_KEK is not set"):
        KeyRing.from_environment()
    monkeypatch.setenv("KENSHIN_KEK", line(NEW) + line(OLD))
    assert KeyRing.from_environment().ids == ("new", "old")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o644])
def test_a_key_file_is_for_its_owner_alone(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SecretError, match="others may read it; chmod 600"):
        KeyRing.load(key_file(tmp_path, OLD, mode=mode))


KEY = base64.b64encode(OLD[1]).decode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "there is no key"),
        ("# nothing\n", "there is no key"),
        (KEY, "line 1: a key id, a space"),
        (f"a {KEY} {KEY}", "line 1: a key id, a space"),
        (f"a {KEY}\na {base64.b64encode(NEW[1]).decode()}", "two keys have the id a"),
        (f"a {KEY}\nb {KEY}", "key b is another key under a new id"),
        (f"# c\na {KEY[:-4]}", "line 2: the key is not 32 bytes long"),
        (f"a {KEY[:-1]}", "line 1: the key is no base64"),
        (f"a {KEY[:-2]}*=", "line 1: the key is no base64"),
        (f"a.b {KEY}", "a key id is 1 to 16"),
        (f"{'a' * 17} {KEY}", "a key id is 1 to 16"),
    ],
)
def test_an_unusable_key_is_told_but_not_shown(
    text: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHIN_KEK", text)
    with pytest.raises(SecretError, match=says) as caught:
        KeyRing.from_environment()
    assert KEY[:12] not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_key_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match="No such file"):
        KeyRing.load(tmp_path / "none")
    with pytest.raises(SecretError, match=r"directory|not a file"):
        KeyRing.load(tmp_path)
    path = key_file(tmp_path, OLD)
    for content in (b"\xff", b"#" * 65537):
        path.write_bytes(content)
        with pytest.raises(SecretError, match="not a key file"):
            KeyRing.load(path)


def test_a_ring_shows_no_key_and_is_written_nowhere() -> None:
    assert repr(KeyRing([NEW, OLD])) == "KeyRing(new, old)"
    with pytest.raises(TypeError):
        pickle.dumps(RING)


def test_the_key_file_is_named_in_the_configuration(tmp_path: Path) -> None:
    assert from_entries({}, tmp_path).kek_file is None
    assert from_entries({"secrets": {"kek_file": "kek"}}, tmp_path).kek_file == tmp_path / "kek"
    with pytest.raises(ConfigError, match=r"\[secrets\] kek: there is only kek_file") as caught:
        from_entries({"secrets": {"kek": "canary"}}, tmp_path)
    assert "canary" not in str(caught.value)


# --- Passwords ------------------------------------------------------------------------


def test_a_password_is_hashed_as_the_rules_want_it() -> None:
    phc = hash_password("pässword")
    assert re.fullmatch(
        r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", phc
    )
    assert check_password(phc, "pässword")
    assert not check_password(phc, "password")
    assert not needs_rehash(phc)
    assert hash_password("pässword") != phc


def test_decoys_cost_what_a_hash_costs() -> None:
    path = ROOT / "sql" / "password.sql"
    if not path.exists():
        pytest.skip("no rule makes decoys")
    found = re.search(r"m=(\d+),t=(\d+),p=(\d+)", path.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] in hash_password("x")


@pytest.mark.parametrize(
    "phc",
    [
        "",
        "x",
        "pässword",
        "$argon2id$v=19$m=65536,t=3,p=4$",
        "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$",
        "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b27jUcEWzOg",
        "$argon2id$v=19$m=4294967295,t=3,p=4$c29tZXNhbHRz$RdescudvJCsgt3ub+b27jUcEWzOg",
        "$argon2id$v=19$m=65536,t=4294967295,p=4$c29tZXNhbHRz$RdescudvJCsgt3ub+b27jUcEWzOg",
        "$2b$12$abcdefghijklmnopqrstuv",
    ],
)
def test_no_password_fits_a_malformed_hash(phc: str) -> None:
    assert not check_password(phc, "x")
    assert needs_rehash(phc)


def test_cheaper_figures_are_told() -> None:
    phc = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRz$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"
    assert needs_rehash(phc)


def test_a_password_has_a_length() -> None:
    hash_password("x" * 1024)
    for text in ("", "x" * 1025, "\udc80canary"):
        with pytest.raises(SecretError) as caught:
            hash_password(text)
        assert "canary" not in str(caught.value)
    assert not check_password(hash_password("x"), "\udc80")
    assert not check_password(hash_password("x"), "x" * 5000)


# --- The verbs ------------------------------------------------------------------------

Verb = Callable[..., Result]
DEVICE = ("--column", "COMMON_KEY", "--mac", "aa:bb:cc:00:00:01")


@pytest.fixture
def run(tmp_path: Path) -> Verb:
    """Runs a verb of the group in an installation that has one key; nothing shows the canary."""
    (tmp_path / "kenshin.toml").write_text('[secrets]\nkek_file = "kek"\n', encoding="utf-8")
    key_file(tmp_path, OLD)

    def verb(*arguments: str, given: bytes = b"") -> Result:
        whole = ["--config", str(tmp_path / "kenshin.toml"), "secret", *arguments]
        result = CliRunner().invoke(kenshin, whole, input=given)
        told = f"{result.stderr} {result.exception!r}"
        for shown in (CANARY, CANARY.hex().encode(), base64.b64encode(CANARY)):
            assert shown.decode() not in told
        return result

    return verb


@pytest.mark.parametrize(
    ("notation", "given"),
    [
        ("hex", CANARY.hex().encode() + b"\n"),
        ("hex", CANARY.hex(" ").upper().encode()),
        ("base64", base64.b64encode(CANARY) + b"\n"),
        ("raw", CANARY),
    ],
)
def test_a_secret_is_wrapped_from_standard_input(run: Verb, notation: str, given: bytes) -> None:
    wrapped = run("wrap", *DEVICE, "--from", notation, given=given)
    assert RING.unwrap(bytes.fromhex(wrapped.stdout), CONTEXT) == CANARY
    assert run("unwrap", *DEVICE, given=wrapped.stdout_bytes).stdout == CANARY.hex() + "\n"


def test_a_blob_is_printed_as_it_is_wanted(run: Verb) -> None:
    given = CANARY.hex().encode()
    literal = run("wrap", *DEVICE, "--sql", given=given).stdout
    assert re.fullmatch(r"X'[0-9a-f]+'\n", literal)
    assert RING.unwrap(bytes.fromhex(literal[2:-2]), CONTEXT) == CANARY
    in_base64 = run("wrap", *DEVICE, "--base64", given=given).stdout
    assert RING.unwrap(base64.b64decode(in_base64), CONTEXT) == CANARY
    raw = run("unwrap", *DEVICE, "--from", "base64", "--raw", given=in_base64.encode())
    assert raw.stdout_bytes == CANARY
    again = run("unwrap", *DEVICE, "--from", "base64", "--base64", given=in_base64.encode())
    assert base64.b64decode(again.stdout) == CANARY


def test_the_keys_of_the_environment_need_no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENSHIN_KEK", line(NEW))
    arguments = ["--config", "/none", "secret", "wrap", *DEVICE]
    result = CliRunner().invoke(kenshin, arguments, input=CANARY.hex())
    assert KeyRing([NEW]).unwrap(bytes.fromhex(result.stdout), CONTEXT) == CANARY


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (("wrap", *DEVICE), b"63616e6172792d63616e6172792d303", "no hex"),
        (("wrap", *DEVICE), CANARY, "no hex"),
        (("wrap", *DEVICE, "--from", "base64"), CANARY, "no base64"),
        (("wrap", *DEVICE), b"", "1 to 479 bytes"),
        (("wrap", *DEVICE, "--from", "raw"), CANARY * 300, "longer than 4096"),
        (("wrap", *DEVICE, "--from", "raw"), CANARY * 30, "1 to 479 bytes"),
        (("unwrap", *DEVICE, "--from", "raw"), CANARY, "damaged"),
        (("wrap", "--column", "COMMON_KEY"), CANARY, "give its MAC"),
        (("wrap", "--column", "MAC", "--mac", "AABBCC000001"), CANARY, "there are COMMON_KEY"),
        (("hash-password",), b"", "1 to 1024 bytes"),
        (("hash-password",), CANARY + b"\xff", "not UTF-8"),
    ],
)
def test_unusable_input_is_told_but_not_shown(
    run: Verb, arguments: tuple[str, ...], given: bytes, says: str
) -> None:
    result = run(*arguments, given=given)
    assert result.exit_code != 0
    assert says in f"{result.stderr} {result.exception}"
    assert not result.stdout


def test_a_terminal_is_not_shown_a_secret(run: Verb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "_on_terminal", lambda: True)
    blob = RING.wrap(CANARY, CONTEXT).hex().encode()
    refused = run("unwrap", *DEVICE, given=blob)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--force" in refused.stderr
    assert run("unwrap", *DEVICE, "--force", given=blob).stdout == CANARY.hex() + "\n"


def test_an_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KENSHIN_KEK", KEY)
    monkeypatch.setattr("sys.argv", ["kenshin", "secret", "wrap", *DEVICE])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    said = "kenshin: KENSHIN_KEK: line 1: a key id, a space, and the key in base64\n"
    assert capsys.readouterr().err == said


def test_a_password_is_hashed_from_standard_input(run: Verb) -> None:
    phc = run("hash-password", given=CANARY + b"\r\n").stdout.strip()
    assert check_password(phc, CANARY.decode())


def test_a_new_key_is_active_and_the_others_stay(run: Verb, tmp_path: Path) -> None:
    before = (tmp_path / "kek").read_text(encoding="ascii")
    first = run("new-key", "--id", "k2")
    assert first.exit_code == 0, first.exception
    assert first.stdout == f"{tmp_path / 'kek'}: key k2 is active, 1 older\n"
    assert (tmp_path / "kek").read_text(encoding="ascii").endswith(before)
    today()
    for _ in range(2):
        assert run("new-key").exit_code == 0
    ring = KeyRing.load(tmp_path / "kek")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-2", ring.active)
    assert ring.ids[2:] == ("k2", "old")
    assert ring.unwrap(RING.wrap(CANARY)) == CANARY
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kek", "kenshin.toml"]


def test_the_first_key_makes_the_file_for_its_owner_alone(run: Verb, tmp_path: Path) -> None:
    (tmp_path / "kek").unlink()
    mask = os.umask(0)
    try:
        assert run("new-key").exit_code == 0
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600
    assert len(KeyRing.load(tmp_path / "kek").ids) == 1


def test_a_key_is_not_added_where_it_would_not_count(
    run: Verb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (tmp_path / "kek").read_bytes()
    assert "there is a key old already" in str(run("new-key", "--id", "old").exception)
    assert "a key id is" in str(run("new-key", "--id", "a b").exception)
    (tmp_path / "kek").chmod(0o640)
    assert "others may read it" in str(run("new-key").exception)
    monkeypatch.setenv("KENSHIN_KEK", line(NEW))
    assert run("new-key").exit_code == 2
    assert (tmp_path / "kek").read_bytes() == before


def test_a_missing_key_says_how_to_give_one(tmp_path: Path) -> None:
    (tmp_path / "kenshin.toml").write_text("", encoding="utf-8")
    arguments = ["--config", str(tmp_path / "kenshin.toml"), "secret", "new-key"]
    result = CliRunner().invoke(kenshin, arguments)
    assert "set kek_file in [secrets], or KENSHIN_KEK" in str(result.exception)


def test_every_line_of_a_new_key_is_another_one() -> None:
    assert new_key_line("a") != new_key_line("a")


# --- A rotation -----------------------------------------------------------------------

BOTH = KeyRing([NEW, OLD])
MACS = 7  # devices with a MAC; with one that has a serial number only, and one without keys
TABLES = {t.name: t for t in rotation.wrapped_tables()}


def test_the_wrapped_columns_are_the_declared_ones() -> None:
    columns = ("PASSWORD", "COMMON_KEY", "SESSION_KEY")
    assert {name: (t.database, t.owner, t.columns) for name, t in TABLES.items()} == {
        "CONCENTRATOR_TRANSACTION": ("mdm", "CONCENTRATOR", columns),
        "CONTROLLER_TRANSACTION": ("mdm", "CONTROLLER", columns),
        "VPA_DEVICE_TRANSACTION": ("vps", "VPA_DEVICE", columns),
    }


@pytest.fixture(scope="module")
def installed(engine: str, installations: Installations) -> Config:
    config = installations.new(engine, "secret")
    if config.dialect != "firebird":
        config = replace(config, role_prefix="SECRET_")
    release.apply(config)
    return config


@pytest.fixture
def owner(installed: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session on an installation whose keys are wrapped with the old key."""
    monkeypatch.setattr(rotation, "PAGE", 3)
    with open_session(installed) as session:
        _empty(session)
        _fill(session)
        yield session
        _empty(session)


def _empty(session: Session) -> None:
    with session.transaction():
        for table in TABLES.values():
            where = f"WHERE {table.key} BETWEEN 900 AND 999"
            for name in (table.name, table.owner):
                session.execute(table.database, f"DELETE FROM {name} {where}")


def _fill(session: Session) -> None:
    owners = {
        "CONTROLLER": ("CO_ID, TYPE_ID", "'HE1', 11"),
        "CONCENTRATOR": ("TYPE_ID", "1"),
        "VPA_DEVICE": ("STATE", "1"),
    }
    with session.transaction():
        for number, table in enumerate(TABLES.values()):
            more, values = owners[table.owner]
            for key in range(900, 900 + MACS + 2):
                mac = _mac(number, key) if key < 900 + MACS else None
                serial = f"S{number}/{key}" if table.has_serial else None
                columns = f"{table.key}, MAC, {more}" + (", SERIAL" if table.has_serial else "")
                marks = f"?, ?, {values}" + (", ?" if table.has_serial else "")
                given = [key, mac, serial] if table.has_serial else [key, mac]
                session.execute(
                    table.database, f"INSERT INTO {table.owner} ({columns}) VALUES ({marks})", given
                )
                keyless = key == 900 + MACS + 1 or (mac is None and serial is None)
                blobs = [
                    None
                    if keyless
                    else RING.wrap(_secret(number, key, c), context_of(c, mac=mac, serial=serial))
                    for c in table.columns
                ]
                session.execute(
                    table.database,
                    f"INSERT INTO {table.name} ({table.key}, {', '.join(table.columns)})"
                    " VALUES (?, ?, ?, ?)",
                    [key, *blobs],
                )


def _mac(number: int, key: int) -> str:
    return f"AABBCC{number:02}0{key}"


def _secret(number: int, key: int, column: str) -> bytes:
    return f"{number} {key} {column} canary".encode().ljust(32, b"'\\%?\0"[:1])


def _stored(session: Session) -> dict[tuple[str, int, str], bytes]:
    return {
        (table.name, cell.key, cell.column): cell.blob
        for table in TABLES.values()
        for _, cells in rotation._pages(session, table)
        for cell in cells
    }


def _all_readable(session: Session, ring: KeyRing) -> bool:
    return all(
        ring.unwrap(cell.blob, cell.context or "-") == _secret(number, cell.key, cell.column)
        for number, table in enumerate(TABLES.values())
        for _, cells in rotation._pages(session, table)
        for cell in cells
    )


SECRETS = 3 * (MACS + 1 + MACS + 1 + MACS)  # terminals have no serial number


def test_a_rotation_reaches_every_secret(owner: Session) -> None:
    assert len(_stored(owner)) == SECRETS
    assert _all_readable(owner, RING)
    seen: list[int] = []
    report = rotation.rotate(owner, BOTH, seen.append)
    assert report == rotation.Report(SECRETS, 0, [])
    assert _all_readable(owner, KeyRing([NEW]))
    assert sum(seen) == sum(rotation.rows_in(owner, table) for table in TABLES.values())
    before = _stored(owner)
    assert rotation.rotate(owner, BOTH) == rotation.Report(0, SECRETS, [])
    assert _stored(owner) == before
    counts = rotation.census(owner)
    assert sum(counts.values()) == SECRETS
    assert counts["VPA_DEVICE_TRANSACTION", "PASSWORD", "new"] == MACS


def test_a_rotation_that_broke_off_goes_on(owner: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    execute, left = owner.execute, [0]

    def mortal(database: str, statement: str, *rest: object) -> list[tuple[object, ...]]:
        if statement.startswith("UPDATE"):
            left[0] -= 1
            if left[0] < 0:
                raise Killed
        return execute(database, statement, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(owner, "execute", mortal)
    done = 0
    for lives in (20, 5, 30):  # in the midst of a page: its own updates are taken back
        left[0] = lives
        with pytest.raises(Killed):
            rotation.rotate(owner, BOTH)
        assert _all_readable(owner, BOTH)
        now = sum(key_id_of(blob) == "new" for blob in _stored(owner).values())
        assert done <= now < SECRETS
        done = now
    assert done
    left[0] = 1000
    assert rotation.rotate(owner, BOTH) == rotation.Report(SECRETS - done, done, [])
    assert _all_readable(owner, KeyRing([NEW]))


@pytest.mark.parametrize("wrapped_with", [OLD, NEW])
def test_a_key_that_changes_meanwhile_stays(
    owner: Session, monkeypatch: pytest.MonkeyPatch, wrapped_with: tuple[str, bytes]
) -> None:
    write, changed = rotation._write, []
    blob = KeyRing([wrapped_with]).wrap(
        CANARY, context_of("COMMON_KEY", mac=_mac(1, 901))
    )  # CONTROLLER is the second table

    def overtaken(
        session: Session, table: rotation.WrappedTable, stale: list[tuple[rotation.Cell, bytes]]
    ) -> None:
        if table.name == "CONTROLLER_TRANSACTION" and not changed:
            changed.append(blob)
            with open_session(session.config) as other, other.transaction():
                other.execute(
                    "mdm",
                    "UPDATE CONTROLLER_TRANSACTION SET COMMON_KEY = ? WHERE TABLE_KEY = 901",
                    [blob],
                )
        write(session, table, stale)

    assert list(TABLES)[1] == "CONTROLLER_TRANSACTION"
    monkeypatch.setattr(rotation, "_write", overtaken)
    report = rotation.rotate(owner, BOTH)
    kept = wrapped_with is NEW
    assert report == rotation.Report(SECRETS - kept, int(kept), [])
    stored = _stored(owner)["CONTROLLER_TRANSACTION", 901, "COMMON_KEY"]
    assert KeyRing([NEW]).unwrap(stored, context_of("COMMON_KEY", mac=_mac(1, 901))) == CANARY
    assert (stored == blob) is kept


def test_a_page_that_never_rests_ends_the_rotation(
    owner: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "_write", lambda *_: None)
    with pytest.raises(EngineError, match="others keep changing"):
        rotation.rotate(owner, BOTH)


def test_every_byte_reaches_the_database_as_it_is(owner: Session) -> None:
    for start in (0, 1, 128):
        blob = bytes((start + i) % 256 for i in range(512))
        with owner.transaction():
            owner.execute(
                "mdm",
                "UPDATE CONTROLLER_TRANSACTION SET PASSWORD = ? WHERE TABLE_KEY = 900",
                [blob],
            )
        assert _stored(owner)["CONTROLLER_TRANSACTION", 900, "PASSWORD"] == blob


def test_what_cannot_be_read_is_named_and_left(
    owner: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = KeyRing([("lost", b"\x09" * 32)]).wrap(CANARY, "x")
    moved = _stored(owner)["CONTROLLER_TRANSACTION", 901, "PASSWORD"]
    with owner.transaction():
        for key, column, blob in (
            (902, "PASSWORD", lost),
            (903, "SESSION_KEY", b"\x00" * 29),
            (904, "PASSWORD", moved),
        ):
            owner.execute(
                "mdm",
                f"UPDATE CONTROLLER_TRANSACTION SET {column} = ? WHERE TABLE_KEY = ?",
                [blob, key],
            )
    before = _stored(owner)
    monkeypatch.setattr("kenshin.config.load", lambda _: owner.config)
    monkeypatch.setenv("KENSHIN_KEK", line(NEW) + line(OLD))
    result = CliRunner().invoke(kenshin, ["secret", "rotate"])
    assert result.exit_code == 3, result.exception
    assert result.stdout == (
        f"rotated {SECRETS - 3}, already current 0, unreadable 3; HE-DB follows with sync-he\n"
    )
    name = "CONTROLLER_TRANSACTION"
    assert result.stderr.splitlines() == [
        f"unreadable: {name}.PASSWORD, TABLE_KEY 902: wrapped with key lost, which is not at hand",
        f"unreadable: {name}.SESSION_KEY, TABLE_KEY 903:"
        " damaged: not a wrapped secret of version 1",
        f"unreadable: {name}.PASSWORD, TABLE_KEY 904:"
        f" damaged, or not wrapped for PASSWORD MAC {_mac(1, 904)} (key old)",
    ]
    after = _stored(owner)
    for cell in ((name, 902, "PASSWORD"), (name, 903, "SESSION_KEY"), (name, 904, "PASSWORD")):
        assert after[cell] == before[cell]
    shown = CliRunner().invoke(kenshin, ["secret", "status"]).stdout
    lines = [" ".join(row.split()) for row in shown.splitlines()]
    assert lines[0] == "Table Column Key Secrets"
    assert f"{name} PASSWORD lost 1" in lines
    assert f"{name} SESSION_KEY (damaged) 1" in lines
    assert f"{name} COMMON_KEY new {MACS + 1}" in lines
    with owner.transaction():
        for key in (902, 903, 904):
            owner.execute(
                "mdm",
                "UPDATE CONTROLLER_TRANSACTION SET PASSWORD = NULL, SESSION_KEY = NULL"
                " WHERE TABLE_KEY = ?",
                [key],
            )
    again = CliRunner().invoke(kenshin, ["secret", "rotate"])
    assert again.exit_code == 0
    assert again.stdout.startswith(f"rotated 0, already current {SECRETS - 6}, unreadable 0;")
