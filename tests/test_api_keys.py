"""Keys to the HTTP-API: who is let in, from where, how long, and that nobody can read one."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import urllib3

from actors import write_config
from conftest import Installations
from kenshin.config import Config, HttpApi
from kenshin.engines import open_session
from kenshin.http_api.answer import Problem
from kenshin.http_api.auth import KEPT_SECONDS, Caller, Keys, networks_of, new_key
from kenshin.http_api.pool import Pool
from kenshin.http_api.rate import FAILURES_PER_MINUTE, Limiter, Rate
from kenshin.rules import Rules
from servers.base import free_port
from serving import kenshin_serve
from test_canary import forms
from waiting import until

HERE = "192.0.2.7"
ACCOUNT = "shop_api"
LONG_AGO = datetime(2001, 1, 1)


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """The keys of an installation in this process, as a worker has them."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.pool = Pool(replace(config, http_api=HttpApi(lock_seconds=5)), 1)
        self.clock = Clock()
        self.rate = Rate(Limiter(folder / "rates", self.clock), 1000)
        self.keys = Keys(self.pool, self.rate, self.clock)

    def add(self, **given: Any) -> str:
        """The text of a new key."""
        key_id, text, digest = new_key()
        chosen = {"p_client": "T_KEYS", "p_role": "FACILITY", **given}
        assert self.run("ADD_API_KEY", p_key_id=key_id, p_key_hash=digest, **chosen) == 0
        return text

    def run(self, rule: str, **arguments: Any) -> int:
        with self.pool.session() as session:
            return Rules(session, self.pool.catalog).call(rule, **arguments).code

    def ask(self, text: str, address: str = HERE) -> Caller:
        return self.keys.caller(f"Bearer {text}", address)

    def refused(self, authorization: str | None, address: str = HERE) -> Problem:
        with pytest.raises(Problem) as raised:
            self.keys.caller(authorization, address)
        return raised.value


@pytest.fixture
def desk(config: Config, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(config, tmp_path)
    yield made
    with made.pool.session() as session, session.transaction():
        session.execute("mdm", "DELETE FROM API_KEY WHERE CLIENT = 'T_KEYS'")
    made.pool.close()


# --- Who is let in --------------------------------------------------------------------


def test_a_key_is_its_clients(desk: Desk) -> None:
    text = desk.add(p_role="NMS")
    caller = Caller("T_KEYS", "NMS", text.partition(".")[0])
    assert desk.ask(text) == caller
    assert desk.keys.caller(f"bearer {text}", HERE) == caller  # a scheme has no case


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "Bearer",
        "Bearer ",
        "{}",
        "Basic {}",
        "Bearer {}x",
        "Bearer {} {}",
        "Bearer x{}",
        "Bearer ' OR 1 = 1 --",
    ],
)
def test_what_is_no_key_is_refused(desk: Desk, wrong: str) -> None:
    problem = desk.refused(wrong.replace("{}", desk.add()))
    assert (problem.status, problem.code) == (401, 4001)
    assert problem.headers["WWW-Authenticate"] == 'Bearer realm="kenshin"'


def test_all_keys_that_do_not_hold_are_refused_alike(desk: Desk) -> None:
    key_id = desk.add().partition(".")[0]
    wrong = f"{key_id}.{new_key()[1].partition('.')[2]}"
    unknown = new_key()[1]
    expired = desk.add(p_expires_at=LONG_AGO)
    problems = [desk.refused(f"Bearer {text}") for text in (wrong, unknown, expired)]
    problems.append(desk.refused(None))
    assert {(p.status, p.code, p.message) for p in problems} == {
        (401, 4001, "a valid key is needed, in the header Authorization: Bearer")
    }


