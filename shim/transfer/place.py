"""A folder at another system: what is in it, and how files come from it and go to it.

What breaks off is tried again, and carried on from where it was; see docs/transfer.md.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from kenshin.transfer.coming import Coming, NotYet, clear_up
from kenshin.transfer.going import Going, forget
from kenshin.transfer.link import (
    Broken,
    Denied,
    Entry,
    FileRefused,
    Hopeless,
    Link,
    OwnSide,
    Patience,
    Silent,
    TransferError,
    is_finished,
    wrong_name,
)
from kenshin.transfer.percent import Progress

T = TypeVar("T")

_MOST_NAMESAKES = 1000


class Place:
    """A folder at another system. Everything raises TransferError; FileRefused is of one file."""

    def __init__(self, link: Link, patience: Patience) -> None:
        self._link = link
        self._url = link.remote.url
        self._patience = patience
        self._connected = False

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()
        self._connected = False

    def entries(self, pattern: str) -> list[Entry]:
        """Files that nobody is writing, as far as names say; by name."""
        found = self._again("list", self._link.entries)
        chosen = (e for e in found if fnmatch.fnmatchcase(e.name, pattern))
        return sorted((e for e in chosen if is_finished(e.name)), key=lambda entry: entry.name)

    def fetch(self, entry: Entry, folder: Path, progress: Progress = lambda _: None) -> Path:
        """Bring a file into a folder, whole and under its name, or not at all.

        A file that came, and was not moved away by `move_fetched` yet, is not brought again: then
        its path may be one from where somebody has taken it. Raises NotYet when it may still be
        being written, or another one of its name waits in the folder.
        """
        self._check(entry.name)
        coming = Coming(self._link, entry, folder)
        doing = f"fetch {entry.name}"
        try:
            if not self._here(doing, coming.was_taken):
                self._here(doing, coming.prepare)
                self._of_one(doing, lambda: coming.receive(progress))
                now = self._of_one(doing, lambda: self._link.look(entry.name))
                self._here(doing, lambda: coming.settle(now, self._patience.still_seconds))
                self._here(doing, coming.take)
        except NotYet as error:
            if coming.waited > self._patience.waiting_seconds:
                raise FileRefused(
                    f"{self._url}: cannot {doing}: it has waited for {coming.waited / 3600:.1f} h:"
                    f" {error}"
                ) from error
            raise
        return coming.path

    def move_fetched(self, entry: Entry, folder: Path, to: str) -> None:
        """Move a file that was fetched into a folder below, and forget how it came."""
        self.move(entry.name, to)
        self._here(f"fetch {entry.name}", Coming(self._link, entry, folder).forget)

    def move(self, name: str, to: str) -> None:
        """Move a file into a folder below, where one that has its name keeps it."""
        self._check(name)
        self._of_one(f"move {name} to {to}/", lambda: self._move(name, to))

    def deliver(self, path: Path, progress: Progress = lambda _: None) -> None:
        """Put a file there, whole and under its name, or not at all; another one is kept.

        Until `forget_delivered` is called, the file is known to have gone: it does not go twice.
        """
        self._check(path.name)
        doing = f"deliver {path.name}"
        going = self._here(doing, lambda: Going(self._link, path))
        self._of_one(doing, lambda: going.send(progress))

    def forget_delivered(self, path: Path) -> None:
        """Forget how a file went: it is put away, and cannot go twice."""
        self._here(f"deliver {path.name}", lambda: forget(path))

    def clear_up(self, folder: Path, pattern: str, entries: list[Entry]) -> None:
        """Remove what is left of files that were begun and are not there any more."""
        names = {entry.name for entry in entries}

        def is_gone(name: str) -> bool:
            return fnmatch.fnmatchcase(name, pattern) and name not in names

        self._here("clear up", lambda: clear_up(folder, self._url, is_gone))

    def _check(self, name: str) -> None:
        if why := wrong_name(name):
            raise FileRefused(f"{self._url}: {name!r} is left alone: {why}; rename it")

    def _move(self, name: str, to: str) -> None:
        if self._link.look(name) is None:
            return  # moved before, and only the answer was lost
        self._link.make_folder(to)
        for number in range(_MOST_NAMESAKES):
            target = f"{to}/{name}.{number}" if number else f"{to}/{name}"
            if self._link.look(target) is None:
                self._link.rename(name, target)
                return
        raise Denied(f"{to}/ has {_MOST_NAMESAKES} files of that name; clear it up")

    def _here(self, doing: str, work: Callable[[], T]) -> T:
        """Do something on our side alone."""
        try:
            return work()
        except OwnSide as error:
            raise TransferError(self._own_words(doing, error)) from error

    def _of_one(self, doing: str, work: Callable[[], T]) -> T:
        """Do something with one file. Where the place itself answers, the file is to blame."""
        try:
            return self._again(doing, work)
        except FileRefused:
            raise
        except TransferError as error:
            if isinstance(error.__cause__, OwnSide):
                raise
            try:
                self._once(self._link.entries)
            except (Broken, Denied, Hopeless):
                raise error from None
            # Many such files must not take hours: the tries are used up for all.
            self._patience = replace(self._patience, pauses=())
            raise FileRefused(f"{error}; other files can be had") from error

    def _again(self, doing: str, work: Callable[[], T]) -> T:
        """Do something, some times over if it breaks off; then say what is wrong."""
        for pause in (*self._patience.pauses, None):
            try:
                return self._once(work)
            except Denied as error:
                raise FileRefused(f"{self._url}: cannot {doing}: {error}") from error
            except Hopeless as error:
                raise TransferError(f"{self._url}: cannot {doing}: {error}") from error
            except OwnSide as error:
                raise TransferError(self._own_words(doing, error)) from error
            except Broken as error:
                if pause is None:
                    tries = len(self._patience.pauses) + 1
                    which = f"the last of {tries} tries" if tries > 1 else "the only try"
                    raise TransferError(
                        f"{self._url}: cannot {doing}: {error}, at {which}; look after the other "
                        "side and the way there, the next run carries on"
                    ) from error
                time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _once(self, work: Callable[[], T]) -> T:
        try:
            if not self._connected:
                self._connect()
                self._connected = True
            return work()
        except Denied:
            if not self._connected:
                self.close()
            raise
        except BaseException:
            self.close()  # in mid-talk: nobody knows what would come next
            raise

    def _connect(self) -> None:
        try:
            self._link.connect()
        except Silent as error:
            # It was waited for long enough: other places shall have their turn.
            raise Hopeless(f"{error}; see whether it runs, and to the way there") from error

    def _own_words(self, doing: str, error: OwnSide) -> str:
        return (
            f"{self._url}: cannot {doing}: {error}; free space or mend the rights, "
            "the next run carries on"
        )
