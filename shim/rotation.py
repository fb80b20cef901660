"""Wrap every wrapped column of an installation anew, and say what wraps it now.

Which columns are wrapped is what the templates declare: those of type VARBINARY(512). The
copies in HE-DB are not touched; they follow by SYNC_HE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kenshin.engines import EngineError, Session
from kenshin.render import Declaration, environment, tables_of
from kenshin.secret import KeyRing, SecretError, context_of, key_id_of

WRAPPED = "VARBINARY(512)"
PAGE = 500  # rows read at a time, and written in one transaction
ROUNDS = 20  # how often a page is tried while others change it
NO_KEY = "(damaged)"


@dataclass(frozen=True)
class WrappedTable:
    """A table with wrapped columns, and the table with the MAC of the same device."""

    database: str
    name: str
    key: str
    columns: tuple[str, ...]
    owner: str
    has_serial: bool


@dataclass(frozen=True)
class Cell:
    """One wrapped secret as it stands in its row."""

    table: WrappedTable
    key: int
    column: str
    blob: bytes = field(repr=False)
    context: str | None  # None: its row belongs to no device that could be named

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column}, {self.table.key} {self.key}"


@dataclass
class Report:
    """What a rotation came to; each secret is counted once."""

    rotated: int = 0
    current: int = 0
    unreadable: list[str] = field(default_factory=list)  # which, and why

    def line(self) -> str:
        """The result in one line."""
        return (
            f"rotated {self.rotated}, already current {self.current}, "
            f"unreadable {len(self.unreadable)}"
        )


def wrapped_tables() -> list[WrappedTable]:
    """Every table of MDM-DB and VPS-DB that holds wrapped secrets."""
    found = []
    for database in ("mdm", "vps"):
        tables = {table.name: table for table in tables_of(database)}
        for table in tables.values():
            if any(type_ == WRAPPED for type_, _ in table.columns.values()):
                found.append(_wrapped(database, table, tables))
    return found


def _wrapped(database: str, table: Declaration, tables: dict[str, Declaration]) -> WrappedTable:
    owner = tables.get(table.name.removesuffix("_TRANSACTION"), table)
    if "MAC" not in owner.columns or len(table.key) != 1 or owner.key != table.key:
        raise EngineError(f"{table.name}: no table of the same key has the MAC of its devices")
    columns = tuple(name for name, (type_, _) in table.columns.items() if type_ == WRAPPED)
    serial = "SERIAL" in owner.columns
    return WrappedTable(database, table.name, table.key[0], columns, owner.name, serial)


def rows_in(session: Session, table: WrappedTable) -> int:
    """The number of rows of a table."""
    rows = session.again(
        lambda: session.execute(table.database, f"SELECT COUNT(*) FROM {table.name}")
    )
    return int(rows[0][0])


def census(session: Session) -> Counter[tuple[str, str, str]]:
    """How many secrets each key wraps, by table, column and key id. Needs no key."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for table in wrapped_tables():
        for _, cells in _pages(session, table):
            counts.update((table.name, cell.column, _key_id(cell.blob)) for cell in cells)
    return counts


def rotate(
    session: Session, ring: KeyRing, advance: Callable[[int], None] = lambda _: None
) -> Report:
    """Wrap with the active key whatever another one wraps, page by page.

    Every page is a transaction of its own, so a rotation that broke off is simply started
    again. A secret that someone replaces meanwhile stays what they made it. Secrets that no
    key opens are left as they are and reported. `advance` is told of the rows dealt with.
    """
    report = Report()
    for table in wrapped_tables():
        for rows, cells in _pages(session, table):
            _rotate_page(session, ring, table, cells, report)
            advance(rows)
    return report


def _rotate_page(
    session: Session, ring: KeyRing, table: WrappedTable, cells: list[Cell], report: Report
) -> None:
    ours: dict[tuple[int, str], bytes] = {}
    keys = sorted({cell.key for cell in cells})
    for _ in range(ROUNDS):
        judged = [(cell, *_judge(ring, cell)) for cell in cells]
        stale = [(cell, new) for cell, new, why in judged if new and not why]
        if not stale:
            break
        _write(session, table, stale)
        ours |= {(cell.key, cell.column): new for cell, new in stale}
        # What counts is what stands there after the commit.
        cells = _read(session, table, keys[0] - 1, keys[-1])[1]
    else:
        raise EngineError(f"{table.name}: others keep changing the same keys; run it again")
    for cell, _, why in judged:
        if why:
            report.unreadable.append(f"{cell}: {why}")
        elif ours.get((cell.key, cell.column)) == cell.blob:
            report.rotated += 1
        else:
            report.current += 1


def _judge(ring: KeyRing, cell: Cell) -> tuple[bytes, str]:
    """What to write in its place (empty: nothing), and why it cannot be read (empty: it can)."""
    if cell.context is None:
        return b"", "its row has no device with a MAC or a serial number"
    try:
        secret = ring.unwrap(cell.blob, cell.context)
        if key_id_of(cell.blob) == ring.active:
            return b"", ""
        return ring.wrap(secret, cell.context), ""
    except SecretError as error:
        return b"", str(error)


def _write(session: Session, table: WrappedTable, stale: list[tuple[Cell, bytes]]) -> None:
    def work() -> None:
        with session.transaction():
            for cell, new in stale:
                session.execute(
                    table.database,
                    f"UPDATE {table.name} SET {cell.column} = ?"
                    f" WHERE {table.key} = ? AND {cell.column} = ?",
                    [new, cell.key, cell.blob],
                )

    session.again(work)


def _pages(session: Session, table: WrappedTable) -> Iterator[tuple[int, list[Cell]]]:
    """The secrets of a table in pages by its key, each with the number of its rows."""
    last: int | None = None
    while True:
        keys, cells = _read(session, table, last)
        if not keys:
            return
        yield len(keys), cells
        last = keys[-1]


def _read(
    session: Session, table: WrappedTable, after: int | None, until: int | None = None
) -> tuple[list[int], list[Cell]]:
    """The keys of one page behind a key, or up to a key, and the secrets in its rows."""
    clauses = {f"t.{table.key} > ?": after, f"t.{table.key} <= ?": until}
    given = {clause: key for clause, key in clauses.items() if key is not None}
    where = f"WHERE {' AND '.join(given)}" if given else ""
    secrets = ", ".join(f"t.{column}" for column in table.columns)
    statement = (
        f"SELECT t.{table.key}, o.MAC, {'o.SERIAL' if table.has_serial else 'NULL'}, {secrets}"
        f" FROM {table.name} t LEFT JOIN {table.owner} o ON o.{table.key} = t.{table.key}"
        f" {where} ORDER BY t.{table.key} {_first_rows(session) if until is None else ''}"
    )
    rows = session.again(lambda: session.execute(table.database, statement, list(given.values())))
    cells = [
        Cell(table, int(key), column, bytes(blob), _context(column, mac, serial))
        for key, mac, serial, *blobs in rows
        for column, blob in zip(table.columns, blobs, strict=True)
        if blob is not None
    ]
    return [int(row[0]) for row in rows], cells


def _context(column: str, mac: str | None, serial: str | None) -> str | None:
    try:
        return context_of(column, mac=mac, serial=serial)
    except SecretError:
        return None


def _key_id(blob: bytes) -> str:
    try:
        return key_id_of(blob)
    except SecretError:
        return NO_KEY


def _first_rows(session: Session) -> str:
    frame = environment(session.config.dialect, []).get_template("frame.sql").module
    return str(frame.first_rows(PAGE))  # type: ignore[attr-defined]
