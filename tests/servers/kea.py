"""A real Kea with its control agent, and what a Kea with host_cmds says over the same HTTP.

Debian's Kea 2.2 has no host_cmds. So `Reservations` stands in for one: the answers are those of
https://kea.readthedocs.io (result 0 done, 1 failed, 2 unknown command, 3 nothing there).
"""

from __future__ import annotations

import json
import subprocess
import threading
from base64 import b64encode
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self

from kenshin.config import Dhcp
from servers.base import Server, end_with_parent
from servers.programs import installed


class Kea(Server):
    """kea-ctrl-agent, and kea-dhcp4 behind it, which listens on no interface."""

    engine: ClassVar[str] = "kea"

    def connect(self) -> HTTPConnection:
        return HTTPConnection(self.host, self.port, timeout=5)

    def settings(self) -> Dhcp:
        return Dhcp(server="kea", url=f"http://{self.host}:{self.port}/")

    def asked(self, command: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
        """What dhcp4 answers to a command."""
        connection = self.connect()
        try:
            asked = {"command": command, "service": ["dhcp4"], "arguments": arguments or {}}
            connection.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
            (answer,) = json.loads(connection.getresponse().read())
            return dict(answer)
        finally:
            connection.close()

    def end_dhcp4(self) -> None:
        self._dhcp4.kill()
        self._dhcp4.wait()
        (self.folder / "dhcp4.socket").unlink(missing_ok=True)

    def close(self) -> None:
        if hasattr(self, "_dhcp4"):
            self.end_dhcp4()
        super().close()

    def _prepare(self) -> None:
        control = {"socket-type": "unix", "socket-name": str(self.folder / "dhcp4.socket")}
        self._write(
            "dhcp4.conf",
            "Dhcp4",
            {
                "interfaces-config": {"interfaces": []},
                "control-socket": control,
                "lease-database": {"type": "memfile", "persist": False},
            },
        )
        with self.log.open("ab") as log:
            self._dhcp4 = subprocess.Popen(
                [installed("kea-dhcp4", "kea-dhcp4-server"), "-c", str(self.folder / "dhcp4.conf")],
                env=self._environment(),
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent(),
            )
        self._write(
            "agent.conf",
            "Control-agent",
            {
                "http-host": self.host,
                "http-port": self.port,
                "control-sockets": {"dhcp4": control},
            },
        )

    def _write(self, name: str, what: str, settings: dict[str, Any]) -> None:
        (self.folder / name).write_text(json.dumps({what: settings}))

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "KEA_PIDFILE_DIR": folder,
            "KEA_LOCKFILE_DIR": folder,
            "KEA_LOGGER_DESTINATION": "stdout",
        }

    def _command(self) -> list[str]:
        program = installed("kea-ctrl-agent", "kea-ctrl-agent")
        return [program, "-c", str(self.folder / "agent.conf")]

    def _probe(self) -> str:
        answer = self.asked("version-get")
        assert answer["result"] == 0, answer
        return str(answer["text"])


class Reservations:
    """The control agent of a Kea that has host_cmds, with its reservations in memory."""

    def __init__(self) -> None:
        self.kept: set[tuple[int, str]] = set()
        self.empty = 3  # result of reservation-get for nothing
        self.refuses = False
        self.login = ""
        self.garbage = b""
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                login = f"Basic {b64encode(stand_in.login.encode()).decode()}"
                if stand_in.login and self.headers["Authorization"] != login:
                    self._send(401, b'{"result": 401, "text": "Unauthorized"}')
                else:
                    body = stand_in.garbage or json.dumps([stand_in.answer(asked)]).encode()
                    self._send(200, body)

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)

    def settings(self, **more: Any) -> Dhcp:
        port = self._server.server_address[1]
        return Dhcp(**{"server": "kea", "url": f"http://127.0.0.1:{port}/", "subnet_id": 1} | more)

    def clear(self) -> None:
        self.kept.clear()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["service"] == ["dhcp4"]
        command, given = asked["command"], asked.get("arguments", {})
        if command == "list-commands":
            names = ["config-get", "list-commands", "reservation-add", "reservation-del"]
            return {"result": 0, "arguments": [*names, "reservation-get"]}
        if command == "reservation-add":
            return self._added(given["reservation"])
        named = given["subnet-id"], given["identifier"]
        assert given["identifier-type"] == "hw-address"
        if command == "reservation-get":
            if named in self.kept:
                found = {"subnet-id": named[0], "hw-address": named[1], "ip-address": "0.0.0.0"}
                return {"result": 0, "text": "Host found.", "arguments": found}
            return {"result": self.empty, "text": "Host not found."}
        if command == "reservation-del":
            if named not in self.kept:
                return {"result": 3, "text": "Host not deleted (not found)."}
            self.kept.remove(named)
            return {"result": 0, "text": "Host deleted."}
        return {"result": 2, "text": f"'{command}' command not supported."}

    def _added(self, reservation: dict[str, Any]) -> dict[str, Any]:
        named = reservation["subnet-id"], reservation["hw-address"]
        if not reservation.get("client-classes"):
            return {"result": 1, "text": "must include at least one resource"}
        if self.refuses:
            return {"result": 1, "text": "Unable to add host, no hosts-database configured."}
        if named in self.kept:
            return {"result": 1, "text": "Database duplicate entry error"}
        self.kept.add(named)
        return {"result": 0, "text": "Host added."}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
