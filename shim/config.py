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

_SYSLOG_PLACE = re.compile(
    r"unix:/[^\x00]+"
    r"|(udp|tcp|tls)://(?P<host>[^\s/:@\[\]]+|\[[0-9A-Fa-f:.%\w]+\]):(?P<port>[0-9]{1,5})"
)
# RFC 5424 has numbers; these are the keywords that syslog daemons give them.
FACILITIES = {
    "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "syslog": 5, "lpr": 6, "news": 7,
    "uucp": 8, "cron": 9, "authpriv": 10, "ftp": 11, "ntp": 12, "security": 13, "console": 14,
    "clock": 15, **{f"local{number}": 16 + number for number in range(8)},
}  # fmt: skip

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
class Remote:
    """A folder of files at another system, and how to log in there.

    The scheme of `url` says by what protocol: file, ftp, ftps (TLS asked for on the ordinary
    port) or sftp; it holds the user and never the password.
    """

    url: str
    password_file: Path | None = None
    ca_file: Path | None = None  # ftps: of an authority that the machine does not know
    key_file: Path | None = None  # sftp: private key, instead of a password
    known_hosts_file: Path | None = None  # sftp: keys of the server; ~/.ssh/known_hosts
    timeout_seconds: int = 30


@dataclass(frozen=True)
class Transfer:
    """Where files come from and go to; what is not named lies in a folder of our own."""

    logs: dict[int, Remote] = field(default_factory=dict)  # collection logs, by HEID
    usage: Remote | None = None
    bills: Remote | None = None
    certificates: Remote | None = None
    devices: Remote | None = None


@dataclass(frozen=True)
class Syslog:
    """Where messages of RFC 5424 go: unix:/PATH, udp://HOST:PORT, tcp://HOST:PORT, tls://HOST:PORT."""

    to: str = "unix:/dev/log"
    facility: str = "local3"  # of what verbs have to say; alerts have their own
    ca_file: Path | None = None  # tls: of an authority that the machine does not know
    timeout_seconds: int = 10

    def __post_init__(self) -> None:
        """Raises ConfigError for an address or a facility that there cannot be."""
        if not _SYSLOG_PLACE.fullmatch(self.to) or self.address[1] > 65535:
            raise ConfigError(
                f"syslog to = {self.to!r}: must be unix:/PATH, or udp://, tcp:// or tls:// with "
                "HOST:PORT, an IPv6 address in brackets"
            )
        if self.scheme == "unix" and len(os.fsencode(self.place)) > 107:
            raise ConfigError(f"syslog to = {self.to!r}: a socket's path has 107 bytes at most")
        if self.facility not in FACILITIES:
            raise ConfigError(
                f"syslog facility = {self.facility!r}: must be one of {', '.join(FACILITIES)}"
            )
        if self.ca_file and self.scheme != "tls":
            raise ConfigError(
                f"syslog ca_file: {self.to!r} has no certificate; only tls:// has one"
            )

    @property
    def scheme(self) -> str:
        """unix, udp, tcp or tls."""
        return self.to.partition(":")[0]

    @property
    def place(self) -> str:
        """The path of a unix socket."""
        return self.to.partition(":")[2]

    @property
    def address(self) -> tuple[str, int]:
        """Host and port; of a unix socket nothing."""
        found = _SYSLOG_PLACE.fullmatch(self.to)
        if not found or not found["port"]:
            return "", 0
        return found["host"].strip("[]"), int(found["port"])


@dataclass(frozen=True)
class Dhcp:
    """The DHCP server of PROV, which is told of devices that come and go."""

    server: str = "isc"  # isc: OMAPI of dhcpd; kea: control API
    host: str = "localhost"  # isc
    port: int = 7911  # isc
    key_name: str = ""  # isc: of the key that signs
    key_file: Path | None = None  # isc: its secret, in base 64
    url: str = ""  # kea: of the control agent
    user: str = ""  # kea
    password_file: Path | None = None  # kea
    ca_file: Path | None = None  # kea
    subnet_id: int = 0  # kea: of the subnet of its devices; 0 global reservations
    timeout_seconds: int = 5


