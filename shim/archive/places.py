"""Where files of the archive lie while they are written, and how none takes another one's place."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kenshin.archive.layout import ArchiveError
from kenshin.archive.manifest import path_of, sha256_of
from kenshin.durable import sync_folder
from kenshin.lock import locked

# Readers of a folder of Parquet files pass over what begins so.
ASIDE = "_set_aside"
_NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS)


def need_folder(folder: Path) -> None:
    """Raise ArchiveError when the folder of the archive is not there: a mount may be missing."""
    if not folder.is_dir():
        raise ArchiveError(
            f"{folder}: the folder of the archive is not there; mount it, or make it once, "
            "or name another one with --archive"
        )


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the archive: one run at a time writes to it, from whatever host and installation.

    Raises Busy at once when another one has it, ArchiveError when the folder cannot be used.
    """
    need_folder(folder)
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder, "archive"))
        except OSError as error:
            raise ArchiveError(
                f"{folder}: cannot be locked: {error.strerror}; let this account write there"
            ) from error
        yield


def part_of(file: Path) -> Path:
    """A name for what will be this file, of no other run; readers of the folder pass over it."""
    return file.with_name(f".{file.name}.{secrets.token_hex(6)}.part")


def parts_of(file: Path) -> Iterator[Path]:
    """What runs that broke off have left of a file or its manifest."""
    for name in (file.name, path_of(file).name):
        yield from file.parent.glob(f".{name}.*")


def place(part: Path, file: Path) -> None:
    """Give a file its name. Raises ArchiveError when another one has it: that one stays."""
    try:
        _rename_to_new(part, file)
    except FileExistsError as error:
        raise ArchiveError(
            f"{file}: another run has put its file there; only one may write to this folder: "
            "run kenshin purge again when it has ended"
        ) from error
    sync_folder(file.parent)


def _rename_to_new(part: Path, file: Path) -> None:
    try:
        file.hardlink_to(part)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # No links on this file system: the lock of the folder keeps others out.
        with file.open("xb"):
            pass
        part.replace(file)
    else:
        part.unlink()


def set_aside(file: Path) -> None:
    """Move a file that is not recorded, and its manifest, to where no reader looks.

    The manifest goes first: without it the file counts for nothing, wherever a run breaks off.
    """
    if not (file.exists() or path_of(file).exists()):
        return
    aside = file.parent / ASIDE
    aside.mkdir(exist_ok=True)
    mark = sha256_of(file)[:12] if file.exists() else "no-file"
    for path in (path_of(file), file):
        if path.exists():
            os.replace(path, aside / f"{path.name}.{mark}")
            sync_folder(aside)
            sync_folder(path.parent)
