"""The engines' own clients, which run a script as a DBA does: it stops at the first error."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kenshin.config import Config
from servers import Server
from servers.firebird import PROGRAMS, FirebirdServer
from servers.programs import fetched, installed


@dataclass
class Client:
    """mysql (MariaDB's speaks to both servers) or isql, for one installation."""

    config: Config
    server: Server

    def run(self, script: Path, place: str = "") -> str:
        """Run a script, on Firebird in one database file; return what it says of an error."""
        environment = os.environ | self.server._environment()
        reach = self.config.connection
        if isinstance(self.server, FirebirdServer):
            command = fetched("firebird-4.0").command(f"{PROGRAMS}/isql-fb")
            command += ["-quiet", "-charset", "UTF8", f"{reach.host}/{reach.port}:{place}"]
            command += ["-i", str(script)]
            environment |= {"ISC_USER": reach.user, "ISC_PASSWORD": reach.password}
            done = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
        else:
            command = [installed("mariadb", "mariadb-client-core"), f"--user={reach.user}"]
            command += [f"--socket={reach.socket}"]
            environment |= {"MYSQL_PWD": reach.password}
            with script.open() as text:
                done = subprocess.run(
                    command,
                    env=environment,
                    stdin=text,
                    capture_output=True,
                    text=True,
                    check=False,
                )
        said = f"{script.name}: {done.stderr or done.stdout}"
        return said if done.returncode or done.stderr else ""
