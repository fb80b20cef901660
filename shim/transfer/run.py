"""What batches do with other systems' folders: fetch what is new, deliver what is ready."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kenshin.config import Remote
from kenshin.durable import sync_folder
from kenshin.transfer.coming import NotYet
from kenshin.transfer.directory import DirectoryLink
from kenshin.transfer.ftp import FtpLink
from kenshin.transfer.going import forget_sent
from kenshin.transfer.link import (
    FileRefused,
    Link,
    OwnSide,
    Patience,
    TransferError,
    is_finished,
    own,
)
from kenshin.transfer.percent import Progress
from kenshin.transfer.place import Place

DONE, SENT = "done", "sent"


@contextmanager
def open_place(remote: Remote, patience: Patience | None = None) -> Iterator[Place]:
    """The folder that a remote names. The first use connects, and raises TransferError."""
    place = Place(_link(remote), patience or Patience())
    try:
        yield place
    finally:
        place.close()


def _link(remote: Remote) -> Link:
    scheme = remote.url.partition(":")[0]
    if scheme == "sftp":
        from kenshin.transfer.sftp import SftpLink  # a large library, which few need

        return SftpLink(remote)
    return DirectoryLink(remote) if scheme == "file" else FtpLink(remote)


def fetch_new(
    remote: Remote | None,
    folder: Path,
    pattern: str,
    progress: Progress,
    patience: Patience | None = None,
) -> list[Path]:
    """Bring what is new into a folder, by name; each file then goes to done/ at the other side.

    The files that lie in the folder for that. One that may still be being written is left for
    a later run. Raises TransferError, with those files as its `done`; FileRefused when only
    single files cannot be had, after all the others.
    """
    if remote is None:
        return []
    came: list[Path] = []
    with _telling(remote, came) as failed, open_place(remote, patience) as place:
        with own(folder):
            folder.mkdir(parents=True, exist_ok=True)
        entries = place.entries(pattern)
        place.clear_up(folder, pattern, entries)
        for entry in entries:
            with _single(failed):
                path = place.fetch(entry, folder, progress)
                if path.exists():  # else an earlier run fetched it, and it was taken in
                    came.append(path)
                place.move_fetched(entry, folder, DONE)
    return came


def deliver_all(
    remote: Remote | None,
    folder: Path,
    pattern: str,
    progress: Progress,
    patience: Patience | None = None,
) -> list[Path]:
    """Put the files of a folder into the other side's, by name; each then goes to sent/ here.

    Their paths in sent/. Raises TransferError, with those as its `done`; FileRefused when only
    single files are refused, after all the others.
    """
    went: list[Path] = []
    if remote is None or not folder.is_dir():
        return went
    with _telling(remote, went) as failed, open_place(remote, patience) as place:
        with own(folder):
            forget_sent(folder)
            ready = sorted(path for path in folder.glob("*") if _is_ready(path, pattern))
        for path in ready:
            with _single(failed):
                place.deliver(path, progress)
                with own(path):
                    went.append(_put_away(path, folder / SENT))
                place.forget_delivered(path)
    return went


def _is_ready(path: Path, pattern: str) -> bool:
    return path.is_file() and is_finished(path.name) and fnmatch.fnmatchcase(path.name, pattern)


def _put_away(path: Path, folder: Path) -> Path:
    """Move a file into a folder, under a name that is free there. Raises OSError."""
    folder.mkdir(exist_ok=True)
    target, number = folder / path.name, 0
    while target.exists():
        number += 1
        target = folder / f"{path.name}.{number}"
    path.rename(target)
    sync_folder(folder)
    sync_folder(path.parent)
    return target


@contextmanager
def _single(failed: list[str]) -> Iterator[None]:
    """Let the other files go on when one cannot."""
    try:
        yield
    except NotYet:
        pass  # a later run looks again
    except FileRefused as error:
        failed.append(str(error))


@contextmanager
def _telling(remote: Remote, done: list[Path]) -> Iterator[list[str]]:
    """Say at the end what failed, with what was done all the same."""
    failed: list[str] = []
    try:
        try:
            yield failed
        except OwnSide as error:
            raise TransferError(f"{remote.url}: {error}; free space or mend the rights") from error
    except TransferError as error:
        raise TransferError("; ".join([*failed, str(error)]), done) from error
    if failed:
        raise FileRefused("; ".join(failed), done)
