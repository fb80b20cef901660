"""The partitions of the histories, where an engine has them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from kenshin.engines import EngineError, Session

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_EXTEND = "EXTEND_HISTORY"


def day_of(moment: datetime) -> date:
    """The day in which the slot that ends at a moment begins."""
    return (moment - _SECOND).date()


def partitions(session: Session, table: str) -> list[tuple[str, str]]:
    """The partitions of a table of VPS-DB, each with what the server says of its bound."""
    if session.config.dialect == "firebird":
        return []
    return [
        (str(name), str(bound).strip("'"))
        for name, bound in session.execute(
            "",
            "SELECT PARTITION_NAME, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS"
            " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL"
            " ORDER BY PARTITION_ORDINAL_POSITION",
            [session.config.places["vps"], table],
        )
    ]


def bounds(session: Session, table: str) -> list[datetime]:
    """Where the partitions of a table end, but for the last one, which takes all that is later."""
    found = partitions(session, table)
    return [datetime.fromisoformat(text) for _, text in found if text != "MAXVALUE"]


def lay_out(
    session: Session, tables: Iterable[str], first: datetime, last: datetime, furthest: datetime
) -> None:
    """Give empty tables the partitions that they would have had the station run all the while.

    That is from the snapshot `first` to the present one, and then further ahead than cycles make
    them, for all snapshots that are to come. A fresh installation has those of today only.
    """
    days = [day_of(first) + number * _DAY for number in range((furthest - first).days + 2)]
    extends = _EXTEND in session.live_objects("vps")
    # The rule goes on from the last one that is there; without it each day has its own.
    made = [days[0] - _DAY] if extends else days
    parts = [f"PARTITION P{d:%Y%m%d} VALUES LESS THAN ('{d + _DAY} 00:00:01')" for d in made]
    parts.append("PARTITION P_LATER VALUES LESS THAN (MAXVALUE)")
    for table in tables:
        session.execute(
            "vps",
            f"ALTER TABLE {table} PARTITION BY RANGE COLUMNS (MEASURED_TIME) ({', '.join(parts)})",
        )
    for at in (last, furthest) if extends else ():
        result = session.call_alone("vps", _EXTEND, at)
        if not result.ok:
            raise EngineError(f"{_EXTEND} answered {result.code} {result.message}")


def unite(session: Session, table: str, first: datetime, last: datetime) -> None:
    """Make one partition, with full pages, of those that snapshots of a day are in.

    As PACK_HISTORY does it: only the second copy finds the rows in the order of the key.
    """
    mine = [
        (name, bound)
        for name, bound in partitions(session, table)
        if bound != "MAXVALUE" and first < datetime.fromisoformat(bound) <= last + _SECOND
    ]
    names, bound = ", ".join(name for name, _ in mine), mine[-1][1]
    session.execute(
        "vps",
        f"ALTER TABLE {table} REORGANIZE PARTITION {names} INTO"
        f" (PARTITION P_DAY VALUES LESS THAN ('{bound}'))",
    )
    session.execute("vps", f"ALTER TABLE {table} REBUILD PARTITION P_DAY")
