"""What every way to another system's folder can do, and how it says what went wrong."""

from __future__ import annotations

import os
import time
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from kenshin.config import Remote
from kenshin.secret import SecretError, private_text

Sink = Callable[[bytes], object]
Block = Callable[[], bytes]  # gives the next bytes, and none at the end

BLOCK = 64 * 1024  # bytes that are in memory at a time, each within timeout_seconds
LONGEST_NAME = 200  # bytes: our own files beside it have longer ones, and 255 is the limit
# What other programs call a file that they are still writing.
UNFINISHED = (".part", ".tmp", ".filepart")

_LONGEST_WORDS = 300


class TransferError(Exception):
    """Files did not come or go; the message says where, what, and what to do.

    `done` are the files that came or went before.
    """

    def __init__(self, text: str, done: Sequence[Path] = ()) -> None:
        super().__init__(text)
        self.done = list(done)


class FileRefused(TransferError):
    """Single files cannot be had or given; the others can."""


class Broken(Exception):
    """The connection, or the other side, failed for now: a new try may succeed."""


class Silent(Broken):
    """Nothing came for timeout_seconds."""


class Denied(Exception):
    """The other side refuses this one file."""


class Hopeless(Exception):
    """Nothing will work here before somebody does something about it."""


class NoRestart(Exception):
    """The other side does not go on in mid-file: it must be read, or written, anew."""


class OwnSide(Exception):
    """A file of our own cannot be read or written: no fault of the connection."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"on our side, {path}: {error.strerror or error}")


@contextmanager
def own(path: Path) -> Iterator[None]:
    """Keep apart what fails on our side, in a file, from what fails on the way."""
    try:
        yield
    except OSError as error:
        raise OwnSide(Path(error.filename or path), error) from error


@dataclass(frozen=True)
class Patience:
    """How long to go on."""

    pauses: tuple[float, ...] = (1.0, 3.0)  # seconds before each new try of what broke off
    still_seconds: float = 300  # that a file without its last line must not have changed for
    waiting_seconds: float = 3600  # that a file may be left for later runs without a word


class Pace:
    """Raises TimeoutError when a block takes longer than so many seconds to come."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begin()

    def _begin(self) -> None:
        self._left, self._until = BLOCK, time.monotonic() + self._seconds

    def came(self, count: int) -> None:
        """So many bytes more."""
        self._left -= count
        if self._left <= 0:
            self._begin()
        elif time.monotonic() > self._until:
            raise TimeoutError


@dataclass(frozen=True)
class Entry:
    """A file at the other side: when it was modified is the other side's own word for it."""

    name: str
    size: int
    modified: str | None = None

    @property
    def unsafe(self) -> str:
        """Why nothing is done with a name; empty when all is well."""
        return wrong_name(self.name)


def wrong_name(name: str) -> str:
    """Why a name may not be used on this side, or empty."""
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        return "the name leads out of the folder"
    kinds = {unicodedata.category(character) for character in name}
    if "Cs" in kinds:
        return "the name is not UTF-8"
    if kinds & {"Cc", "Zl", "Zp"}:
        return "a control character is in the name"
    if len(name.encode()) > LONGEST_NAME:
        return f"the name has more than {LONGEST_NAME} bytes"
    return ""


def is_finished(name: str) -> bool:
    """Whether a name is none of those of files that are still being written."""
    hidden = name.startswith(".") and "/" not in name
    return not hidden and not name.lower().endswith(UNFINISHED)


@dataclass(frozen=True)
class Address:
    """A URL in its parts; the folder counts from where the login leads, unless it begins with /."""

    scheme: str
    host: str
    port: int  # 0: the ordinary one
    user: str
    folder: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Take a URL apart. Raises Hopeless for a port that is none."""
        parts = urlsplit(url)
        try:
            port = parts.port or 0
        except ValueError:
            raise Hopeless("the port in url is no number up to 65535; mend it") from None
        path = unquote(parts.path)
        folder = path if parts.scheme == "file" else path[1:]
        user = unquote(parts.username or "")
        if any(unicodedata.category(character) == "Cc" for character in user + folder):
            raise Hopeless("a control character is in url; mend it")
        return cls(parts.scheme, parts.hostname or "", port, user, folder)


def password_of(remote: Remote) -> str:
    """The password of a login, or none. Raises Hopeless when its file cannot be used."""
    return secret_of(remote.password_file, "file of a password").rstrip("\r\n")


def secret_of(path: Path | None, what: str) -> str:
    """The text of a private file, if there is one. Raises Hopeless when it cannot be used."""
    if path is None:
        return ""
    try:
        return private_text(path, what)
    except SecretError as error:
        raise Hopeless(str(error)) from None


def trouble_of(error: OSError) -> str:
    """What the system says is wrong with a connection."""
    if error.errno and error.errno > 0:
        return os.strerror(error.errno)
    return words_of(error.strerror or error)


def words_of(text: object) -> str:
    """What the other side said, fit for one line."""
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "?" for c in line)[:_LONGEST_WORDS]


@dataclass
class Link(ABC):
    """One connection to one folder. Names are plain ones, or `FOLDER/NAME` below it.

    Every method raises Broken, Denied or Hopeless with words for whoever must act.
    """

    remote: Remote
    # What may be missing before the end of a file that a broken connection left at the other
    # side: who writes many blocks at once leaves holes.
    slack: int = field(default=0, init=False)

    @abstractmethod
    def connect(self) -> None:
        """Log in and go to the folder."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection, whatever state it is in. Never raises."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """Every ordinary file of the folder."""

    @abstractmethod
    def look(self, name: str) -> Entry | None:
        """One file as it is now, or None when there is none."""

    @abstractmethod
    def read(self, name: str, offset: int, sink: Sink) -> None:
        """Give a file to a sink, block by block, from an offset on. Raises NoRestart as well."""

    @abstractmethod
    def write(self, name: str, offset: int, block: Block, begun: Callable[[], None]) -> None:
        """Write block after block from an offset on; at 0 the file begins anew.

        There `begun` is called: nothing of what had the name is left, and nothing is written yet.
        Raises NoRestart as well.
        """

    @abstractmethod
    def rename(self, name: str, to: str) -> None:
        """Give a file another name; what has that name may be lost: look first."""

    @abstractmethod
    def make_folder(self, name: str) -> None:
        """Make a folder, unless it is there."""
