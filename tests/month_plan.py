"""What goes wrong in the simulated month: a ledger that is written before anything happens.

Everything follows from the seed. The calm run has the faults of the data alone; the disturbed one
has them too, and besides it programs that are killed and servers that go away.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

INTERVAL = timedelta(minutes=30)
START = datetime(2026, 1, 1, 0, 30)
ALL_HEADS = 0
LATE_BY = (1, 2, 5)  # snapshots
# Of all logs.
SHARES = {"lost": 0.002, "late": 0.004, "cut": 0.002, "spoilt": 0.003, "doubled": 0.003}
CHUNKS = (1, 1, 6, 12, 24, 48)  # snapshots that one call catches up


@dataclass(frozen=True)
class Fault:
    """What happens to the logs of a head-end, or of all; `until` is the snapshot after."""

    kind: str  # down, unreachable, or one of SHARES
    heid: int
    at: datetime
    until: datetime

    def covers(self, heid: int, at: datetime) -> bool:
        """Whether the log of a snapshot is one of those that it happens to."""
        return self.heid in (ALL_HEADS, heid) and self.at <= at < self.until


@dataclass
class Plan:
    """A number of days of `meters` devices at some head-ends, and the faults of the data."""

    days: float
    meters: int
    heads: int
    seed: int = 2026
    kills: int = 50
    server_kills: int = 4
    faults: list[Fault] = field(default_factory=list)
    mute: dict[int, tuple[datetime, datetime]] = field(default_factory=dict)  # by device number
    short_outages: list[datetime] = field(default_factory=list)  # of the FTP server, in the grace
    broken_transfers: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.snapshots = [START + n * INTERVAL for n in range(round(self.days * 48))]
        self._dice = random.Random(self.seed)
        self._taken: set[tuple[int, int]] = set()
        count = len(self.snapshots)
        # Two days of silence and an outage of some hours in a month; less in a short run.
        self._place("down", min(96, count // 8), heid=self.heads)
        for length in (2, 7) if count > 200 else (1,):
            self._place("unreachable", length, heid=ALL_HEADS)
        logs = count * self.heads
        for kind, share in SHARES.items():
            for _ in range(max(1, round(logs * share))):
                self._place(kind, 1)
        self.short_outages = self._free(3 if count > 200 else 1)
        self.broken_transfers = self._free(5 if count > 200 else 1)
        self._silence()

    def _place(self, kind: str, length: int, heid: int | None = None) -> None:
        """Where nothing else happens, nor will before its consequences are over."""
        while True:
            first = self._dice.randrange(2, len(self.snapshots) - length - 8)
            head = heid if heid is not None else self._dice.randint(1, self.heads)
            heads = range(1, self.heads + 1) if head == ALL_HEADS else (head,)
            slots = {(one, n) for one in heads for n in range(first - 1, first + length + 6)}
            if not slots & self._taken:
                break
        self._taken |= slots
        at = self.snapshots[first]
        self.faults.append(Fault(kind, head, at, at + length * INTERVAL))

    def _free(self, count: int) -> list[datetime]:
        taken = {n for _, n in self._taken}
        free = [at for n, at in enumerate(self.snapshots) if n > 1 and n not in taken]
        if len(free) < count:
            free = self.snapshots[2:-8]
        chosen = self._dice.sample([at for at in free if at not in self.short_outages], count)
        return sorted(chosen)

    def _silence(self) -> None:
        """Devices that never answer about an evening: those gaps stay."""
        for number in self._dice.sample(range(1, self.meters + 1), max(1, self.meters // 20)):
            first = self._dice.randrange(4, len(self.snapshots) - 8)
            at = self.snapshots[first]
            self.mute[number] = (at, at + 6 * INTERVAL)

    def fault(self, heid: int, at: datetime, *kinds: str) -> Fault | None:
        """What happens to a log, if it is one of these kinds."""
        return next((f for f in self.faults if f.kind in kinds and f.covers(heid, at)), None)

    def late_by(self, fault: Fault) -> timedelta:
        """How long a log is held up."""
        return LATE_BY[(fault.at.day + fault.heid) % len(LATE_BY)] * INTERVAL

    def kinds(self) -> dict[str, int]:
        """How often each kind of fault happens."""
        return dict(Counter(fault.kind for fault in self.faults))

    def pieces(self, alone: set[datetime]) -> Iterator[list[datetime]]:
        """The snapshots in the pieces that a call each catches up; some stand alone."""
        dice = random.Random(self.seed + 1)
        rest = list(self.snapshots)
        alone = alone | {rest[0], *self.short_outages, *self.broken_transfers}
        while rest:
            length = 1 if rest[0] in alone else dice.choice(CHUNKS)
            piece = [rest.pop(0)]
            while rest and len(piece) < length and rest[0] not in alone:
                piece.append(rest.pop(0))
            yield piece
