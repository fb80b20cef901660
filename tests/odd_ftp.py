"""An FTP server that answers what a test wants, with little more of the protocol than needed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

Answers = Mapping[str, str | bytes]

ENDLESS = b"\0"  # an answer that goes on, a line a moment, until nobody listens


class OddFtp:
    """Serves files; `answers` are by a command with its argument, or by a command alone.

    That of GREETING is for the connection, that of DATA for a file instead of what is in it.
    """

    def __init__(self, files: Mapping[str, bytes], answers: Answers) -> None:
        self.files = files
        self.answers = answers
        self.connections = 0
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Say no more, and listen no more."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, client.makefile("rb") as lines:
            self._say(client, "GREETING", "220 hello")
            data: socket.socket | None = None
            for line in lines:
                said = line.decode().strip()
                command, _, name = said.partition(" ")
                if command == "PASV":
                    data = socket.create_server(("127.0.0.1", 0))
                    port = data.getsockname()[1]
                    self._say(client, said, f"227 ok (127,0,0,1,{port >> 8},{port & 255})")
                elif command in ("MLSD", "RETR") and self._answer(said) is None and data:
                    client.sendall(b"150 here\r\n")
                    self._give(data, command, name)
                    client.sendall(b"226 done\r\n")
                else:
                    self._say(client, said, self._ordinary(command, name))

    def _give(self, listening: socket.socket, command: str, name: str) -> None:
        with listening, listening.accept()[0] as data:
            given = self._answer("DATA" if command == "RETR" else "LIST")
            if given == ENDLESS:
                self._drip(data)
            elif command == "RETR":
                data.sendall(self.files[name])
            else:
                listed = "\r\n".join(f"{_facts(self.files[n])} {n}" for n in sorted(self.files))
                data.sendall(listed.encode())  # the last line without its end

    def _say(self, client: socket.socket, said: str, ordinary: str) -> None:
        answer = self._answer(said)
        if answer == ENDLESS:
            self._drip(client)
            return
        client.sendall(
            answer if isinstance(answer, bytes) else f"{answer or ordinary}\r\n".encode()
        )

    def _answer(self, said: str) -> str | bytes | None:
        return self.answers.get(said, self.answers.get(said.partition(" ")[0]))

    def _drip(self, client: socket.socket) -> None:
        while not self._over.wait(0.05):
            client.sendall(b"220-\r\n")

    def _ordinary(self, command: str, name: str) -> str:
        if command == "MLST":
            content = self.files.get(name)
            return (
                "550 none" if content is None else f"250-\r\n {_facts(content)} {name}\r\n250 end"
            )
        known = {
            "USER": "331 password",
            "PASS": "230 in",
            "FEAT": "211-\r\n MLST type*;size*;modify*;\r\n211 end",
            "RNFR": "350 go on",
        }
        return known.get(command, "250 done")


def _facts(content: bytes) -> str:
    return f"type=file;size={len(content)};modify=20260101000000;"


@contextmanager
def odd_ftp(files: Mapping[str, bytes], answers: Answers) -> Iterator[OddFtp]:
    server = OddFtp(files, answers)
    try:
        yield server
    finally:
        server.close()
