"""The other side of a transfer: a folder, and the real server that gives it out."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kenshin.config import Remote
from proxy import Wire
from servers.proftpd import ProFtpd
from servers.sftp import SftpServer
from serving import make_tls

KINDS = ("file", "ftp", "ftps", "sftp")
USER = "he1"


class Side:
    """One user's home, reached in one way."""

    def __init__(self, kind: str, home: Path, server: ProFtpd | SftpServer | None) -> None:
        self.kind = kind
        self.home = home
        self.server = server
        self._wire = Wire(server.host, server.port) if isinstance(server, SftpServer) else None

    def remote(self, folder: str, **fields: Any) -> Remote:
        """How to reach a folder of the home."""
        if self.server is None:
            return Remote(f"file://{self.home}/{folder}", **fields)
        if isinstance(self.server, SftpServer):
            assert self._wire is not None
            return self.server.remote(USER, folder, self._wire.port, **fields)
        return self.server.remote(USER, folder, **fields)

    def cut(self) -> None:
        """Break all connections; new ones are taken."""
        if isinstance(self.server, ProFtpd):
            self.server.cut()
        elif self._wire is not None:
            self._wire.cut()
            self._wire.mend()

    def kill(self) -> None:
        """kill -9 of the server, in the midst of whatever it does."""
        assert self.server is not None
        self.server.kill()
        if self._wire is not None:
            self._wire.cut()

    def start(self) -> None:
        """Start it again."""
        assert self.server is not None
        self.server.start()
        if self._wire is not None:
            self._wire.mend()

    def moved(self) -> list[tuple[str, int, int]]:
        """What was read or written so far: which, from where on, how many bytes."""
        if isinstance(self.server, SftpServer):
            return [(what, int(at), int(count)) for what, _, at, count in self.server.said()]
        assert isinstance(self.server, ProFtpd)
        found, offset = [], 0
        for line in self.server.said():
            words = line.split()
            if words[0] == "REST":
                offset = int(words[1])
            elif words[0] in ("RETR", "STOR") and words[1] == "226":
                found.append(("READ" if words[0] == "RETR" else "WRITE", offset, int(words[2])))
                offset = 0
        return found


@contextmanager
def side_of(kind: str, folder: Path) -> Iterator[Side]:
    """A home in a folder, with its server."""
    home = folder / f"{kind}-home"
    home.mkdir()
    if kind == "file":
        yield Side(kind, home, None)
        return
    server: ProFtpd | SftpServer
    if kind == "sftp":
        server = SftpServer({USER: home})
    elif kind == "ftps":
        tls = make_tls(folder, "ftps")
        server = ProFtpd({USER: home}, certificate=tls.certificate, key=tls.key)
    else:
        server = ProFtpd({USER: home})
    with server:
        yield Side(kind, home, server)


def forked(work: Callable[[], object]) -> str:
    """What work says in a process of its own; or `killed`. Fails when it fails."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(read)
            os.write(write, str(work()).encode())
            status = 0
        except BaseException:
            traceback.print_exc(file=sys.__stderr__)
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as said:
        text = said.read().decode()
    status = os.waitpid(pid, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return "killed"
    assert os.waitstatus_to_exitcode(status) == 0, text
    return text


def die() -> None:
    """End this process as kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(step: int, folder: Path) -> None:
    """End this process before its step with this number: one that touches a file, or FTP."""
    left = step

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        touches = event in ("os.rename", "os.remove", "os.mkdir", "os.truncate", "ftplib.sendcmd")
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            touches = str(arguments[0]).startswith(str(folder))
        if touches:
            left -= 1
            if left == 0:
                die()

    sys.addaudithook(hook)
