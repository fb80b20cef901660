"""The configuration of one installation: kenshin.toml, and secrets beside it."""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeVar

ENGINES = ("firebird-embedded", "firebird", "mysql", "mariadb")

# Rules and scripts write these names without quotes, and paths in plain ones.
_SCHEMA = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_NOT_IN_PATHS = re.compile(r"['\x00-\x1f\x7f-\x9f]")

T = TypeVar("T")


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
class HttpApi:
    """How the HTTP-API is served."""

    listen: str = "127.0.0.1:8480"
    workers: int = 2
    threads: int = 8  # requests that one worker works on at a time, each with its connection
    certificate: Path | None = None  # with its key: TLS without a proxy in front
    key: Path | None = None
    proxies: int = 0  # trusted proxies in front, whose X-Forwarded-For says where a request is from
    max_body_bytes: int = 1_048_576
    max_rows: int = 200  # of one request
    requests_per_minute: int = 6000  # of one client
    lock_seconds: int = 30  # that a request waits for another one on the same device
    settle_seconds: int = 10  # between two looks for controls whose outcome is open


@dataclass(frozen=True)
class HeadEndApi:
    """Where a head-end answers HE-API."""

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None  # of an authority that the machine does not know
    timeout_seconds: int = 20


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
    http_api: HttpApi = HttpApi()
    he_api: dict[int, HeadEndApi] = field(default_factory=dict)  # by HEID

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
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8, at byte {error.start}") from error
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
        http_api=_filled(HttpApi, _table(entries, "http_api"), "http_api", base),
        he_api=_head_ends(_table(entries, "he_api"), base),
    )


def _head_ends(entries: dict[str, object], base: Path) -> dict[int, HeadEndApi]:
    found = {}
    for heid in entries:
        if not re.fullmatch("[1-9][0-9]{0,3}", heid):
            raise ConfigError(f"[he_api.{heid}]: must be the HEID of a head-end")
        where = f"he_api.{heid}"
        head = _filled(HeadEndApi, {"url": "", **_table(entries, heid)}, where, base)
        if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", head.url):
            raise ConfigError(f"[{where}] url = {head.url!r}: must begin with https:// or http://")
        found[int(heid)] = head
    return found


def _filled(form: type[T], entries: dict[str, object], where: str, base: Path) -> T:
    """A form of paths, texts and whole numbers, filled from the entries of a table."""
    fields = {field.name: str(field.type) for field in dataclasses.fields(form)}  # type: ignore[arg-type]
    values: dict[str, object] = {}
    for name, value in entries.items():
        if name not in fields:
            raise ConfigError(f"[{where}] {name}: there is only {', '.join(fields)}")
        if fields[name] == "int":
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
                raise ConfigError(f"[{where}] {name} = {value!r}: must be a whole number")
            values[name] = value
        else:
            values[name] = base / str(value) if "Path" in fields[name] else str(value)
    return form(**values)


def _table(entries: dict[str, object], name: str) -> dict[str, object]:
    table = entries.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"[{name}] must be a table")
    return table


def _places(engine: str, given: dict[str, object], base: Path) -> dict[str, str]:
    if engine == "firebird-embedded":
        names = {"mdm": "kenshin.fdb", "vps": "kenshin.fdb", "he": "kenshin-he.fdb"}
    elif engine == "firebird":
        main = "/srv/kenshin/kenshin.fdb"
        names = {"mdm": main, "vps": main, "he": "/srv/kenshin/kenshin-he.fdb"}
    else:
        names = {"mdm": "mdm", "vps": "vps", "he": "he"}
    names.update({str(database): str(place) for database, place in given.items()})
    unknown = sorted(set(names) - {"mdm", "vps", "he"})
    if unknown:
        raise ConfigError(f"[places] {unknown[0]}: there are only mdm, vps and he")
    if engine == "firebird-embedded":
        names = {database: str(base / place) for database, place in names.items()}
    for database, place in names.items():
        wrong = _wrong_file(place) if engine.startswith("firebird") else _wrong_schema(place)
        if wrong:
            raise ConfigError(f"[places] {database} = {place!r}: {wrong}")
    if engine == "firebird-embedded":
        names = {database: str(Path(place).resolve()) for database, place in names.items()}
    _check_sharing(engine, names)
    return names


def _wrong_schema(place: str) -> str:
    if _SCHEMA.fullmatch(place):
        return ""
    return "a letter, then letters, digits and underscores, at most 64"


def _wrong_file(place: str) -> str:
    if not (PurePosixPath(place).is_absolute() or PureWindowsPath(place).is_absolute()):
        return (
            "must be the whole path of the database file on the server, no alias: "
            "rules find the scratch file beside it by its path"
        )
    if _NOT_IN_PATHS.search(place):
        return "no quote (') and no control character may stand in the path of a database file"
    return ""


def _check_sharing(engine: str, places: dict[str, str]) -> None:
    mdm, vps, he = (places[database] for database in ("mdm", "vps", "he"))
    if he == vps != mdm:
        raise ConfigError(
            f"[places] he = {he!r}: it cannot share the place of vps without mdm, for VPS-DB's "
            "rules would read HE-DB's copies; give it the place of mdm, or one of its own"
        )
    if he == vps and engine.startswith("firebird"):
        raise ConfigError(
            f"[places] he = {he!r}: on Firebird HE-DB and VPS-DB cannot be in one file; "
            "give he, or vps, a file of its own"
        )


def _connection(entries: dict[str, object], base: Path) -> Connection:
    return Connection(
        host=str(entries.get("host", "localhost")),
        port=_port(entries.get("port", 0)),
        socket=str(entries.get("socket", "")),
        user=str(entries.get("user", "")),
        password=_secret(entries, base),
        durable=bool(entries.get("durable", True)),
    )


def _port(given: object) -> int:
    text = str(given)
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > 65535:
        raise ConfigError(f"[connection] port = {given!r}: must be a number up to 65535")
    return int(text)


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
    except UnicodeDecodeError as error:
        raise ConfigError(f"[connection] password_file {path}: is not UTF-8") from error
