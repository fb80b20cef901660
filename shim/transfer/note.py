"""What is known of a file on its way, in a small file beside it that outlives the process."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from kenshin.durable import write_text

BEGUN, WHOLE = "begun", "whole"

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Note:
    """One file on its way from or to a place."""

    place: str  # the URL
    size: int
    modified: str | None  # at the side where it comes from
    seen: float  # seconds of our clock when it was first seen so
    boot: str  # of this machine: what was not synced by then may be lost with a later one
    state: str = BEGUN
    first: float = 0  # seconds of our clock when a file of its name was first left for later

    def write(self, path: Path) -> None:
        """Write it down durably. Raises OSError."""
        write_text(path, json.dumps(asdict(self)), path.with_name(path.name + ".new"))


def read_note(path: Path) -> Note | None:
    """What was written down, or None. Raises OSError."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return Note(**{field.name: entries[field.name] for field in fields(Note)})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return None  # not ours: as good as none


def boot_id() -> str:
    """What changes when the machine starts; empty where there is no such thing."""
    return _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""
