"""A file on its way to us: `.NAME.part`, and `.NAME.fetch` that says of what it is a part."""

from __future__ import annotations

import filecmp
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kenshin.durable import sync_folder
from kenshin.transfer.link import Broken, Entry, Link, NoRestart, own
from kenshin.transfer.note import WHOLE, Note, boot_id, read_note
from kenshin.transfer.percent import Percent, Progress

_LAST_LINE = re.compile(rb"(?:\A|\n)#END,[0-9]+\r?\n?\Z")
_LONGEST_LAST_LINE = 64
_NOTE = ".fetch"


class NotYet(Exception):
    """A file is left where it is for a later run; the message says why."""


class Coming:
    """One file of a link's folder on its way into a folder of ours. Raises OwnSide throughout."""

    def __init__(self, link: Link, entry: Entry, folder: Path) -> None:
        self.entry = entry
        self.path = folder / entry.name
        self._link = link
        self._part = folder / f".{entry.name}.part"
        self._note = folder / f".{entry.name}{_NOTE}"
        url = link.remote.url
        now = time.time()
        self._fresh = Note(url, entry.size, entry.modified, now, boot_id(), first=now)

    def was_taken(self) -> bool:
        """Whether an earlier run took this very file, and was only kept from moving it away."""
        with own(self._note):
            note = read_note(self._note)
            if note is None or note.state != WHOLE or not self._is_of(note):
                return False
            self._fresh = replace(self._fresh, first=note.first)
            if self._part.exists():  # killed between the note and the name
                self._rename()
            return True

    @property
    def waited(self) -> float:
        """Seconds since the file, or one of its name that changed, was first left for later."""
        return time.time() - self._fresh.first

    def prepare(self) -> None:
        """Keep what is there of this very file; begin anew otherwise.

        Raises NotYet when another one of its name has not been taken in.
        """
        with own(self._note):
            note = read_note(self._note)
            if note is not None and self._is_same(note):
                self._fresh = replace(self._fresh, seen=min(note.seen, self._fresh.seen))
            if note is not None and note.place == self._fresh.place and note.state != WHOLE:
                self._fresh = replace(self._fresh, first=min(note.first, self._fresh.first))
            if note is None or not self._is_of(note) or note.boot != self._fresh.boot:
                self._part.unlink(missing_ok=True)
            self._fresh.write(self._note)
            if self.path.exists() and self.path.stat().st_size != self.entry.size:
                raise NotYet(self._another)

    def receive(self, progress: Progress) -> None:
        """Fetch what is missing. Raises what a link raises, and NotYet when the file grew."""
        with own(self._part), self._part.open("ab") as file:
            have, size = file.tell(), self.entry.size
            said = Percent(self.entry.name, size, progress)

            def sink(data: bytes) -> None:
                nonlocal have
                have += len(data)
                if have > size:
                    raise NotYet(f"{self.entry.name} grew while it was fetched")
                with own(self._part):
                    file.write(data)
                said.at(have)

            try:
                if have < size:
                    self._link.read(self.entry.name, have, sink)
            except NoRestart:
                file.truncate(0)
                have = 0
                self._link.read(self.entry.name, 0, sink)
            except NotYet:
                file.truncate(0)
                raise
            file.flush()
            os.fsync(file.fileno())
        if have != size:
            self._part.unlink(missing_ok=True)
            raise Broken(f"{have} of {size} bytes came")

    def settle(self, now: Entry | None, still_seconds: float) -> None:
        """Raise NotYet unless its writer is done, to all that a second look can tell."""
        if now != self.entry:
            with own(self._part):
                self._part.unlink(missing_ok=True)
            raise NotYet(f"{self.entry.name} changed while it was fetched")
        if not self._has_last_line() and time.time() - self._fresh.seen < still_seconds:
            raise NotYet(f"{self.entry.name} has no last line yet")

    def take(self) -> None:
        """Give it its name, once. Raises NotYet when another file has it."""
        with own(self.path):
            if self.path.exists():
                if not filecmp.cmp(self.path, self._part, shallow=False):
                    raise NotYet(self._another)
                self._part.unlink()
            # With the note, but without the part, it is known to have been taken.
            replace(self._fresh, state=WHOLE).write(self._note)
            if self._part.exists():
                self._rename()

    def forget(self) -> None:
        """Remove the note: the file is away from the other side."""
        with own(self._note):
            self._note.unlink(missing_ok=True)

    def _has_last_line(self) -> bool:
        with own(self._part), self._part.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - _LONGEST_LAST_LINE))
            return _LAST_LINE.search(file.read()) is not None

    @property
    def _another(self) -> str:
        return f"another {self.entry.name} waits to be taken in"

    def _rename(self) -> None:
        if self.path.exists() and not filecmp.cmp(self.path, self._part, shallow=False):
            raise NotYet(self._another)
        self._part.replace(self.path)
        sync_folder(self.path.parent)

    def _is_same(self, note: Note) -> bool:
        mine = self._fresh.place, self._fresh.size, self._fresh.modified
        return (note.place, note.size, note.modified) == mine

    def _is_of(self, note: Note) -> bool:
        # Where files have no time, only the size is known: too little to go by.
        return self._is_same(note) and self.entry.modified is not None


def clear_up(folder: Path, url: str, is_gone: Callable[[str], bool]) -> None:
    """Remove what is left of files of a place that are not there any more. Raises OwnSide.

    One that was taken, and could not be given its name, gets it.
    """
    with own(folder):
        for path in folder.glob(f".*{_NOTE}"):
            name = path.name[1 : -len(_NOTE)]
            note = read_note(path)
            if note is None or note.place != url or not is_gone(name):
                continue
            part = folder / f".{name}.part"
            if note.state == WHOLE and part.exists() and not (folder / name).exists():
                part.replace(folder / name)
                sync_folder(folder)
            part.unlink(missing_ok=True)
            path.unlink()
