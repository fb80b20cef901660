"""How long a day of both histories takes to become one partition each; cycles wait meanwhile."""

from __future__ import annotations

from datetime import timedelta

from bench.station import Measured, NotHere, Station, expect, load, seconds_of
from bench.world import HISTORIES
from kenshin.engines import Session
from kenshin.engines.base import NOTHING

_RULE = "PACK_HISTORY"


def measure(station: Station) -> list[Measured]:
    """The newest day that is whole, a history after the other, as `kenshin purge` packs them."""
    if not station.world.partitioned:
        raise NotHere("the engine has no partitions")
    at = station.world.at(0) + timedelta(days=1)
    figures = {"load": load()}
    with station.session() as session:
        for table in HISTORIES:
            station.say(table)
            figures[table] = seconds_of(lambda: _pack(station, session, at))
    rows = station.world.rows * 48
    seconds = sum(figures[table] for table in HISTORIES)
    return [Measured("pack", seconds, [figures], f"{rows:,} readings, each with its quote")]


def _pack(station: Station, session: Session, at: object) -> None:
    result = expect(station.call(session, _RULE, at), _RULE, NOTHING)
    if result.code == NOTHING:
        raise NotHere("every day is packed already")
