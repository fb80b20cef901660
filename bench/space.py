"""Bytes that a reading takes, online and archived.

Online: a day of snapshots comes in, one after the other, into tables of the histories' layout, as
cycles bring them; with bills, each snapshot is priced before the next one comes. Packed is the
same day after its pages were written anew, as PACK_HISTORY does it.
"""

from __future__ import annotations

from contextlib import closing

from bench.floor import make_like
from bench.history import Stretch, insert
from bench.partitions import unite
from bench.station import Measured, Station
from kenshin.engines import Session

_TABLES = {"USAGE_HISTORY": "SPACE_USAGE", "QUOTE_HISTORY": "SPACE_QUOTE"}
_POINTS, _ENOUGH = 80_000, 20_000
_SLOTS = range(-23, 25)  # a whole day


def measure(station: Station) -> list[Measured]:
    """Bytes on the disk by rows of usage, which have one quote each."""
    points = min(_POINTS, station.world.rows)
    figures: dict[str, float] = {}
    with station.session() as session:
        for bills in (False, True):
            kind = "priced" if bills else "unpriced"
            station.say(f"{kind}: live")
            before = _pages(station, session)
            for table, name in _TABLES.items():
                make_like(session, table, name)
            for slot in _SLOTS:
                _snapshot(station, session, points, slot, bills)
            rows = points * len(_SLOTS)
            figures[f"live {kind}"] = _bytes(station, session, before) / rows
            if not station.firebird:
                station.say(f"{kind}: packed")
                _pack(station, session)
                figures[f"packed {kind}"] = _bytes(station, session, before) / rows
            for name in _TABLES.values():
                session.execute("vps", f"DROP TABLE {name}")
    # In small tables what the engine reserves counts for more than the rows.
    large = points >= _ENOUGH
    live = Measured("bytes-live", figures["live priced"], [figures], judged=large)
    if station.firebird:
        return [live]
    return [Measured("bytes", figures["packed priced"], [figures], judged=large), live]


def _snapshot(station: Station, session: Session, points: int, slot: int, bills: bool) -> None:
    stretch = Stretch((1, points), (slot, slot))
    for table, name in _TABLES.items():
        session.execute("vps", insert(name, table, stretch))
    if bills:
        session.execute(
            "vps",
            f"UPDATE {_TABLES['QUOTE_HISTORY']} SET QUOTE = USAGE_VALUE * 19.88,"
            " CO2 = USAGE_VALUE * 0.4, SOURCE = 'S' WHERE MEASURED_TIME = ?",
            [station.world.at(slot)],
        )


def _pack(station: Station, session: Session) -> None:
    world = station.world
    for name in _TABLES.values():
        if world.partitioned:
            unite(session, name, world.at(_SLOTS[0]), world.at(_SLOTS[-1]))
        else:
            session.execute("vps", f"ALTER TABLE {name} FORCE")


def _bytes(station: Station, session: Session, before: int) -> int:
    """Of both tables with their indexes."""
    if station.firebird:
        return _pages(station, session) - before
    session.execute("vps", f"ANALYZE TABLE {', '.join(_TABLES.values())}")
    if session.config.engine == "mysql":
        session.execute("", "SET SESSION information_schema_stats_expiry = 0")
    marks = ", ".join(["?"] * len(_TABLES))
    rows = session.execute(
        "",
        "SELECT SUM(DATA_LENGTH + INDEX_LENGTH) FROM information_schema.TABLES"
        f" WHERE TABLE_SCHEMA = ? AND TABLE_NAME IN ({marks})",
        [session.config.places["vps"], *_TABLES.values()],
    )
    return int(rows[0][0])


def _pages(station: Station, session: Session) -> int:
    """Bytes of the pages in use of a Firebird database; nothing for others."""
    if not station.firebird:
        return 0
    from firebird.driver import connect

    # What updates left behind goes when it is read again.
    for name in _TABLES.values():
        if name in session.live_objects("vps"):
            session.execute("vps", f"SELECT COUNT(*) FROM {name}")
    with closing(connect(session.config.places["vps"], user="SYSDBA", charset="UTF8")) as database:
        return int(database.info.pages_used) * int(database.info.page_size)
