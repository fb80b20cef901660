"""Secrets with known values go every way that a secret goes; then nobody may find them anywhere.

Servers write all that they can: every statement to the general and the slow log, every row and
its statement to the binary log. What is looked for: the bytes themselves, as hexadecimal digits
and as base64, in all files of the server, the exchange directory and everything said.
"""

from __future__ import annotations

import base64
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from actors import as_account, write_config
from conftest import Installations
from kenshin import release
from kenshin.cli import kenshin
from kenshin.config import Config, Connection
from kenshin.engines import Session, open_session
from kenshin.secret import KeyRing, check_password, context_of, hash_password
from servers import SERVERS

MAC = "0200000000C1"
CANARIES = {
    "common key": b"CANARYcommonkey1",
    "session key": b"CANARYsessionke2",
    "device password": b"CANARYdevicepass3",
    "portal password": b"CANARYportalpass4",
    "account password": b"CANARY-account-password-5",
    "key-encryption key": b"CANARYkeyencryptionkey6-32bytes!",
    "next key-encryption key": b"CANARYkeyencryptionkey7-32bytes!",
}


def forms(secret: bytes) -> list[bytes]:
    """A secret as it stands, and as tools write it, alone or before something else."""
    whole = secret[: len(secret) // 3 * 3]  # what of base64 does not depend on what follows
    return [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(whole),
        base64.urlsafe_b64encode(whole),
    ]


def found_in(folder: Path) -> list[str]:
    """Every canary, in any form, that a file below a folder holds."""
    names = {form.decode(): name for name, secret in CANARIES.items() for form in forms(secret)}
    wanted = [word for form in names for word in ("-e", form)]
    done = subprocess.run(
        ["grep", "-raoFZ", *wanted, "--", str(folder)],
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        check=False,
    )
    # A server that is running removes files of its own meanwhile.
    assert all(b"No such file" in line for line in done.stderr.splitlines()), done.stderr
    hits = [line.split(b"\0", 1) for line in done.stdout.splitlines()]
    return sorted({f"{names[form.decode()]} in {file.decode()}" for file, form in hits})


@pytest.fixture(scope="module")
def watched(engine: str, installations: Installations) -> Iterator[tuple[Config, Path]]:
    """An installation whose server writes everything down, and the folder of all it writes."""
    if engine.startswith("firebird"):
        config = installations.new(engine, "canary")
        place = Path(config.places["mdm"]).parent
        yield config, place
        return
    verbose = {"general-log": 1, "slow-query-log": 1, "long-query-time": 0}
    if engine == "mysql":
        verbose["binlog-rows-query-log-events"] = 1
    with SERVERS[engine](binlog=True, options=verbose) as server:
        reach = Connection(
            host=server.host, port=server.port, user=server.user, password=server.password
        )
        places = {"mdm": "mdm", "vps": "vps", "he": "he"}
        boxes = server.folder / "inbox", server.folder / "outbox"
        yield Config(engine, places, server.exchange, *boxes, reach), server.folder


@contextmanager
def watching(config: Config, seen: list[str]) -> Iterator[None]:
    """Read the process list all the while."""
    over = threading.Event()

    def look() -> None:
        query = "SHOW FULL PROCESSLIST"
        if config.dialect == "firebird":
            query = "SELECT s.MON$SQL_TEXT FROM MON$STATEMENTS s WHERE s.MON$STATE = 1"
        with open_session(config) as session:
            while not over.is_set():
                seen.append(str(session.execute("mdm", query)))
                time.sleep(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def ring_text(*names: str) -> str:
    lines = [f"{name.split()[0]} {base64.b64encode(CANARIES[name]).decode()}" for name in names]
    return "\n".join(lines) + "\n"


def every_way(config: Config, folder: Path, said: list[str]) -> None:
    """Make accounts, register and key a device, open a portal account, log in, rotate, export."""
    toml = write_config(config, folder)
    kek = folder / "kek"
    kek.touch(mode=0o600)
    kek.write_text(ring_text("key-encryption key"))
    toml.write_text(toml.read_text() + f'[secrets]\nkek_file = "{kek}"\n')

    def run(*words: str, given: bytes = b"") -> str:
        result = CliRunner().invoke(kenshin, ["--config", str(toml), *words], input=given)
        said.append(result.output + repr(result.exception))
        assert result.exit_code == 0, result.output
        return result.output

    secret_file = folder / "account.password"
    secret_file.touch(mode=0o600)
    secret_file.write_bytes(CANARIES["account password"])
    for role in ("ALA", "VPS", "SHIM"):
        options = ["--role", role, "--password-file", str(secret_file)]
        run("account", "add", f"c_{role.lower()}", *options)

    def wrapped(column: str, name: str) -> bytes:
        """Wrapped by the command line, as a script would."""
        text = run(
            "secret", "wrap", "--column", column, "--mac", MAC, given=CANARIES[name].hex().encode()
        )
        return bytes.fromhex(text.strip())

    def session(role: str) -> Session:
        password = CANARIES["account password"].decode()
        return open_session(as_account(config, f"c_{role.lower()}", password))

    def call(on: Session, database: str, rule: str, *arguments: object) -> list[tuple[object, ...]]:
        result = on.call(database, rule, *arguments)
        said.append(repr(result))
        assert result.code == 0, (rule, result)
        return result.rows

    with session("SHIM") as shim, session("ALA") as ala, session("VPS") as vps:
        blob = wrapped("PASSWORD", "device password")
        call(
            shim, "mdm", "REGISTER_CONTROLLER", None, None, "S1", MAC, 11, None, 1, None, None,
            "C1", blob, "canary-1", None, None, None, 103, None, None,
        )  # fmt: skip
        with open_session(config) as owner, owner.transaction():
            owner.execute("mdm", "UPDATE CONTROLLER_TRANSACTION SET PROV_STAT = 'C'")
            owner.execute("mdm", "UPDATE MDM_CONFIG SET \"VALUE\" = '1' WHERE NAME = 'ALA_LINKED'")
            owner.execute(
                "mdm",
                "INSERT INTO CERTIFICATE_HISTORY (CERT_SERIAL, NOT_BEFORE, NOT_AFTER)"
                " VALUES ('C1', '2020-01-01', '2036-01-01')",
            )
        keys = [wrapped("COMMON_KEY", "common key"), wrapped("SESSION_KEY", "session key")]
        call(ala, "mdm", "REVISE_COMMON_KEY", "PD", MAC, blob, *keys)
        clear = CANARIES["portal password"].decode()
        hashes = [
            hash_password(clear),
            run("secret", "hash-password", given=clear.encode()).strip(),
        ]
        mail = "canary@example.jp"
        today = date.today()
        call(vps, "vps", "ADD_ACCOUNT", "c-1", "canary-1", today, mail, hashes[0], 1, 1, "x")
        call(vps, "vps", "ISSUE_TEMPORARY_PASSWORD", mail, hashes[1])
        [(stored, token, *_)] = call(vps, "vps", "LOGIN_BEGIN", mail)
        assert check_password(str(stored), clear)
        call(vps, "vps", "LOGIN_END", token, 1)
        call(vps, "vps", "EDIT_ACCOUNT", mail, hashes[0], None, None, None)
        kek.write_text(ring_text("next key-encryption key", "key-encryption key"))
        run("secret", "rotate")
        run("secret", "status")
        call(shim, "he", "SYNC_HE")
        said.append(str(vps.execute("vps", "SELECT * FROM ADR_VPS_ACCOUNT")))
        # A rule that the engine fails says why: in the answer, and in RULE_ERROR.
        with open_session(config) as owner:
            failed = owner.call("mdm", "DHCP_COMPLETED", MAC, "x" * 900)
            said.append(repr(failed))
            said.append(str(owner.execute("mdm", "SELECT r.MESSAGE FROM RULE_ERROR r")))
    ring = KeyRing.load(kek)
    with open_session(config) as owner:
        [row] = owner.execute("mdm", "SELECT x.COMMON_KEY FROM CONTROLLER_TRANSACTION x")
    assert ring.unwrap(bytes(row[0]), context_of("COMMON_KEY", mac=MAC)) == CANARIES["common key"]


def test_no_secret_is_found_anywhere(watched: tuple[Config, Path], tmp_path: Path) -> None:
    config, folder = watched
    release.apply(config)
    said: list[str] = []
    processes: list[str] = []
    with watching(config, processes):
        every_way(config, tmp_path, said)
    assert len(processes) > 10
    spoken = "\n".join([*said, *processes])
    leaks = [
        f"{name} is said"
        for name, secret in CANARIES.items()
        for form in forms(secret)
        if form.decode() in spoken
    ]
    leaks += found_in(folder)
    leaks += found_in(config.exchange)
    assert not leaks, "\n".join(leaks)


def test_a_leak_would_be_found(tmp_path: Path) -> None:
    """The search itself: a canary in a file that looks like nothing."""
    secret = CANARIES["common key"]
    (tmp_path / "binary").write_bytes(b"\x00\xff" + base64.b64encode(b"xyz" + secret) + b"\x00")
    assert found_in(tmp_path)
    (tmp_path / "binary").write_bytes(b"\x00\xff" + secret + b"\x00")
    assert found_in(tmp_path)