@pytest.mark.parametrize(
    ("networks", "address", "good"),
    [
        (None, "203.0.113.9", True),
        ("192.0.2.0/24", "192.0.2.255", True),
        ("192.0.2.0/24", "192.0.3.0", False),
        ("192.0.2.0/24", "::ffff:192.0.2.1", True),
        ("192.0.2.0/24", "2001:db8::1", False),
        ("192.0.2.0/24", "", False),
        ("192.0.2.0/24", "nonsense", False),
        ("198.51.100.1,2001:db8::/32", "2001:db8:ffff::1", True),
        ("198.51.100.1,2001:db8::/32", "198.51.100.1", True),
        ("198.51.100.1,2001:db8::/32", "198.51.100.2", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("999.0.0.0/8", "192.0.2.1", False),  # what the database has cannot be read
        ("192.0.2.1/24", "192.0.2.1", False),
    ],
)
def test_from_where_a_key_holds(desk: Desk, networks: str | None, address: str, good: bool) -> None:
    text = desk.add(p_networks=networks)
    if good:
        assert desk.ask(text, address).client == "T_KEYS"
    else:
        problem = desk.refused(f"Bearer {text}", address)
        assert (problem.status, problem.code) == (403, 4001)


def test_an_empty_list_of_networks_is_none() -> None:
    assert networks_of(None) is None
    assert networks_of(" ") is None


# --- How long -------------------------------------------------------------------------


def test_a_revoked_key_holds_for_five_seconds_at_most(desk: Desk) -> None:
    text = desk.add()
    desk.ask(text)
    assert desk.run("EXPIRE_API_KEY", p_key_id=text.partition(".")[0]) == 0
    desk.clock.now += 4.9
    desk.ask(text)
    desk.clock.now += 0.1
    assert desk.refused(f"Bearer {text}").status == 401


def test_a_rotated_key_and_its_successor_hold_both_until_the_old_one_ends(desk: Desk) -> None:
    old = desk.add(p_networks="192.0.2.0/24")
    desk.ask(old)
    key_id, new, digest = new_key()
    assert desk.refused(f"Bearer {new}").status == 401  # and that is not remembered
    tomorrow = datetime(2999, 1, 1)
    given = {"p_new_key_id": key_id, "p_key_hash": digest, "p_expires_at": tomorrow}
    assert desk.run("ROTATE_API_KEY", p_key_id=old.partition(".")[0], **given) == 0
    desk.clock.now += 60
    assert replace(desk.ask(old), key_id="") == replace(desk.ask(new), key_id="")
    assert desk.refused(f"Bearer {new}", "203.0.113.9").status == 403
    assert desk.run("EXPIRE_API_KEY", p_key_id=old.partition(".")[0]) == 0
    desk.clock.now += 5
    assert desk.refused(f"Bearer {old}").status == 401
    desk.ask(new)


def test_whoever_fails_too_often_is_not_looked_up(desk: Desk) -> None:
    known = desk.add()
    desk.ask(known)
    for _ in range(FAILURES_PER_MINUTE):
        assert desk.refused(f"Bearer {new_key()[1]}").status == 401
    fresh = desk.add()
    over = desk.refused(f"Bearer {fresh}")
    assert (over.status, over.code, over.headers["Retry-After"]) == (429, 3003, "1")
    desk.ask(known)  # found before, and nobody has to look
    desk.ask(fresh, "192.0.2.8")


def test_a_key_that_held_is_not_kept_out_by_others_at_its_address(desk: Desk) -> None:
    known = desk.add()
    desk.ask(known)
    for _ in range(FAILURES_PER_MINUTE):
        desk.refused(f"Bearer {new_key()[1]}")
    desk.clock.now += KEPT_SECONDS
    fails_again = f"Bearer {new_key()[1]}"
    for _ in range(int(KEPT_SECONDS)):  # one failure a second is let through
        assert desk.refused(fails_again).status == 401
    assert desk.refused(fails_again).status == 429
    desk.ask(known)  # although it is looked up again
    assert desk.run("EXPIRE_API_KEY", p_key_id=known.partition(".")[0]) == 0
    desk.clock.now += KEPT_SECONDS
    assert desk.refused(f"Bearer {known}").status == 401


# --- What is said of it ---------------------------------------------------------------


def test_every_refusal_is_logged_without_the_key(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    inside, expired = desk.add(p_networks="198.51.100.0/24"), desk.add(p_expires_at=LONG_AGO)
    desk.refused(None)
    desk.refused("Bearer x.y")
    desk.refused(f"Bearer {inside}")
    desk.refused(f"Bearer {expired}")
    lines = [vars(record)["fields"] for record in caplog.records if record.message == "refused"]
    assert [(line["reason"], line["key_id"], line["address"]) for line in lines] == [
        ("no key", None, HERE),
        ("not a bearer key", None, HERE),
        ("not from a network of the key", inside.partition(".")[0], HERE),
        ("unknown or expired key", expired.partition(".")[0], HERE),
    ]
    for text in (inside, expired):
        assert text.partition(".")[2] not in str([vars(record) for record in caplog.records])


class Shop:
    """A whole installation with its verbs and its server, each in a process of its own.

    The server has an account of role SHIM and may do no more.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self.folder = folder
        self.toml = write_config(config, folder)
        self.port = free_port()
        entries = f'[http_api]\nlisten = "127.0.0.1:{self.port}"\nworkers = 2\n'
        self.toml.write_text(self.toml.read_text() + entries)
        self.served_with = folder / "served.toml"
        self.http = urllib3.PoolManager(retries=False, timeout=60)
        self.said: list[str] = []

    def kenshin(self, *words: str) -> str:
        done = self._run(self.toml, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *words: str) -> str:
        """What the account of the server is told that may not do something."""
        done = self._run(self.served_with, *words)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def _run(self, toml: Path, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kenshin.cli", "--config", str(toml), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.said.append(done.stderr)
        return done

    def open_account(self) -> None:
        """Make the server's account, and its configuration."""
        password = self.folder / "password"
        self.kenshin("account", "add", ACCOUNT, "--role", "SHIM", "--password-file", str(password))
        text = self.toml.read_text().replace(str(self.folder / "secret"), str(password))
        self.served_with.write_text(re.sub("(?m)^user = .*", f'user = "{ACCOUNT}"', text))

    def post(self, path: str, text: str) -> tuple[int, dict[str, Any]]:
        # A connection of its own, so that either worker may have it.
        headers = {"Authorization": f"Bearer {text}", "Connection": "close"}
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        response = self.http.request("POST", url, json={}, headers=headers)
        self.said.append(str(response.headers) + response.data.decode())
        return response.status, response.json()


@pytest.fixture
def shop(engine: str, installations: Installations, tmp_path: Path) -> Iterator[Shop]:
    if engine == "firebird-embedded":
        # Whatever opens its file must have read the same settings: no connection of this process.
        config = installations.new(engine, "shop")
        made = Shop(config, tmp_path)
        made.kenshin("db", "apply")
        made.open_account()
        yield made
        return
    config = installations.config(engine)
    with open_session(config) as session:
        if config.dialect != "firebird":
            session.execute("mdm", "SET GLOBAL general_log = 1")
        made = Shop(config, tmp_path)
        made.open_account()
        yield made
        made.kenshin("account", "drop", ACCOUNT)
        if config.dialect != "firebird":
            session.execute("mdm", "SET GLOBAL general_log = 0")
        with session.transaction():
            session.execute("mdm", "DELETE FROM API_KEY WHERE CLIENT = 'T_SHOP'")


def test_a_client_is_served_while_its_key_is_replaced(
    shop: Shop, engine: str, installations: Installations
) -> None:
    client = ("--client", "T_SHOP", "--role", "FACILITY")
    mine = ("--network", "127.0.0.0/8", "--network", "::1")
    first = shop.kenshin("key", "add", *client, *mine, "--note", "night shift").strip()
    served = kenshin_serve(shop.served_with, shop.folder)
    try:
        served.ready(shop.http, f"http://127.0.0.1:{shop.port}/readyz")
        assert shop.post("devices/search", first)[0] == 200
        assert shop.post("control/relay", first)[0] == 403

        file = shop.folder / "second"
        shop.kenshin("key", "rotate", first.partition(".")[0], "--file", str(file))
        assert file.stat().st_mode & 0o077 == 0
        second = file.read_text().strip()
        for text in (first, second) * 3:
            assert shop.post("devices/search", text)[0] == 200
        shop.kenshin("key", "revoke", first.partition(".")[0])
        until(lambda: shop.post("devices/search", first)[0] == 401)
        assert shop.post("devices/search", second)[0] == 200
        assert served.stop() == 0
    finally:
        served.end()

    rows = [line.split("\t") for line in shop.kenshin("key", "list").splitlines()]
    states = {row[0]: row[3] for row in rows if row[1] == "T_SHOP"}
    for words in (("add", *client), ("rotate", second[:12]), ("revoke", second[:12])):
        assert re.search("denied|no permission", shop.refused("key", *words))
    assert states == {
        first.partition(".")[0]: "EXPIRED",
        second.partition(".")[0]: "VALID",
    }
    assert {row[5] for row in rows if row[0] == second.partition(".")[0]} == {"127.0.0.0/8,::1/128"}
    said = "\n".join([*shop.said, served.log.read_text(), json.dumps(rows)])
    assert first.partition(".")[0] in said  # the id is no secret
    secret = [
        form.decode() for text in (first, second) for form in forms(text.partition(".")[2].encode())
    ]
    assert not [form for form in secret if form in said]
    # Of the two the note is found. The hash need not be: Firebird shortens repeated characters.
    note = "night shift"
    assert _found([*secret, note], _folder(engine, installations)) == {note}


def _folder(engine: str, installations: Installations) -> Path:
    """Where the database has its files, and its log of statements."""
    if engine.startswith("firebird"):
        name = "shop" if engine == "firebird-embedded" else "kenshin"
        return Path(installations.new(engine, name).places["mdm"]).parent
    return installations.server(engine).folder


def _found(texts: list[str], folder: Path) -> set[str]:
    """Those of some texts that are in any file of a folder."""
    done = subprocess.run(
        ["grep", "-rahoF", *(word for text in texts for word in ("-e", text)), "--", str(folder)],
        env=os.environ | {"LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    return set(done.stdout.splitlines())


# --- The verbs ------------------------------------------------------------------------


def test_a_key_that_cannot_be_handed_over_is_not_made(config: Config, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from kenshin.cli import kenshin

    toml = write_config(config, tmp_path)

    def run(*words: str) -> str:
        done = CliRunner().invoke(kenshin, ["--config", str(toml), "key", *words])
        assert done.exit_code != 0
        return done.output + str(done.exception)

    client = ("--client", "T_KEYS", "--role", "NMS")
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert "File exists" in run("add", *client, "--file", str(taken))
    assert taken.read_text() == "mine"
    refused = tmp_path / "refused"
    spaced = ("--client", "no space", "--role", "NMS", "--file", str(refused))
    assert "ADD_API_KEY: 1002" in run("add", *spaced)
    assert not refused.exists()
    assert "2005 there is no such key" in run("rotate", "0" * 12, "--file", str(refused))
    assert "2005 there is no such key" in run("revoke", "0" * 12)
    assert "has host bits set" in run("add", *client, "--network", "192.0.2.1/24")
    assert "30m, 24h, 7d" in run("rotate", "0" * 12, "--overlap", "1 day")
    with open_session(config) as session:
        query = "SELECT COUNT(*) FROM API_KEY WHERE CLIENT = 'T_KEYS'"
        assert session.execute("mdm", query) == [(0,)]
