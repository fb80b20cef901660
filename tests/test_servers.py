"""The servers that other tests rely on: they answer, survive a crash and leave nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from servers import SERVERS, FirebirdServer, MySQLServer, Server
from servers.base import OWNER, PREFIX, STALE_AFTER, port_is_taken
from servers.innodb import InnoDBServer

DATABASE = "test.fdb"


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with SERVERS[request.param]() as started:
        yield started


@pytest.fixture
def short_path() -> Iterator[Path]:
    """For sockets: pytest's own folder, with a worker's name in it, may be too long for one."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def connect(server: Server) -> Any:
    if isinstance(server, FirebirdServer):
        fresh = not (server.databases / DATABASE).exists()
        return server.connect(DATABASE, create=fresh)
    return server.connect()


def rows(server: Server, query: str) -> list[Any]:
    with closing(connect(server)) as connection:
        cursor = connection.cursor()
        cursor.execute(query)
        found = list(cursor.fetchall())
        cursor.close()
        return found


def execute(server: Server, *statements: str) -> None:
    with closing(connect(server)) as connection:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
            connection.commit()
        cursor.close()


def table(server: Server) -> str:
    """An empty table that survives or not."""
    if isinstance(server, InnoDBServer):
        execute(server, "CREATE DATABASE crash")
        name = "crash.SURVIVOR"
    else:
        name = "SURVIVOR"
    execute(server, f"CREATE TABLE {name} (ID INT NOT NULL PRIMARY KEY)")
    return name


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(pid: int, seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not alive(pid)


VERSIONS = {
    "mysql": ("SELECT VERSION()", "9.7"),
    "mariadb": ("SELECT VERSION()", "10.11"),
    "firebird-server": (
        "SELECT RDB$GET_CONTEXT('SYSTEM', 'ENGINE_VERSION') FROM RDB$DATABASE",
        "4.0",
    ),
}


def test_answers_with_its_version(server: Server) -> None:
    query, expected = VERSIONS[server.engine]
    [(version,)] = rows(server, query)
    assert version.startswith(expected)
    assert expected in server.version


def test_a_wrong_password_is_refused(server: Server) -> None:
    connect(server).close()
    arguments = [DATABASE] if isinstance(server, FirebirdServer) else []
    with pytest.raises(Exception, match=r"(?i)denied|not defined"):
        server.connect(*arguments, password="wrong")


def test_a_committed_row_survives_kill(server: Server) -> None:
    name = table(server)
    execute(server, f"INSERT INTO {name} VALUES (1)")
    port, pid = server.port, server.pid
    with closing(connect(server)) as open_one:
        open_one.cursor().execute(f"INSERT INTO {name} VALUES (2)")
        server.kill()
    assert not server.running and not answers(port)
    server.start()
    assert (server.port, server.pid != pid) == (port, True)
    assert rows(server, f"SELECT ID FROM {name}") == [(1,)]


def test_data_survives_an_orderly_stop(server: Server) -> None:
    name = table(server)
    execute(server, f"INSERT INTO {name} VALUES (1)")
    server.stop()
    assert rows(server.start(), f"SELECT ID FROM {name}") == [(1,)]


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_a_folder_that_is_kept_is_taken_up(engine: str, short_path: Path) -> None:
    kept = short_path / "server"
    with SERVERS[engine](folder=kept) as first:
        name = table(first)
        execute(first, f"INSERT INTO {name} VALUES (1)")
    with SERVERS[engine](folder=kept) as second:
        assert rows(second, f"SELECT ID FROM {name}") == [(1,)]


def test_nothing_is_left_after_stop_and_close(server: Server) -> None:
    pid, port = server.pid, server.port
    assert pid is not None and alive(pid) and answers(port)
    server.stop()
    assert not alive(pid)
    assert not answers(port) and not port_is_taken(port)
    assert server.socket is None or not server.socket.exists()
    server.close()
    assert not server.folder.exists()
    server.close()


PARENT = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from servers import SERVERS
server = SERVERS[{engine!r}](parent=Path({folder!r})).start()
print(server.pid, flush=True)
{end}
"""


@pytest.mark.parametrize("engine", SERVERS)
@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "raise SystemExit(3)"])
def test_the_server_ends_with_its_parent(engine: str, end: str, short_path: Path) -> None:
    code = PARENT.format(
        tests=str(Path(__file__).parent), engine=engine, folder=str(short_path), end=end
    )
    parent = subprocess.run(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        check=False,
        timeout=600,
    )
    assert parent.returncode in (-signal.SIGKILL, 3)
    assert wait_until_gone(int(parent.stdout))
    left = list(short_path.glob(f"{PREFIX}*"))
    assert bool(left) == (parent.returncode < 0)
    if left:
        assert_the_next_one_sweeps(left[0])


def assert_the_next_one_sweeps(left: Path) -> None:
    long_ago = time.time() - 2 * STALE_AFTER
    os.utime(left / OWNER, (long_ago, long_ago))
    FirebirdServer(parent=left.parent).close()
    assert not left.exists()


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_files_only_in_the_exchange_folder(engine: str, tmp_path: Path) -> None:
    exchange, elsewhere = tmp_path / "exchange", tmp_path / "elsewhere.txt"
    elsewhere.write_text("secret")
    with SERVERS[engine](exchange=exchange) as server:
        (exchange / "in.txt").write_text("meter")
        query = f"SELECT LOAD_FILE('{exchange}/in.txt'), LOAD_FILE('{elsewhere}')"
        [(inside, outside)] = rows(server, query)
        assert (inside in (b"meter", "meter"), outside) == (True, None)
        # Written by the server, and readable to us.
        execute(server, f"SELECT 'usage' INTO OUTFILE '{exchange}/out.txt'")
        assert (exchange / "out.txt").read_text() == "usage\n"


def test_firebird_files_only_in_the_exchange_folder(tmp_path: Path) -> None:
    exchange, elsewhere = tmp_path / "exchange", tmp_path / "elsewhere.txt"
    elsewhere.write_text("x")
    with FirebirdServer(exchange=exchange) as server:
        (exchange / "in.txt").write_text("meter")
        columns = "(C CHAR(1) CHARACTER SET OCTETS)"
        for name, file in (("INSIDE", exchange / "in.txt"), ("OUTSIDE", elsewhere)):
            execute(server, f"CREATE TABLE {name} EXTERNAL '{file}' {columns}")
        assert len(rows(server, "SELECT C FROM INSIDE")) == len("meter")
        with pytest.raises(Exception, match="not allowed"):
            rows(server, "SELECT C FROM OUTSIDE")


def test_settings_a_caller_changes() -> None:
    options = {"innodb_lock_wait_timeout": 3}
    with MySQLServer(binlog=True, buffer_pool="64M", options=options) as server:
        query = "SELECT @@log_bin, @@innodb_lock_wait_timeout, @@innodb_buffer_pool_size"
        assert rows(server, query) == [(1, 3, 64 * 2**20)]
        assert rows(server, "SELECT @@local_infile, @@collation_server") == [(1, "utf8mb4_bin")]
