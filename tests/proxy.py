"""A wire between a client and a server that a test can cut and mend."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Listens at a port of its own and passes everything on to a server, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._sockets: list[socket.socket] = []
        self._listening: socket.socket | None = None
        self.port = 0
        self._words: bytes | None = None
        self.lost = False
        self.mend()

    def lose_answer_to(self, words: bytes) -> None:
        """Break the connection in which the client says these words, once the server answers."""
        self._words = words

    def mend(self) -> None:
        """Take connections again, at the same port as before."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        if self._listening is not None:
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
            self._listening.close()
            self._listening = None
        while self._sockets:
            _end(self._sockets.pop())

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
                server = socket.create_connection(self._to)
            except OSError:
                return
            self._sockets += [client, server]
            said = threading.Event()  # the words, whose answer is to be lost
            for ends in ((client, server, said), (server, client, said)):
                threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, said: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if self._words is not None and self._words in data:
                    self._words = None
                    said.set()
                elif said.is_set():
                    self.lost = True
                    break
                target.sendall(data)
        _end(target)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
