"""What takes seconds to make, kept from one process to the next in the user's cache.

The cache may be lost or removed at any time, and is not needed: without one everything is made
again. Entries that nobody wanted for a month go by themselves.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

_UNWANTED_AFTER = 30 * 86_400  # seconds

T = TypeVar("T")


def kept(kind: type[T], made_from: Iterable[str], make: Callable[[], T]) -> T:
    """What was made from these texts before, else what is made now and kept."""
    checksum = hashlib.sha256()
    for text in made_from:
        checksum.update(f"{len(text)}:".encode() + text.encode())
    folder = _folder()
    if folder is None:
        return make()
    path = folder / checksum.hexdigest()
    found = _read(path)
    if isinstance(found, kind):
        return found
    made = make()
    _write(path, made)
    return made


def _folder() -> Path | None:
    """The folder of the cache, or nothing where there is none that is ours alone."""
    try:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(home) / "kenshin"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = folder.stat()
    except (OSError, RuntimeError):
        return None
    # What lies in it is run: nobody else may have put it there.
    ours = facts.st_uid == os.getuid() and not stat.S_IMODE(facts.st_mode) & 0o022
    return folder if ours else None


def _read(path: Path) -> object:
    try:
        found = pickle.loads(path.read_bytes())  # noqa: S301 - of a folder that is ours alone
        os.utime(path)
    except Exception:
        return None  # not there, or spoilt: it is made again
    return found


def _write(path: Path, made: object) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        part.write_bytes(pickle.dumps(made))
        part.replace(path)
        for other in path.parent.iterdir():
            if other.stat().st_mtime < time.time() - _UNWANTED_AFTER:
                other.unlink()
    except OSError:
        part.unlink(missing_ok=True)  # a full disk, perhaps: it is only a cache
