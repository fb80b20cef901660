"""Database servers of a test's own: each in its own folder and port, gone when the test is.

    with MySQLServer() as server:
        connection = server.connect()

`tools/setup/apt-packages`, `fetch-mysql` and `fetch-firebird` make the programs available.
"""

from .base import Server
from .firebird import FirebirdServer
from .mariadb import MariaDBServer
from .mysql import MySQLServer
from .programs import ServerError

SERVERS: dict[str, type[Server]] = {
    server.engine: server for server in (MySQLServer, MariaDBServer, FirebirdServer)
}

__all__ = [
    "SERVERS",
    "FirebirdServer",
    "MariaDBServer",
    "MySQLServer",
    "Server",
    "ServerError",
]
