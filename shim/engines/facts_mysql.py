"""What can be asked of MySQL and MariaDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from kenshin.engines.base import EngineError
from kenshin.engines.facts import Blocker, Facts, Finding, Unknown, opening, text_of
from kenshin.render import render_template

_EPOCH = datetime(1970, 1, 1)
_PACKET = 256 << 20  # what the guide to installing asks for
_GRANT = re.compile(r"GRANT (?P<what>.+?) ON (?P<place>\*|[`\"].*?[`\"])\.\* TO (?P<rest>.*)")

# What installing takes, beside the right to pass it on.
_ON_SERVER = {"CREATE USER", "FILE", "GRANT OPTION"}
_ON_ITS_SERVER = {
    # For another definer; to say CREATE USER IF NOT EXISTS of a definer; to verify bodies.
    "mysql": {"SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER", "SHOW_ROUTINE"},
    "mariadb": {"SET USER"},
}
_ON_SCHEMA = {
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "EXECUTE",
    "CREATE",
    "ALTER",
    "DROP",
    "INDEX",
    "CREATE VIEW",
    "SHOW VIEW",
    "CREATE ROUTINE",
    "ALTER ROUTINE",
    "CREATE TEMPORARY TABLES",
    "GRANT OPTION",
}

# A transaction's begin is in the zone of the system, whatever zone the session has.
_AGE = """GREATEST(COALESCE(TIMESTAMPDIFF(SECOND, MIN(x.trx_started),
                  CONVERT_TZ(NOW(), @@SESSION.time_zone, 'SYSTEM')), 0), {running})"""
# Who holds locks on objects of ours, where the server keeps account of them.
_HOLDERS = f"""
SELECT t.PROCESSLIST_ID, t.PROCESSLIST_USER, t.PROCESSLIST_HOST,
       {_AGE.format(running="COALESCE(MAX(t.PROCESSLIST_TIME), 0)")} AS AGE,
       MAX(t.PROCESSLIST_INFO)
  FROM performance_schema.metadata_locks l
  JOIN performance_schema.threads t ON t.THREAD_ID = l.OWNER_THREAD_ID
  LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = t.PROCESSLIST_ID
 WHERE l.LOCK_STATUS = 'GRANTED'
   AND l.OBJECT_SCHEMA IN ({{places}})
   AND t.PROCESSLIST_ID <> CONNECTION_ID()
 GROUP BY t.PROCESSLIST_ID, t.PROCESSLIST_USER, t.PROCESSLIST_HOST
"""
# Else whoever has a transaction open or a statement running, in whatever schema.
_OTHERS = f"""
SELECT p.ID, p.USER, p.HOST,
       {_AGE.format(running="MAX(CASE WHEN p.COMMAND = 'Sleep' THEN 0 ELSE p.TIME END)")} AS AGE,
       MAX(p.INFO)
  FROM information_schema.PROCESSLIST p
  LEFT JOIN information_schema.INNODB_TRX x ON x.trx_mysql_thread_id = p.ID
 WHERE p.ID <> CONNECTION_ID()
   AND (x.trx_id IS NOT NULL OR p.COMMAND IN ('Query', 'Execute'))
 GROUP BY p.ID, p.USER, p.HOST
