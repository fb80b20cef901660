"""The message that syslog-ingest has in hand, in a file until the database has it.

rsyslog that is stopped while a message is not answered forgets this one, and keeps all behind it.
The file outlasts every end of the process; whichever ingest begins next takes the message in.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from kenshin.engines import EngineError

_PREFIX = ".syslog-ingest-held-"


class Held:
    """The message in hand of this process, and those that others left."""

    def __init__(self, folder: Path, own: Path, file: IO[bytes]) -> None:
        """Made by `held`; `file` is open at `own`, and its lock is ours."""
        self._folder = folder
        self.path = own
        self._file = file

    def keep(self, line: bytes) -> None:
        """This is in hand now. Raises OSError."""
        self.let_go()
        # Only with its line end it is whole.
        os.pwrite(self._file.fileno(), line + b"\n", 0)

    def let_go(self) -> None:
        """The database has it."""
        os.ftruncate(self._file.fileno(), 0)

    def left(self) -> Iterator[bytes]:
        """What processes that are gone had in hand; forgotten when the next one is asked for."""
        for path in sorted(self._folder.glob(f"{_PREFIX}*")):
            if path == self.path:
                continue
            with _opened(path) as file:
                if file is None:
                    continue
                line = file.read()
                if line.endswith(b"\n"):
                    yield line[:-1]
                path.unlink(missing_ok=True)


@contextmanager
def held(folder: Path) -> Iterator[Held]:
    """A place for the message in hand. Raises EngineError when the folder cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        own, file = _made(folder)
    except OSError as error:
        raise EngineError(f"{folder}: {error.strerror}; syslog-ingest must write there") from error
    with file:
        yield Held(folder, own, file)
        if os.fstat(file.fileno()).st_size == 0:
            own.unlink(missing_ok=True)


def _made(folder: Path) -> tuple[Path, IO[bytes]]:
    while True:
        descriptor, name = tempfile.mkstemp(prefix=_PREFIX, dir=folder)
        file = os.fdopen(descriptor, "r+b")
        # Another that begins may have taken the file, still empty, for one that was left.
        if _locked(file) and os.fstat(descriptor).st_nlink:
            return Path(name), file
        file.close()


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes] | None]:
    """A file that nobody has; nothing when somebody does, or it is gone."""
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        yield None
        return
    with file:
        yield file if _locked(file) else None


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
