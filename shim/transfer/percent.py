"""How far a file is, said once a percent."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


class Percent:
    """What is said of one file."""

    def __init__(self, name: str, size: int, progress: Progress) -> None:
        self._name, self._size, self._progress = name, size, progress
        self._last = -1

    def at(self, count: int) -> None:
        """So many bytes are done."""
        percent = count * 100 // self._size if self._size else 100
        if percent != self._last:
            self._last = percent
            self._progress(f"{self._name} {percent} %")