@dataclass(frozen=True)
class Ingest:
    """What syslog-ingest makes of messages of other applications."""

    # Of the text of a message that says that a device is configured; its group mac is the device's.
    completed: str = ""

    def __post_init__(self) -> None:
        """Raises ConfigError for what is no pattern, or has no group mac."""
        try:
            pattern = re.compile(self.completed)
        except re.error as error:
            raise ConfigError(f"[ingest] completed = {self.completed!r}: {error}") from error
        if self.completed and "mac" not in pattern.groupindex:
            raise ConfigError(
                f"[ingest] completed = {self.completed!r}: needs a group mac, as in "
                "'configured (?P<mac>[0-9A-F:]+)'"
            )


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
    transfer: Transfer = Transfer()
    syslog: Syslog = Syslog()
    nms: Syslog | None = None  # where alerts go, unless they go the way of all messages
    dhcp: Dhcp | None = None
    ingest: Ingest = Ingest()
    archive: Path | None = None  # folder of the archived months

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
        transfer=_transfer(_table(entries, "transfer"), base),
        syslog=_filled(Syslog, _table(entries, "syslog"), "syslog", base),
        nms=_filled(Syslog, _table(entries, "nms"), "nms", base) if "nms" in entries else None,
        dhcp=_dhcp(_table(entries, "dhcp"), base) if "dhcp" in entries else None,
        ingest=_filled(Ingest, _table(entries, "ingest"), "ingest", base),
        archive=base / str(files["archive"]) if "archive" in files else None,
    )


def _head_ends(entries: dict[str, object], base: Path) -> dict[int, HeadEndApi]:
    found = {}
    for heid in entries:
        where = f"he_api.{heid}"
        head = _filled(HeadEndApi, {"url": "", **_table(entries, heid)}, where, base)
        if not re.fullmatch(r"https?://[^/?#\s]+(/[^?#\s]*)?", head.url):
            raise ConfigError(f"[{where}] url = {head.url!r}: must begin with https:// or http://")
        found[_heid(heid, where)] = head
    return found


def _heid(text: str, where: str) -> int:
    if not re.fullmatch("[1-9][0-9]{0,3}", text):
        raise ConfigError(f"[{where}]: must be the HEID of a head-end")
    return int(text)


def _transfer(entries: dict[str, object], base: Path) -> Transfer:
    known = [field.name for field in dataclasses.fields(Transfer)]
    for name in entries:
        if name not in known:
            raise ConfigError(f"[transfer.{name}]: there is only {', '.join(known)}")
    logs = {
        _heid(heid, f"transfer.logs.{heid}"): _remote(
            _table(_table(entries, "logs"), heid), f"transfer.logs.{heid}", base
        )
        for heid in _table(entries, "logs")
    }
    one = {
        name: _remote(_table(entries, name), f"transfer.{name}", base)
        for name in entries
        if name != "logs"
    }
    return Transfer(logs, **one)


def _remote(entries: dict[str, object], where: str, base: Path) -> Remote:
    remote = _filled(Remote, {"url": "", **entries}, where, base)
    # A password in the URL would stand in logs and errors.
    if not re.fullmatch(
        r"file:///\S*|(ftps?|sftp)://([^\s/:@?#]+@)?[^\s/@?#]+(/[^\s?#]*)?", remote.url
    ):
        raise ConfigError(
            f"[{where}] url: must be file:///FOLDER or ftp://, ftps:// or sftp://USER@HOST/FOLDER; "
            "the password stands in password_file"
        )
    if not remote.timeout_seconds:
        raise ConfigError(f"[{where}] timeout_seconds = 0: nothing waits without end")
    return remote


def _dhcp(entries: dict[str, object], base: Path) -> Dhcp:
    dhcp = _filled(Dhcp, entries, "dhcp", base)
    if dhcp.server not in ("isc", "kea"):
        raise ConfigError(f"[dhcp] server = {dhcp.server!r}: must be isc or kea")
    return dhcp


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
