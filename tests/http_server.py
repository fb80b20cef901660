"""The HTTP-API of an installation, served by its workers, and a client with a key for each role."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from actors import as_account, write_config
from head_end import SimulatedHeadEnd
from kenshin import access, release
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.engines import open_session
from kenshin.http_api.auth import new_key
from kenshin.render import template_values
from kenshin.rules import Rules
from servers.base import free_port
from serving import Served, kenshin_serve
from waiting import PATIENCE

ROLES = tuple(template_values("api_roles.sql")["api_roles"])
SETTINGS = {
    "workers": 2,
    "threads": 4,
    "max_rows": 50,
    "max_body_bytes": 100_000,
    "requests_per_minute": 900_000,
    "settle_seconds": 1,
}


@dataclass(frozen=True)
class Said:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.text))

    @property
    def code(self) -> int:
        return int(self.json["result_code"])

    @property
    def data(self) -> Any:
        return self.json["data"]


class HttpServer:
    """`kenshin serve` at a port of its own, HE-API behind it, a key for each role.

    `config` and `owner_toml` are those of the account that installs. The server has `toml`, with
    an account of role SHIM, so whatever is asked of it shows that this is enough.
    """

    def __init__(self, config: Config, folder: Path, more: str = "", **settings: int) -> None:
        """Entries of [http_api], and `more` tables; the installation is made here."""
        release.apply(config)
        self.config = config
        self.keys = {role: add_key(config, role) for role in ROLES}
        self.owner_toml = write_config(config, folder)
        self.head = SimulatedHeadEnd(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.pool = urllib3.PoolManager(maxsize=32, retries=False)
        toml = write_config(shim_account(config), new_folder(folder / "served"))
        entries = {**SETTINGS, **settings, "listen": f"127.0.0.1:{self.port}"}
        lines = [
            "[http_api]",
            *(f"{name} = {json.dumps(value)}" for name, value in entries.items()),
        ]
        for heid in range(1, 5):
            lines += [f"[he_api.{heid}]", f'url = "{self.head.url}"', "timeout_seconds = 60"]
        toml.write_text(toml.read_text() + "\n".join(lines) + "\n" + more)
        self.toml = toml
        self.served: Served = kenshin_serve(toml, folder)
        self.served.ready(self.pool, self.url + "/readyz")

    def post(
        self, role: str | None, path: str, body: Any, headers: Mapping[str, str] | None = None
    ) -> Said:
        """One request; `body` as JSON, or as it is when it is bytes."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if role is not None:
            sent.setdefault("Authorization", f"Bearer {self.keys[role]}")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._asked("POST", f"/api/v1/{path}", body=content, headers=sent)

    def get(self, path: str) -> Said:
        return self._asked("GET", path)

    def _asked(self, method: str, path: str, **more: Any) -> Said:
        answer = self.pool.request(method, self.url + path, timeout=PATIENCE, **more)
        return Said(answer.status, answer.headers, answer.data.decode())

    def end(self) -> None:
        self.served.end()
        self.head.close()
        self.pool.clear()


def shim_account(config: Config) -> Config:
    """The installation as a new account of role SHIM reaches it."""
    name, password = f"{config.role_prefix}api".lower(), access.new_password()
    with open_session(config) as owner:
        access.add_account(owner, name, "SHIM", password)
    return as_account(config, name, password)


def new_folder(path: Path) -> Path:
    path.mkdir()
    return path


def add_key(config: Config, role: str, client: str = "") -> str:
    """A new key of a client, which is named like its role unless it says otherwise."""
    key_id, text, digest = new_key()
    with open_session(config) as session:
        Rules(session, Catalog(config.dialect)).run(
            "ADD_API_KEY",
            p_key_id=key_id,
            p_client=client or f"test-{role.lower()}",
            p_key_hash=digest,
            p_role=role,
        )
    return text
