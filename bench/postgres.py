"""A PostgreSQL server of its own, of Debian's package, as an account without rights."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bench.floor import first_of_day
from servers import Server, ServerError
from servers.programs import run

if TYPE_CHECKING:
    from bench.station import Station

_ACCOUNT = "postgres"  # comes with the package; the server refuses to run as root
_TABLES = """
CREATE TABLE USAGE_HISTORY (
    LD_ID VARCHAR(32) NOT NULL, SUB_NUMBER SMALLINT NOT NULL, MEASURED_TIME TIMESTAMP NOT NULL,
    READING DECIMAL(18,4), USAGE_VALUE DECIMAL(18,4), STATUS SMALLINT DEFAULT 0 NOT NULL,
    REPOLL_READING DECIMAL(18,4), REPOLL_USAGE DECIMAL(18,4), REPOLLED_AT TIMESTAMP,
    REPOLLS SMALLINT DEFAULT 0 NOT NULL, PRIMARY KEY (LD_ID, SUB_NUMBER, MEASURED_TIME));
CREATE TABLE QUOTE_HISTORY (
    LD_ID VARCHAR(32) NOT NULL, SUB_NUMBER SMALLINT NOT NULL, MEASURED_TIME TIMESTAMP NOT NULL,
    USAGE_VALUE DECIMAL(18,4), QUALITY CHAR(1) DEFAULT 'N' NOT NULL, METHOD VARCHAR(16),
    REVISION INTEGER DEFAULT 0 NOT NULL, QUOTE DECIMAL(18,4), CO2 DECIMAL(18,4),
    SOURCE CHAR(1) DEFAULT 'N' NOT NULL, UPDATED_AT TIMESTAMP,
    PRIMARY KEY (LD_ID, SUB_NUMBER, MEASURED_TIME));
"""
_ROWS = """
INSERT INTO USAGE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE)
SELECT 'P' || LPAD(d::text, 9, '0'), 1, TIMESTAMP '{end}' + k * INTERVAL '30 minutes',
       (d % 5000) + 50000 + k * 0.5, 0.5
  FROM generate_series(1, {points}) d CROSS JOIN generate_series({first}, 0) k ORDER BY d, k;
INSERT INTO QUOTE_HISTORY (LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, UPDATED_AT)
SELECT LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, 'M', MEASURED_TIME FROM USAGE_HISTORY
 ORDER BY 1, 2, 3;
VACUUM ANALYZE;
CHECKPOINT;
"""
_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "30min"}


@cache
def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def missing() -> str:
    """What keeps PostgreSQL from being measured, and what to do; empty when nothing does."""
    if _programs() is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_ACCOUNT)
        except KeyError:
            return f"there is no account {_ACCOUNT}: apt-get install postgresql"
    return ""


class PostgresServer(Server):
    """Listens on a socket in its own folder and nowhere else."""

    engine: ClassVar[str] = "postgres"

    def _prepare(self) -> None:
        data = self.folder / "data"
        if os.geteuid() == 0:
            account = pwd.getpwnam(_ACCOUNT)
            for folder in (self.folder, self.exchange):
                os.chown(folder, account.pw_uid, account.pw_gid)
        run([*_as_account(), str(self._bin / "initdb"), "-D", str(data), "-U", self.user,
             "--auth=trust", "--encoding=UTF8", "--locale=C"])  # fmt: skip

    @property
    def _bin(self) -> Path:
        found = _programs()
        if found is None:
            raise ServerError(missing())
        return found

    def _command(self) -> list[str]:
        options = {"unix_socket_directories": str(self.folder), "listen_addresses": "", **_SETTINGS}
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        return [
            *_as_account(),
            str(self._bin / "postgres"),
            "-D",
            str(self.folder / "data"),
            *words,
        ]

    def _probe(self) -> str:
        return self.ask("SHOW server_version").strip()

    def connect(self, *args: Any, **options: Any) -> Any:
        """There is no driver of it among ours: `ask` calls psql."""
        raise ServerError("there is no driver of PostgreSQL here: ask(script) calls psql")

    def close(self) -> None:
        if self.running and os.getpid() == self._pid:
            self.stop()  # so that it frees what it shares with its processes
        super().close()

    def start(self, timeout: float = 300.0) -> Self:
        """Start it; a server that does not come is removed."""
        try:
            return super().start(timeout)
        except BaseException:
            self.close()
            raise

    def ask(self, script: str) -> str:
        """What psql prints for a script. Raises ServerError when a statement fails."""
        psql = shutil.which("psql", path=f"{self._bin}:{os.environ.get('PATH', '')}") or "psql"
        words = ["-h", str(self.folder), "-U", self.user, "-d", "postgres"]
        done = subprocess.run(
            [psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *words],
            input=script,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"psql: {done.stderr[-2000:]}")
        return done.stdout

    def seconds(self, statements: Iterable[str]) -> float:
        """What statements take together, each a transaction of its own."""
        script = "".join(f"{statement};\n" for statement in statements)
        printed = self.ask(f"\\timing on\n{script}")
        return sum(float(ms) for ms in re.findall(r"^Time: ([0-9.]+) ms", printed, re.M)) / 1000

    def fill(self, station: Station) -> None:
        """Tables of the same layout, and as much of the present day as the histories have."""
        world = station.world
        first = max(1 - world.filled, first_of_day(world))
        self.ask(_TABLES + _ROWS.format(end=world.at(0), points=world.rows, first=first))


def _as_account() -> list[str]:
    if os.geteuid() != 0:
        return []
    # The signal that ends it with its parent is lost when the account changes.
    return ["setpriv", f"--reuid={_ACCOUNT}", f"--regid={_ACCOUNT}", "--clear-groups",
            "--pdeathsig", "KILL", "--"]  # fmt: skip
