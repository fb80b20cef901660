"""A file on its way from us: `.NAME.part` there, and `.NAME.deliver` here that says how far."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from kenshin.transfer.link import BLOCK, Block, Broken, Denied, Entry, Link, NoRestart, own
from kenshin.transfer.note import WHOLE, Note, read_note
from kenshin.transfer.percent import Percent, Progress

_NOTE = ".deliver"
_COMPARED = 64 * 1024  # bytes before the end of a part that are read back before it is continued


class Going:
    """One file of ours on its way into a link's folder. Raises OwnSide throughout."""

    def __init__(self, link: Link, path: Path) -> None:
        self._link = link
        self._path = path
        self._part = f".{path.name}.part"
        self._note = _note_of(path)
        with own(path):
            status = path.stat()
        # A file that we wrote anew under the same name is another one.
        mark = f"{status.st_mtime_ns} {status.st_ino}"
        self._fresh = Note(link.remote.url, status.st_size, mark, time.time(), "")

    def send(self, progress: Progress) -> None:
        """Put what is missing there, then give it its name. Raises what a link raises.

        Denied as well, when another file has the name there.
        """
        size = self._fresh.size
        state = self._state()
        there = self._link.look(self._part) if state else None
        if state == WHOLE and there is None:
            return  # it has its name, only the answer was lost; somebody may have taken it since
        final = self._link.look(self._path.name)
        if final is not None:
            self._compare(final)
            return
        offset = self._offset(there) if there else 0
        if there is None or not there.size == size == offset or not size:
            try:
                self._write(offset, progress)
            except NoRestart:
                self._write(0, progress)
            there = self._link.look(self._part)
        if there is None or there.size != size:
            self.forget()
            raise Broken(f"{there.size if there else 0} of {size} bytes arrived")
        with own(self._note):
            replace(self._fresh, state=WHOLE).write(self._note)
        self._link.rename(self._part, self._path.name)

    def forget(self) -> None:
        """Remove the note: the file goes from its first byte."""
        forget(self._path)

    def _state(self) -> str:
        with own(self._note):
            note = read_note(self._note)
        mine = replace(self._fresh, state="", seen=0)
        return note.state if note and replace(note, state="", seen=0) == mine else ""

    def _write(self, offset: int, progress: Progress) -> None:
        if not offset:
            self.forget()
        with own(self._path), self._path.open("rb") as file:
            file.seek(offset)
            said = Percent(self._path.name, self._fresh.size, progress)
            self._link.write(self._part, offset, _blocks(self._path, file, said), self._begun)

    def _begun(self) -> None:
        with own(self._note):
            self._fresh.write(self._note)

    def _offset(self, there: Entry) -> int:
        """Where to go on. The note says that the part is ours; its end is read to be sure."""
        whole = self._state() == WHOLE and there.size == self._fresh.size
        offset = there.size if whole else there.size - self._link.slack
        if not 0 < offset <= self._fresh.size:
            return 0
        begin = max(0, offset - _COMPARED)
        with own(self._path), self._path.open("rb") as file:
            file.seek(begin)
            mine = file.read(offset - begin)
        found = bytearray()
        try:
            self._link.read(self._part, begin, found.extend)
        except Denied:
            return 0  # a folder that one may only write to
        return offset if found[: len(mine)] == mine else 0

    def _compare(self, final: Entry) -> None:
        """Raise Denied unless the file there is this one, brought by a run that broke off."""
        other = f"another file has the name {self._path.name} there; see which one is right"
        if final.size != self._fresh.size:
            raise Denied(f"{other}: it has {final.size} bytes, ours {self._fresh.size}")
        differs = False
        with own(self._path), self._path.open("rb") as file:

            def sink(data: bytes) -> None:
                nonlocal differs  # read to the end all the same: the connection goes on
                with own(self._path):
                    differs = file.read(len(data)) != data or differs

            self._link.read(self._path.name, 0, sink)
            differs = bool(file.read(1)) or differs
        if differs:
            raise Denied(other)


def _blocks(path: Path, file: BinaryIO, said: Percent) -> Block:
    """What gives block after block of a file, and says how far it is."""

    def block() -> bytes:
        with own(path):
            data = file.read(BLOCK)
        said.at(file.tell())
        return data

    return block


def forget(path: Path) -> None:
    """Remove the note of a file. Raises OwnSide."""
    with own(path):
        _note_of(path).unlink(missing_ok=True)


def forget_sent(folder: Path) -> None:
    """Remove notes of files that are put away. Raises OSError."""
    for note in folder.glob(f".*{_NOTE}"):
        if not (folder / note.name[1 : -len(_NOTE)]).exists():
            note.unlink(missing_ok=True)


def _note_of(path: Path) -> Path:
    return path.with_name(f".{path.name}{_NOTE}")
