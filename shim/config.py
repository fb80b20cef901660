"""The configuration of one installation: kenshin.toml, and secrets beside it."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

ENGINES = ("firebird-embedded", "firebird", "mysql", "mariadb")


class ConfigError(Exception):
    """The configuration cannot be used; the message says which entry and why."""


@dataclass(frozen=True)
class Connection:
    """How to reach the databases. Fields that an engine does not need stay empty."""

    host: str = "localhost"
    port: int = 0
    socket: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    durable: bool = True  # Firebird: a commit is on the disk; chosen when the files are made


@dataclass(frozen=True)
class Config:
    """One installation.

    `places` says where each of the databases mdm, vps and he is: a schema on MySQL and
    MariaDB, a database file on Firebird. Two databases at one place share it; with he at
    the place of mdm, head-ends read MDM-DB itself and nothing is synchronised.
    """

    engine: str
    places: dict[str, str]
    exchange: Path
    inbox: Path
    outbox: Path
    connection: Connection = Connection()
    simulator: dict[str, object] = field(default_factory=dict)
    role_prefix: str = "KENSHIN_"  # two installations on one server need two
    kek_file: Path | None = None  # key-encryption keys, unless KENSHIN_KEK holds them

    def role(self, consumer: str) -> str:
        """The name of a consumer's role in the database."""
        return self.role_prefix + consumer

    @property
    def dialect(self) -> str:
        """The dialect that the templates are rendered in."""
        return "firebird" if self.engine.startswith("firebird") else self.engine


def load(path: Path) -> Config:
    """Read a configuration file; relative paths in it count from its folder.

    Raises ConfigError when the file, an entry or a secret is missing or unusable.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; give one with --config or KENSHIN_CONFIG"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from error
    return from_entries(entries, path.resolve().parent)


def from_entries(entries: dict[str, object], base: Path) -> Config:
    """Make a configuration from the tables of a TOML document."""
    engine = str(entries.get("engine", ENGINES[0]))
    if engine not in ENGINES:
        raise ConfigError(f"engine = {engine!r}: must be one of {', '.join(ENGINES)}")
    files = _table(entries, "files")
    exchange = base / str(files.get("exchange", "exchange"))
    return Config(
        engine=engine,
        places=_places(engine, _table(entries, "places"), base),
        exchange=exchange,
        inbox=base / str(files.get("inbox", "inbox")),
        outbox=base / str(files.get("outbox", "outbox")),
        connection=_connection(_table(entries, "connection"), base),
        simulator=_table(entries, "simulator"),
        role_prefix=_prefix(_table(entries, "access")),
        kek_file=_kek_file(_table(entries, "secrets"), base),
    )


def _table(entries: dict[str, object], name: str) -> dict[str, object]:
    table = entries.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"[{name}] must be a table")
    return table


def _places(engine: str, given: dict[str, object], base: Path) -> dict[str, str]:
    if engine == "firebird-embedded":
        names = {"mdm": "kenshin.fdb", "vps": "kenshin.fdb", "he": "kenshin-he.fdb"}
    elif engine == "firebird":
        names = {"mdm": "kenshin", "vps": "kenshin", "he": "kenshin-he"}
    else:
        names = {"mdm": "mdm", "vps": "vps", "he": "he"}
    names.update({str(database): str(place) for database, place in given.items()})
    unknown = sorted(set(names) - {"mdm", "vps", "he"})
    if unknown:
        raise ConfigError(f"[places] {unknown[0]}: there are only mdm, vps and he")
    if engine == "firebird-embedded":
        return {database: str((base / place).resolve()) for database, place in names.items()}
    return names


def _connection(entries: dict[str, object], base: Path) -> Connection:
    return Connection(
        host=str(entries.get("host", "localhost")),
        port=int(str(entries.get("port", 0))),
        socket=str(entries.get("socket", "")),
        user=str(entries.get("user", "")),
        password=_secret(entries, base),
        durable=bool(entries.get("durable", True)),
    )


def _prefix(entries: dict[str, object]) -> str:
    prefix = str(entries.get("role_prefix", "KENSHIN_"))
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,19}", prefix):
        raise ConfigError(
            f"[access] role_prefix = {prefix!r}: upper-case letters, digits and underscores, "
            "at most 20, a letter first"
        )
    return prefix


def _kek_file(entries: dict[str, object], base: Path) -> Path | None:
    unknown = sorted(set(entries) - {"kek_file"})
    if unknown:
        raise ConfigError(
            f"[secrets] {unknown[0]}: there is only kek_file, which names the file of the keys"
        )
    return base / str(entries["kek_file"]) if "kek_file" in entries else None


def _secret(entries: dict[str, object], base: Path) -> str:
    if "password" in entries:
        raise ConfigError(
            "[connection] password: no secret stands in the configuration; "
            "name its file with password_file, or set KENSHIN_PASSWORD"
        )
    if "KENSHIN_PASSWORD" in os.environ:
        return os.environ["KENSHIN_PASSWORD"]
    if "password_file" not in entries:
        return ""
    path = base / str(entries["password_file"])
    try:
        return path.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise ConfigError(f"[connection] password_file {path}: {error.strerror}") from error