"""


class MySQLFacts(Facts):
    """What a MySQL or MariaDB server says of itself."""

    def version(self) -> str:
        version = self.value("SELECT VERSION()")
        found = "mariadb" if "MariaDB" in version else "mysql"
        if found != self.config.engine:
            raise EngineError(f"{version} is another engine: set engine = {found!r}")
        return version

    def _schemas(self) -> list[tuple[str, str, str]]:
        rows = self.session.execute(
            "",
            "SELECT SCHEMA_NAME, DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME"
            " FROM information_schema.SCHEMATA",
        )
        ours = set(self.config.places.values())
        return [(str(a), str(b), str(c)) for a, b, c in rows if a in ours]

    def number(self) -> int:
        return int(self.value("SELECT CONNECTION_ID()"))

    def blockers(self, seconds: int) -> list[Blocker]:
        if self._lacks({"PROCESS"}):
            raise Unknown(f"others are not to be seen: GRANT PROCESS ON *.* TO {self._account()}")
        places = list(dict.fromkeys(self.config.places.values()))
        if self._keeps_account_of_locks():
            query = _HOLDERS.format(places=", ".join("?" * len(places)))
            rows = self.session.execute("", query, places)
        else:
            rows = self.session.execute("", _OTHERS)
        return [
            Blocker(int(number), text_of(account), text_of(host), int(age), opening(statement))
            for number, account, host, age, statement in rows
            if int(age) >= seconds
        ]

    def _keeps_account_of_locks(self) -> bool:
        if self.value("SELECT @@performance_schema") != "1":
            return False
        enabled = self.value(
            "SELECT i.ENABLED FROM performance_schema.setup_instruments i WHERE i.NAME = ?",
            "wait/lock/metadata/sql/mdl",
        )
        return enabled == "YES"

    def folders(self) -> list[str]:
        return [self.value("SELECT @@datadir")]

    def reads(self, name: str) -> bytes:
        self._needs_file()
        path = self._secure_folder() + name
        rows = self.session.execute("", "SELECT LOAD_FILE(?)", [path])
        return b"" if rows[0][0] is None else bytes(rows[0][0])

    def writes(self, name: str, content: bytes) -> None:
        self._needs_file()
        path = f"{self._secure_folder()}{name}".replace("'", "''")
        self.session.execute("", f"SELECT X'{content.hex()}' INTO DUMPFILE '{path}'")

    def _needs_file(self) -> None:
        if not self._secure_folder():
            raise Unknown("the server has no exchange directory: set secure_file_priv")
        if self._lacks({"FILE"}):
            raise Unknown(f"the server is not to be asked: GRANT FILE ON *.* TO {self._account()}")

    def _secure_folder(self) -> str:
        folder = self.value("SELECT @@GLOBAL.secure_file_priv")
        return "" if folder == "NULL" else folder

    def utc(self) -> datetime:
        moment: datetime = self.session.execute("", "SELECT UTC_TIMESTAMP(6)")[0][0]
        return moment

    def local(self, at: datetime) -> datetime:
        seconds = int((at - _EPOCH).total_seconds())
        moment: datetime = self.session.execute("", "SELECT FROM_UNIXTIME(?)", [seconds])[0][0]
        return moment

    def zone(self) -> str:
        zone = self.value("SELECT @@SESSION.time_zone")
        return zone if zone != "SYSTEM" else f"SYSTEM, {self.value('SELECT @@system_time_zone')}"

    def checks(self) -> dict[str, Callable[[], Iterable[Finding]]]:
        return {
            "privileges": self._privileges,
            "sql_mode": self._sql_mode,
            "character set": self._character_set,
            "exchange setting": self._exchange,
            "durability": self._durability,
            "local_infile": self._local_infile,
            "max_allowed_packet": self._packet,
            "lock_wait_timeout": self._lock_wait,
            "roles": self._roles,
        }

    # Privileges ------------------------------------------------------------------------

    def _account(self) -> str:
        name, _, host = self.value("SELECT CURRENT_USER()").rpartition("@")
        return f"'{name}'@'{host}'"

    def _lacks(self, wanted: set[str], place: str = "*") -> list[str]:
        """Which of these the account may not do in a schema, or on the whole server."""
        role = self.value("SELECT CURRENT_ROLE()")
        # MariaDB shows what the roles may do without being asked.
        asked = self.config.engine == "mysql" and role not in ("", "NONE")
        using = f" FOR CURRENT_USER() USING {role}" if asked else ""
        lacks = set(wanted)
        for (line,) in self.session.execute("", f"SHOW GRANTS{using}"):
            match = _GRANT.match(text_of(line))
            if match is None or not _covers(match["place"].strip('`"'), place):
                continue
            held = {name.strip() for name in match["what"].split(",")}
            lacks -= held if "ALL PRIVILEGES" not in held else lacks - {"GRANT OPTION"}
            lacks -= {"GRANT OPTION"} if "WITH GRANT OPTION" in match["rest"] else set()
        return sorted(lacks)

    def _privileges(self) -> Iterator[Finding]:
        needed = {"*": _ON_SERVER | _ON_ITS_SERVER[self.config.engine], "mysql": {"SELECT"}}
        needed |= dict.fromkeys(self.config.places.values(), _ON_SCHEMA)
        account = self._account()
        lacks = {place: self._lacks(wanted, place) for place, wanted in needed.items()}
        if not any(lacks.values()):
            yield Finding("privileges", "ok", f"{account} may install a release")
        for place, names in lacks.items():
            if names:
                found = f"{account} lacks {', '.join(names)} on {place}"
                yield Finding("privileges", "error", found, _given(names, place, account))

    # Settings --------------------------------------------------------------------------

    def _sql_mode(self) -> Iterator[Finding]:
        asked: set[str] = set()
        for statement in render_template(self.config.dialect, "prelude.sql")[1]:
            self.session.execute("", statement)
            found = re.search(r"sql_mode = '([^']*)'", statement)
            asked |= set(found[1].split(",")) if found else set()
        live = self.value("SELECT @@SESSION.sql_mode")
        lost = sorted(asked - set(live.split(",")))
        if lost:
            do = "let nothing between here and the server change sql_mode: it is frozen into rules"
            yield Finding("sql_mode", "error", f"{', '.join(lost)} was not taken", do)
        else:
            yield Finding("sql_mode", "ok", ",".join(sorted(asked)))

    def _character_set(self) -> Iterator[Finding]:
        found = self.value(
            "SELECT CONCAT_WS(' ', @@character_set_client, @@character_set_connection,"
            " @@character_set_results, @@collation_connection)"
        )
        if found != "utf8mb4 utf8mb4 utf8mb4 utf8mb4_bin":
            do = "let nothing between here and the server change the character set"
            yield Finding("character set", "error", found, do)
            return
        wrong = [s for s in self._schemas() if s[1:] != ("utf8mb4", "utf8mb4_bin")]
        for place, name, collation in wrong:
            # Parameters of rules take it from there.
            do = f"ALTER DATABASE {place} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            yield Finding("character set", "error", f"{place} has {name}, {collation}", do)
        if not wrong:
            yield Finding("character set", "ok", "utf8mb4, utf8mb4_bin")

    def _exchange(self) -> Iterator[Finding]:
        folder = self._secure_folder()
        do = f"set secure_file_priv = {self.config.exchange}/ for the server, and restart it"
        what = "exchange setting"
        if folder:
            yield Finding(what, "ok", f"secure_file_priv = {folder}")
        elif self.value("SELECT @@GLOBAL.secure_file_priv") == "NULL":  # so MySQL shuts it
            found = "secure_file_priv is NULL: no rule can read or write a file that it names"
            yield Finding(what, "warning", found, do)
        else:
            found = "secure_file_priv is empty: rules' rights reach every file of the server's user"
            yield Finding(what, "error", found, do)

    def _durability(self) -> Iterator[Finding]:
        wanted = {
            "innodb_flush_log_at_trx_commit": ("1",),
            "innodb_doublewrite": ("ON", "1", "DETECT_AND_RECOVER"),
        }
        if self.value("SELECT @@log_bin") == "1":
            wanted["sync_binlog"] = ("1",)
        live = {name: self.value(f"SELECT @@GLOBAL.{name}") for name in wanted}
        weak = {name: value for name, value in live.items() if value not in wanted[name]}
        for name, value in weak.items():
            do = f"set {name} = {wanted[name][0]}: a power cut may cost commits, or the database"
            yield Finding("durability", "warning", f"{name} = {value}", do)
        if not weak:
            found = ", ".join(f"{name} = {value}" for name, value in live.items())
            yield Finding("durability", "ok", found)

    def _local_infile(self) -> Iterator[Finding]:
        if self.value("SELECT @@GLOBAL.local_infile") == "1":
            yield Finding("local_infile", "ok", "on")
        else:
            do = "set local_infile = 1: the cycle streams its files to the server"
            yield Finding("local_infile", "error", "off", do)

    def _packet(self) -> Iterator[Finding]:
        size = int(self.value("SELECT @@SESSION.max_allowed_packet"))
        enough = size >= _PACKET
        yield Finding(
            "max_allowed_packet",
            "ok" if enough else "warning",
            f"{size >> 20} MiB",
            "" if enough else "set it to 256M: a file that a rule reads must fit",
        )

    def _roles(self) -> Iterator[Finding]:
        """MySQL forgets rights on procedures that come by a role in use."""
        if self.config.engine != "mysql":
            return
        if self.value("SELECT @@GLOBAL.activate_all_roles_on_login") == "0":
            yield Finding("roles", "ok", "accounts use no role by themselves")
        else:
            do = "set activate_all_roles_on_login = 0: a GRANT would cost them their rights"
            yield Finding("roles", "error", "accounts use their roles from the login on", do)

    def _lock_wait(self) -> Iterator[Finding]:
        usual = self.value("SELECT @@SESSION.lock_wait_timeout")
        self.session.execute("", "SET SESSION lock_wait_timeout = 5")
        taken = self.value("SELECT @@SESSION.lock_wait_timeout") == "5"
        self.session.execute("", f"SET SESSION lock_wait_timeout = {int(usual)}")
        if taken:
            found = f"{usual} s by default, and this account may set its own"
            yield Finding("lock_wait_timeout", "ok", found)
        else:
            do = "let nothing between here and the server keep a session from setting it"
            yield Finding("lock_wait_timeout", "error", f"{usual} s, and it stays", do)


def _covers(pattern: str, place: str) -> bool:
    """Whether a grant on a schema, which may be a pattern as in LIKE, is good for one."""
    if "*" in (pattern, place):
        return pattern == "*"
    signs = {"%": ".*", "_": "."}
    pieces = re.findall(r"\\.|.", pattern)
    return bool(re.fullmatch("".join(signs.get(p) or re.escape(p[-1]) for p in pieces), place))


def _given(names: list[str], place: str, account: str) -> str:
    """The statement that gives what is missing, for an administrator."""
    plain = [name for name in names if name != "GRANT OPTION"]
    where = place if place == "*" else "`{}`".format(place.replace("_", r"\_"))
    option = " WITH GRANT OPTION" if "GRANT OPTION" in names else ""
    return f"GRANT {', '.join(plain) or 'USAGE'} ON {where}.* TO {account}{option}"
