"""Fills histories, one partition after another in the order of the key, in constant memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from bench.partitions import bounds
from kenshin.engines import Session, open_session

INTERVAL = timedelta(minutes=30)
# Slot 0, which ends the history. Half of its day is there, so that where a day is a partition it is
# as deep as at an average cycle; the billing month began with that day.
END = datetime(2026, 3, 1, 12, 0)
# Rows of one statement: what the server keeps to undo it stays small.
_CHUNK = 500_000
# Of the register; so that readings are above zero, however far back a history goes.
_BEFORE = 100_000

POINT = "'P' || LPAD(TRIM(CAST(d.N AS CHAR(9))), 9, '0')"
_AT = f"({{k}} + {_BEFORE})"
_RAW = f"(MOD(d.N, 5000) * 1000 + {_AT} * 500 + MOD(d.N * 31 + {_AT} * 17, 400))"
_NOW = f"{_RAW.format(k='s.K')} * 0.0010"
USAGE = f"({_RAW.format(k='s.K')} - {_RAW.format(k='s.K - 1')}) * 0.0010"
_COLUMNS = {
    "USAGE_HISTORY": (
        "LD_ID, SUB_NUMBER, MEASURED_TIME, READING, USAGE_VALUE, STATUS",
        f"{POINT}, 1, s.MEASURED_TIME, {_NOW}, {USAGE}, 0",
    ),
    "QUOTE_HISTORY": (
        "LD_ID, SUB_NUMBER, MEASURED_TIME, USAGE_VALUE, QUALITY, REVISION, SOURCE, UPDATED_AT",
        f"{POINT}, 1, s.MEASURED_TIME, {USAGE}, 'M', 0, 'N', s.MEASURED_TIME",
    ),
}

Progress = Callable[[str, float], None]


def raw(device: int, slot: int) -> int:
    """The register of a device after a slot, in Wh: what the history holds too."""
    at = slot + _BEFORE
    return device % 5000 * 1000 + at * 500 + (device * 31 + at * 17) % 400


def moment(slot: int) -> datetime:
    """When a slot ends; 0 is the last one of the history."""
    return END + slot * INTERVAL


@dataclass(frozen=True)
class Stretch:
    """Devices and slots, from the first to the last one."""

    devices: tuple[int, int]
    slots: tuple[int, int]

    @property
    def rows(self) -> int:
        """How many rows of a history they are."""
        (a, b), (c, d) = self.devices, self.slots
        return (b - a + 1) * (d - c + 1)


def insert(table: str, layout: str, stretch: Stretch, order: str = "d.N, s.K") -> str:
    """The statement that puts a stretch into a table with the layout of a history.

    It comes in the order of the key, or of the time: then `order` is "s.K, d.N".
    """
    columns, values = _COLUMNS[layout]
    (first, last), (begin, end) = stretch.devices, stretch.slots
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM BENCH_NUMBER d"
        f" CROSS JOIN BENCH_SLOT s WHERE d.N BETWEEN {first} AND {last}"
        f" AND s.K BETWEEN {begin} AND {end} ORDER BY {order}"
    )


def stretches(points: int, spans: Iterable[tuple[int, int]]) -> Iterator[Stretch]:
    """All slots of all points: one span after the other, each in the order of the key."""
    for begin, end in spans:
        step = max(1, _CHUNK // (end - begin + 1))
        for first in range(1, points + 1, step):
            yield Stretch((first, min(points, first + step - 1)), (begin, end))


def spans_of(ends: Sequence[datetime], first: int, last: int) -> list[tuple[int, int]]:
    """Slots, divided where partitions end; all of them at once where there are none."""
    found: dict[int, tuple[int, int]] = {}
    for slot in range(first, last + 1):
        place = bisect_right(ends, moment(slot))
        found[place] = found.get(place, (slot, slot))[0], slot
    return list(found.values())


class Filler:
    """Fills tables with the layouts of histories, each on a connection of its own."""

    def __init__(self, session: Session, points: int) -> None:
        self.session = session
        self.points = points

    def fill(self, tables: Mapping[str, str], slots: tuple[int, int], progress: Progress) -> int:
        """Fill tables, each with the history that it is like; how many rows that were."""
        if slots[1] < slots[0]:
            return 0
        whole = self.points * (slots[1] - slots[0] + 1) * len(tables)
        names = " and ".join(tables)
        lock, done = Lock(), 0
        spans = spans_of(bounds(self.session, next(iter(tables))), *slots)

        def count(rows: int) -> None:
            nonlocal done
            with lock:
                done += rows
                progress(f"{names}: {done:,} of {whole:,} rows", done / whole)

        def work(table: str, layout: str, session: Session) -> None:
            for stretch in stretches(self.points, spans):
                session.execute("vps", insert(table, layout, stretch))
                count(stretch.rows)

        if self.session.config.dialect == "firebird":
            for table, layout in tables.items():
                self._fill_heap(table, layout, slots, count)
            return whole

        def apart(table: str, layout: str) -> None:
            with open_session(self.session.config) as session:
                session.execute("", "SET unique_checks = 0")
                work(table, layout, session)

        with ThreadPoolExecutor(len(tables)) as pool:
            list(pool.map(apart, tables.keys(), tables.values()))
        return whole

    def _fill_heap(
        self, table: str, layout: str, slots: tuple[int, int], count: Callable[[int], None]
    ) -> None:
        """Fill a table of Firebird, where rows stay in the order in which snapshots bring them.

        Its indexes are made behind them, which is many times as fast.
        """
        step = max(1, _CHUNK // self.points)
        spans = [(k, min(slots[1], k + step - 1)) for k in range(slots[0], slots[1] + 1, step)]
        with without_indexes(self.session, table):
            for span in spans:
                stretch = Stretch((1, self.points), span)
                self.session.execute("vps", insert(table, layout, stretch, "s.K, d.N"))
                count(stretch.rows)


@contextmanager
def without_indexes(session: Session, table: str) -> Iterator[None]:
    """A table of Firebird has neither its key nor its indexes while this lasts."""
    ((key,),) = session.execute(
        "vps",
        "SELECT TRIM(c.RDB$CONSTRAINT_NAME) FROM RDB$RELATION_CONSTRAINTS c"
        " WHERE c.RDB$RELATION_NAME = ? AND c.RDB$CONSTRAINT_TYPE = 'PRIMARY KEY'",
        [table],
    )
    session.execute("vps", f"ALTER TABLE {table} DROP CONSTRAINT {key}")
    rows = session.execute(
        "vps",
        "SELECT TRIM(i.RDB$INDEX_NAME) FROM RDB$INDICES i WHERE i.RDB$RELATION_NAME = ?",
        [table],
    )
    for (index,) in rows:
        session.execute("vps", f"ALTER INDEX {index} INACTIVE")
    yield
    columns = "LD_ID, SUB_NUMBER, MEASURED_TIME"
    session.execute("vps", f"ALTER TABLE {table} ADD PRIMARY KEY ({columns})")
    for (index,) in rows:
        session.execute("vps", f"ALTER INDEX {index} ACTIVE")
