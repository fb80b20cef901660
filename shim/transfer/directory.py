"""Another directory as a place: of a mounted share, or of a server on this machine."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG

from kenshin.durable import sync_folder
from kenshin.transfer.link import (
    BLOCK,
    Address,
    Block,
    Broken,
    Denied,
    Entry,
    Hopeless,
    Link,
    Sink,
)

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EROFS, errno.EISDIR, errno.ENOTDIR)


class DirectoryLink(Link):
    """A directory of this machine; the system decides how long it waits for a share."""

    _folder: Path

    def connect(self) -> None:
        """See whether it is there."""
        self._folder = Path(Address.of(self.remote.url).folder)
        if not self._folder.is_dir():
            raise Hopeless(f"{self._folder} is no folder, or not mounted; make or mount it")

    def close(self) -> None:
        """Nothing is open."""

    def entries(self) -> list[Entry]:
        """Every ordinary file; links are none."""
        with _told(), os.scandir(self._folder) as found:
            return [
                _entry(one.name, one.stat(follow_symlinks=False))
                for one in found
                if one.is_file(follow_symlinks=False)
            ]

    def look(self, name: str) -> Entry | None:
        """One file, or None."""
        try:
            with _told():
                status = os.lstat(self._folder / name)
        except Denied as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        return _entry(name, status) if S_ISREG(status.st_mode) else Entry(name, -1)

    def read(self, name: str, offset: int, sink: Sink) -> None:
        """Give a file from an offset on."""
        with _told(), (self._folder / name).open("rb") as file:
            file.seek(offset)
            while data := file.read(BLOCK):
                sink(data)

    def write(self, name: str, offset: int, block: Block, begun: Callable[[], None]) -> None:
        """Write a file from an offset on."""
        with _told(), (self._folder / name).open("r+b" if offset else "wb") as file:
            if not offset:
                begun()
            file.seek(offset)
            while data := block():
                file.write(data)
            file.truncate()
            file.flush()
            os.fsync(file.fileno())

    def rename(self, name: str, to: str) -> None:
        """Give a file another name."""
        with _told():
            (self._folder / name).rename(self._folder / to)
            for folder in {(self._folder / name).parent, (self._folder / to).parent}:
                sync_folder(folder)

    def make_folder(self, name: str) -> None:
        """Make a folder, unless it is there."""
        with _told():
            (self._folder / name).mkdir(exist_ok=True)


def _entry(name: str, status: os.stat_result) -> Entry:
    return Entry(name, status.st_size, str(status.st_mtime_ns))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = f"{error.filename or 'the folder'}: {error.strerror or error}"
        if error.errno in _FULL:
            raise Hopeless(f"{words}; have space made there") from error
        if error.errno in _REFUSED:
            raise Denied(f"{words}; look at the rights there") from error
        raise Broken(words) from error
