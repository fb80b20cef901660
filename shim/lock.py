"""The lock of a verb: one run of it at a time in one installation."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path


class Busy(Exception):
    """Another run holds the lock; the message says since when."""


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold a lock of the installation; raise Busy at once when another process has it.

    The lock goes with its process, however that ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            since = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime)
            raise Busy(
                f"another {name} holds {file.name} since {since:%Y-%m-%d %H:%M:%S}"
            ) from error
        os.utime(file.fileno())
        yield
