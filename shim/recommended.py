"""Settings that kenshin recommends for a server: each with its reason, and how it is judged.

docs/settings.md has them as tables. What `preflight` looks at is here for the tables alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MANY = 10_000  # logical devices from which a server's defaults do no more
SPARE_FILES = 300  # of tables that are no history, and of the server itself

_KIB, _MIB, _GIB = 1 << 10, 1 << 20, 1 << 30
_UNITS = {"": 1, "K": _KIB, "M": _MIB, "G": _GIB}

INNODB = ("mysql", "mariadb")
FIREBIRD = ("firebird", "firebird-embedded")


@dataclass(frozen=True)
class Live:
    """What settings are judged by."""

    engine: str
    values: Mapping[str, str]  # of the settings that the server has
    hot: int = 0  # bytes of the history that is still written to
    files: int = 0  # that the histories are made of
    memory: int | None = None  # bytes of the server's machine, where that can be told

    def bytes_of(self, name: str) -> int | None:
        """A setting that is a size or a number; none where the server has none such."""
        return size(self.values[name]) if self.values.get(name) else None

    def is_on(self, name: str) -> bool:
        """Whether a setting is on."""
        return self.values.get(name, "").upper() in ("ON", "1", "TRUE", "YES")


Judge = Callable[[Live], str]


@dataclass(frozen=True)
class Setting:
    """One recommendation. `wrong` says what is wrong with a server, '' when nothing is."""

    name: str
    engines: tuple[str, ...]
    recommended: str
    why: str
    do: str
    wrong: Judge | None = None
    many: bool = False  # whether it matters from MANY logical devices on only
    seen_by: str = ""  # the check of `preflight` that looks at it
    best: str = ""  # the value to measure against,
    others: tuple[str, ...] = field(default=())  # these

    def judge(self, live: Live) -> str:
        """What is wrong with a server, '' when nothing is, or when nobody judges it."""
        return "" if self.wrong is None else self.wrong(live)

    @property
    def judged(self) -> str:
        """Who judges it, for people."""
        if self.seen_by:
            return f"`{self.seen_by}`"
        return "–" if self.wrong is None else "large stations" if self.many else "always"


def size(text: str) -> int:
    """A size as servers write it, in bytes: 512M, 0.5G, 4096. ValueError for another form."""
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?)\s*([KMG]?)B?", text.strip().upper())
    if match is None:
        raise ValueError(f"{text!r} is no size")
    return int(float(match[1]) * _UNITS[match[2]])


def shown(count: int) -> str:
    """Bytes for people."""
    for unit, name in ((_GIB, "GiB"), (_MIB, "MiB"), (_KIB, "KiB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}".replace(".0 ", " ")
    return f"{count} bytes"


# --- How settings are judged ----------------------------------------------------------


def at_least(name: str, least: str, *, bytes_: bool = True) -> Judge:
    """Wrong when it is smaller."""

    def wrong(live: Live) -> str:
        has = live.bytes_of(name)
        if has is None or has >= size(least):
            return ""
        return f"{name} = {shown(has) if bytes_ else has}"

    return wrong


def one_of(name: str, *values: str) -> Judge:
    """Wrong when it is another one."""

    def wrong(live: Live) -> str:
        has = live.values.get(name)
        return "" if has is None or has.upper() in values else f"{name} = {has}"

    return wrong


def _buffer_pool(live: Live) -> str:
    pool = live.bytes_of("innodb_buffer_pool_size") or 0
    found = f"innodb_buffer_pool_size = {shown(pool)}"
    if pool < live.hot:
        return f"{found}, but the newest days of the histories take {shown(live.hot)}"
    if live.memory is not None and pool > live.memory * 0.8:
        return f"{found} of the machine's {shown(live.memory)}: nothing is left for the rest"
    return ""


def _open_files(live: Live) -> str:
    needed = live.files + SPARE_FILES
    # MySQL may take more into its own hands than it says; what counts is what it was given.
    found = [
        f"{name} = {has}"
        for name in ("innodb_open_files", "open_files_limit")
        if (has := live.bytes_of(name)) is not None and has < needed
    ]
    return f"{', '.join(found)}, but the histories have {live.files} partitions" if found else ""


def _log_expiry(live: Live) -> str:
    seconds = live.bytes_of("binlog_expire_logs_seconds")
    days = live.bytes_of("expire_logs_days")
    if not live.is_on("log_bin") or seconds or days or (seconds is None and days is None):
        return ""
    return "binary logs are never removed"


def _page_cache(live: Live) -> str:
    pages, page = live.bytes_of("page buffers") or 0, live.bytes_of("page size") or 0
    if live.engine == "firebird-embedded" or pages * page >= 256 * _MIB:
        return ""
    return f"{pages} pages of {shown(page)}, {shown(pages * page)} in all"


def _server_mode(live: Live) -> str:
    mode = live.values.get("ServerMode", "")
    if live.engine == "firebird-embedded" or mode.upper() in ("", "SUPER", "THREADEDDEDICATED"):
        return ""
    return f"ServerMode = {mode}: each connection has a page cache of its own"


# --- What is recommended --------------------------------------------------------------

_CNF = "in [mysqld], and restart"
_CONF = "in firebird.conf, and restart"

SETTINGS = (
    Setting(
        "innodb_buffer_pool_size",
        INNODB,
        "half to three quarters of the memory; at least what the days that are not packed take",
        "Each snapshot writes a partition of its own and reads the one before. Polling again and "
        "packing a day read the other partitions of two days: from memory, or from disk.",
        f"set innodb_buffer_pool_size to half of the machine's memory {_CNF}",
        _buffer_pool,
        best="4G",
        others=("128M",),
    ),
    Setting(
        "innodb_redo_log_capacity",
        ("mysql",),
        "MySQL: 2G, at least 512M",
        "When it is full, rows wait until pages are on disk: it must hold some snapshots.",
        f"set innodb_redo_log_capacity = 2G {_CNF}",
        at_least("innodb_redo_log_capacity", "512M"),
        many=True,
        best="2G",
        others=("100M",),
    ),
    Setting(
        "innodb_log_file_size",
        ("mariadb",),
        "MariaDB: 2G, at least 512M",
        "When it is full, rows wait until pages are on disk: it must hold some snapshots.",
        f"set innodb_log_file_size = 2G {_CNF}",
        at_least("innodb_log_file_size", "512M"),
        many=True,
        best="2G",
        others=("96M",),
    ),
    Setting(
        "innodb_log_buffer_size",
        INNODB,
        "64M, at least 16M",
        "What one transaction writes goes through it: a snapshot of a head-end is one transaction.",
        f"set innodb_log_buffer_size = 64M {_CNF}",
        at_least("innodb_log_buffer_size", "16M"),
        many=True,
        best="64M",
        others=("8M",),
    ),
    Setting(
        "innodb_flush_log_at_trx_commit",
        INNODB,
        "1",
        "With 0 or 2 a power cut costs the last commits: files that were moved to done/ are gone.",
        "set innodb_flush_log_at_trx_commit = 1",
        seen_by="durability",
        best="1",
        others=("2",),
    ),
    Setting(
        "innodb_doublewrite",
        INNODB,
        "ON",
        "A page that a power cut tore is mended from its copy; else the table is lost.",
        f"set innodb_doublewrite = ON {_CNF}",
        seen_by="durability",
        best="ON",
        others=("OFF",),
    ),
    Setting(
        "innodb_flush_method",
        INNODB,
        "O_DIRECT",
        "Else pages are in memory twice: in the pool, and in the cache of the system.",
        f"set innodb_flush_method = O_DIRECT {_CNF}",
        one_of("innodb_flush_method", "O_DIRECT", "O_DIRECT_NO_FSYNC"),
        best="O_DIRECT",
        others=("fsync",),
    ),
    Setting(
        "innodb_io_capacity",
        INNODB,
        "2000 on SSD, at least 1000",
        "How many pages a second are written in the background: with too few a full redo log stops "
        "the cycle.",
        "set innodb_io_capacity = 2000, or what the disks can do",
        at_least("innodb_io_capacity", "1000", bytes_=False),
        many=True,
        best="2000",
        others=("200",),
    ),
    Setting(
        "innodb_adaptive_hash_index",
        INNODB,
        "OFF",
        "Partitions come and go: each that is dropped is first searched for in it.",
        "set innodb_adaptive_hash_index = OFF",
        one_of("innodb_adaptive_hash_index", "OFF", "0"),
        many=True,
        best="OFF",
        others=("ON",),
    ),
    Setting(
        "innodb_file_per_table",
        INNODB,
        "ON",
        "A partition that is dropped gives its disk space back.",
        "set innodb_file_per_table = ON before kenshin db apply",
        one_of("innodb_file_per_table", "ON", "1"),
    ),
    Setting(
        "innodb_open_files, open_files_limit",
        INNODB,
        f"the partitions of the histories and {SPARE_FILES} more",
        "Each partition is a file: USAGE_DAYS and the days of QUOTE_MONTHS, and some 120 for the "
        "snapshots of the newest days. Those that are not open are opened each time.",
        f"set innodb_open_files = 8000 and open_files_limit = 20000 {_CNF}; with systemd "
        "LimitNOFILE too",
        _open_files,
    ),
    Setting(
        "table_open_cache",
        INNODB,
        "4000, at least 1000",
        "A history that falls out of it is opened anew, with all of its partitions.",
        "set table_open_cache = 4000",
        at_least("table_open_cache", "1000", bytes_=False),
        best="4000",
        others=("40",),
    ),
    Setting(
        "tmp_table_size, max_heap_table_size",
        INNODB,
        "256M, at least 64M",
        "Rules gather a snapshot in tables of the session; those that grow beyond it go to disk.",
        "set tmp_table_size = 256M and max_heap_table_size = 256M",
        lambda live: "; ".join(
            filter(
                None,
                (at_least(n, "64M")(live) for n in ("tmp_table_size", "max_heap_table_size")),
            )
        ),
        many=True,
        best="256M",
        others=("16M",),
    ),
    Setting(
        "log_bin",
        INNODB,
        "OFF, unless you restore to a moment or have replicas",
        "Every row is written twice more. Then sync_binlog = 1, binlog_format = ROW.",
        f"set skip_log_bin {_CNF}",
        best="OFF",
        others=("ON",),
    ),
    Setting(
        "sync_binlog",
        INNODB,
        "1 with log_bin",
        "With another value a power cut leaves log and tables apart.",
        "set sync_binlog = 1",
        seen_by="durability",
    ),
    Setting(
        "binlog_expire_logs_seconds",
        INNODB,
        "259200 with log_bin",
        "Binary logs grow by as much as the histories do, and MariaDB keeps them for ever.",
        "set binlog_expire_logs_seconds = 259200, or as far back as you restore",
        _log_expiry,
    ),
    Setting(
        "performance_schema",
        INNODB,
        "as monitoring needs it",
        "It counts what each statement does; `kenshin db preflight` finds who holds locks by it.",
        f"set performance_schema = OFF {_CNF}",
        best="OFF",
        others=("ON",),
    ),
    Setting(
        "max_allowed_packet",
        INNODB,
        "256M",
        "MySQL reads a file of the exchange directory as one value.",
        "set max_allowed_packet = 256M",
        seen_by="max_allowed_packet",
    ),
    Setting(
        "secure_file_priv",
        INNODB,
        "the exchange directory",
        "Rules read and write files there, and nowhere else.",
        f"set secure_file_priv {_CNF}",
        seen_by="exchange setting",
    ),
    Setting(
        "local_infile",
        INNODB,
        "ON",
        "The cycle streams its files to the server.",
        "set local_infile = 1",
        seen_by="local_infile",
    ),
    Setting(
        "lock_wait_timeout",
        INNODB,
        "any",
        "Sessions set their own: partitions are changed with one of 5 seconds.",
        "let nothing between here and the server keep a session from setting it",
        seen_by="lock_wait_timeout",
    ),
    Setting(
        "activate_all_roles_on_login",
        ("mysql",),
        "MySQL: OFF",
        "MySQL forgets rights on procedures that come by a role in use.",
        "set activate_all_roles_on_login = 0",
        seen_by="roles",
    ),
    Setting(
        "DefaultDbCachePages",
        FIREBIRD,
        "32768 on a server, at least 256 MiB",
        "The index of a history is written all over with each snapshot. kenshin gives the embedded "
        "engine 4096 for each connection.",
        f"set DefaultDbCachePages = 32768 {_CONF}; gfix -buffers 0 where a file has its own number",
        _page_cache,
        many=True,
        best="32768",
        others=("2048",),
    ),
    Setting(
        "TempCacheLimit",
        FIREBIRD,
        "256M",
        "Sorts that grow beyond it go to disk: an export sorts its snapshot.",
        f"set TempCacheLimit = 256M {_CONF}",
        at_least("TempCacheLimit", "256M"),
        many=True,
        best="256M",
        others=("8M",),
    ),
    Setting(
        "ServerMode",
        FIREBIRD,
        "Super on a server",
        "All connections share one page cache. The embedded engine is Classic: several processes "
        "share its files.",
        f"set ServerMode = Super {_CONF}",
        _server_mode,
        many=True,
        best="Super",
        others=("SuperClassic",),
    ),
    Setting(
        "page size",
        FIREBIRD,
        "16384",
        "Fewer levels of an index, more rows a page. kenshin makes its files so.",
        "make the file anew: gbak -b, then gbak -c -page_size 16384",
        at_least("page size", "16384"),
    ),
    Setting(
        "forced writes",
        FIREBIRD,
        "on",
        "Without them a power cut costs commits, or the file.",
        "gfix -write sync",
        seen_by="durability",
    ),
    Setting(
        "ExternalFileAccess",
        FIREBIRD,
        "Restrict, and the exchange directory",
        "Rules read and write files there, and nowhere else.",
        f"set ExternalFileAccess {_CONF}",
        seen_by="exchange setting",
    ),
    Setting(
        "ExtConnPoolSize",
        FIREBIRD,
        "8",
        "Else every file that a rule reads costs a connection.",
        f"set ExtConnPoolSize = 8 {_CONF}",
        seen_by="connection pool",
    ),
)
