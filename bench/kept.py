"""What of a station is not in its databases, so that another measurement can take it up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bench.station import Station

_FILE = "station.json"
_OF_WORLD = ("filled", "generated", "seconds")


def clear(folder: Path | None) -> None:
    """Remove what a measurement that was broken off left: nobody knows how far it is."""
    if folder is not None and not (folder / _FILE).exists():
        shutil.rmtree(folder, ignore_errors=True)


def take_up(station: Station, folder: Path | None) -> bool:
    """Go on from where the last measurement ended; false when there is none such."""
    path = folder and folder / _FILE
    if path is None or not path.exists():
        return False
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    station.slot = kept["slot"]
    for name in _OF_WORLD:
        setattr(station.world, name, kept[name])
    return True


def save(station: Station, folder: Path | None) -> None:
    """Note how far a station is that is kept."""
    if folder is not None:
        kept = {"slot": station.slot, **{n: getattr(station.world, n) for n in _OF_WORLD}}
        (folder / _FILE).write_text(json.dumps(kept) + "\n", encoding="utf-8")
