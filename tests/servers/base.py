"""A server process in a folder and on a port of its own, and its end whatever happens."""

import atexit
import ctypes
import fcntl
import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, ClassVar, Self

from .programs import ServerError

PREFIX = "kenshin-"
OWNER = ".owner"
# A folder younger than this may belong to a process that has not locked it yet.
STALE_AFTER = 60.0
# sun_path holds 108 bytes with the closing zero; the server appends nothing to our path.
LONGEST_SOCKET_PATH = 107
PR_SET_PDEATHSIG = 1
# Where the kernel's range of ports for connections stands; below it a port is nobody else's.
LOCAL_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST_PORT, HIGHEST_PORT = 10_000, 32_000


def free_port() -> int:
    """One that no connection gets as its own end: a server that is down for a moment keeps it."""
    of_connections = int(LOCAL_PORTS.read_text().split()[0]) if LOCAL_PORTS.exists() else 0
    last = of_connections if of_connections > LOWEST_PORT + 1000 else HIGHEST_PORT
    for _ in range(1000):
        # By chance, so that two processes that ask at once get two.
        port = random.SystemRandom().randrange(LOWEST_PORT, last)
        if not port_is_taken(port):
            return port
    raise ServerError("no port is free")


def port_is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _lock(path: Path) -> IO[str] | None:
    """The open, locked file, or None if a living process holds it."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _sweep(parent: Path) -> None:
    """Removes what test runs that were killed (no atexit) left behind."""
    for owner in parent.glob(f"{PREFIX}*/{OWNER}"):
        try:
            if time.time() - owner.stat().st_mtime < STALE_AFTER:
                continue
            lock = _lock(owner)
        except OSError:
            continue
        if lock is not None:
            shutil.rmtree(owner.parent, ignore_errors=True)
            lock.close()


def end_with_parent() -> Callable[[], None] | None:
    # The kernel ties the signal to the starting THREAD: a server started in a helper thread would
    # die with that thread, so there only atexit looks after it.
    if threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def in_child() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:  # it died before prctl
            os._exit(1)

    return in_child


class Server(ABC):
    """Start, stop, kill, start again on the same data; close removes the folder."""

    engine: ClassVar[str]
    host: ClassVar[str] = "127.0.0.1"

    def __init__(
        self,
        *,
        exchange: Path | None = None,
        parent: Path | None = None,
        folder: Path | None = None,
        keep: bool = False,
    ) -> None:
        """EXCHANGE: the only folder the server may read and write files in for SQL.

        PARENT: where the server's folder is made (default: the temporary folder).
        FOLDER: use this one instead, with the data that is there, and leave it at the end.
        KEEP: leave that folder at the end, to look into it.
        """
        parent = parent or Path(tempfile.gettempdir())
        _sweep(parent)
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{self.engine}-", dir=parent))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            keep = True
        self.folder = folder.resolve()
        self._owner = _lock(self.folder / OWNER)
        self._pid = os.getpid()
        self._keep = keep
        self._prepared = False
        self._ran = False
        self._process: subprocess.Popen[bytes] | None = None
        self.exchange = (exchange or self.folder / "exchange").resolve()
        self.exchange.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.socket: Path | None = None
        self.user = "root"
        self.password = secrets.token_hex(12)
        self.log = self.folder / "server.log"
        self.version = ""
        atexit.register(self.close)

    @abstractmethod
    def connect(self, *args: Any, **options: Any) -> Any:
        """A connection of this engine's Python driver, as the administrator."""

    @abstractmethod
    def _prepare(self) -> None:
        """Makes the data folder."""

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _probe(self) -> str:
        """The version that the server answers with; any exception while it is not ready."""

    def _environment(self) -> dict[str, str]:
        return {}

    @property
    def login(self) -> dict[str, Any]:
        """Where it is, and its administrator, in the words of a [connection]."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "socket": str(self.socket or ""),
        }

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 300.0) -> Self:
        """Starts it, again after stop or kill, and returns when it answers."""
        if self.running:
            return self
        if not self._prepared:
            self._prepare()
            self._prepared = True
        for attempt in (1, 2, 3):
            self._launch()
            try:
                self._await(timeout)
                self._ran = True
                return self
            except ServerError:
                # Between free_port() and the server's bind somebody else may have taken it. Later
                # the port must stay: the tests' connections know it.
                if self._ran or attempt == 3 or not port_is_taken(self.port):
                    raise
                self.port = free_port()
        raise AssertionError("the third attempt returns or raises")

    def stop(self, timeout: float = 300.0) -> None:
        """Orderly shutdown; the data stays for the next start."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise ServerError(f"{self.engine} did not end in {timeout} s{self._tail()}") from None
        self._process = None

    def kill(self) -> None:
        """kill -9, as a power cut would; the data stays for the next start."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def close(self) -> None:
        """Ends it and removes its folder, so nothing is gained by an orderly shutdown."""
        if os.getpid() != self._pid:  # a forked child's exit must not end its parent's server
            return
        atexit.unregister(self.close)
        self.kill()
        if self._owner is None:
            return
        if self._keep:
            (self.folder / OWNER).unlink(missing_ok=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._owner.close()
        self._owner = None

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def _launch(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                env={**os.environ, **self._environment()},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the tests; they end the server when they have cleaned up.
                start_new_session=True,
                preexec_fn=end_with_parent(),
            )

    def _await(self, timeout: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + timeout
        last: Exception | None = None
        while time.monotonic() < deadline:
            if (code := self._process.poll()) is not None:
                self._process = None
                raise ServerError(f"{self.engine} ended with {code} at start{self._tail()}")
            try:
                self.version = self._probe()
                return
            except Exception as error:  # whatever the driver raises, it means: not yet
                last = error
            time.sleep(0.05)
        self.kill()
        raise ServerError(f"{self.engine} not ready in {timeout} s ({last}){self._tail()}")

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-15:] if self.log.exists() else []
        return "\n".join([f"; last lines of {self.log}:", *lines]) if lines else ""
