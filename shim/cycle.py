"""The periodic cycle: collection logs in, usage files out. What to do is asked of the rules.

Each snapshot is a cycle of its own, an old one too: what an outage left behind is worked off in
order, as if each cycle had run in its time (docs/decisions/0029).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from kenshin import abreast
from kenshin.catalog import Catalog
from kenshin.durable import sync_folder
from kenshin.engines import EngineError, Result, Session
from kenshin.engines.base import BUSY, REPEAT, STATE_FORBIDS
from kenshin.incident import DELIVERY, REJECTED, TRANSFER, Incidents
from kenshin.intake import Refused, Tray, fetch, listed, offer
from kenshin.lock import Busy as Busy
from kenshin.rules import Rules
from kenshin.transfer import TransferError, deliver_all

LOG = "COLLECTION_LOG_LINE"
IMPORT = "IMPORT_COLLECTION_LOG_ROWS"
_OPEN = {"DUE": "awaited", "LATE": "never came: its readings would be missing"}
_NAME = re.compile(r"HE[1-9][0-9]*_([0-9]{12})_(ONTIME|PAST_[0-9]+)\.csv")
_READY = ".ready"
_READY_NAME = re.compile(r"\.USAGE_[A-Z]+_([0-9]{12})_[0-9]{12}\.csv\.ready")
_MOMENT = "%Y-%m-%d %H:%M"
_STAMP = "%Y%m%d%H%M"

Progress = Callable[[str], None]


@dataclass
class Report:
    """What one run did."""

    cycles: list[datetime] = field(default_factory=list)  # finished ones: the first and the last
    count: int = 0  # of cycles finished
    stopped: datetime | None = None  # the cycle that could not be finished
    taken: int = 0
    marked: int = 0
    repeated: int = 0
    rejected: Refused = field(default_factory=Refused)
    failed: list[str] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    alerts: int = 0
    written: int = 0
    delivered: int = 0
    notified: int = 0  # alerts that monitoring was told
    finished: bool = False  # nothing is left to do up to the snapshot that was asked for

    @property
    def exit_status(self) -> int:
        """0 done, 3 done with rejects or gaps, 1 failed, 75 try again."""
        if self.failed:
            return 1
        if self.awaited:
            return 75
        return 3 if self.rejected.count or self.marked else 0

    def line(self) -> str:
        """The result in one line."""
        return ", ".join([self._which(), *self._parts()])

    def _which(self) -> str:
        if self.stopped is not None:
            before = f"{self.count} cycles finished, " if self.count else ""
            return f"{before}{self.stopped:{_MOMENT}} not finished"
        if not self.cycles:
            return "no cycle was run" if self.failed else "no cycle was due"
        first, last = self.cycles[0], self.cycles[-1]
        if first == last:
            return f"{first:{_MOMENT}}"
        return f"{self.count} cycles from {first:{_MOMENT}} to {last:{_MOMENT}}"

    def _parts(self) -> Iterator[str]:
        yield f"{self.taken} logs taken in"
        if self.repeated:
            yield f"{self.repeated} repeated"
        if self.marked:
            yield f"{self.marked} snapshots marked missing"
        if self.rejected.count:
            yield f"{self.rejected.count} rejected: {self.rejected}"
        if self.failed:
            yield f"failed: {'; '.join(self.failed)}"
        if self.awaited:
            yield f"awaited: {', '.join(self.awaited)}"
        yield f"{self.alerts} new alerts"
        yield f"{self.written} usage files"
        if self.delivered:
            yield f"{self.delivered} delivered"

    def fields(self) -> dict[str, object]:
        """The figures of it, for the structured line."""
        return {
            "cycles": self.count,
            "taken": self.taken,
            "missing": self.marked,
            "rejected": self.rejected.count,
            "awaited": len(self.awaited),
            "alerts": self.alerts,
            "usage": self.written,
            "delivered": self.delivered,
            "notified": self.notified,
        }


class Cycle:
    """One run: the cycles since the last finished one, up to a snapshot."""

    def __init__(
        self,
        session: Session,
        catalog: Catalog,
        at: datetime | None,
        now: datetime,
        until: datetime | None = None,
    ) -> None:
        """Up to `until`, without it up to `at`, without both up to the newest snapshot at `now`.

        `at` is where an installation begins that has no finished cycle.
        """
        self.rules = Rules(session, catalog)
        self.config = session.config
        self.inbox = Tray(self.config.inbox)
        self.outbox = self.config.outbox
        self.at = at
        self.until = until
        self.now = now
        self.report = Report()
        self.incidents = Incidents(self.rules, "cycle", now)
        self._files = self.incidents.of("inbox")
        self._logs: dict[int, deque[tuple[datetime, Path]]] = {}
        self._answers: dict[Path, abreast.Answer] = {}  # of logs that were taken in at once
        self._troubled: set[int] = set()  # head-ends whose files could not be read or put away
        self._failing_delivery = False

    def run(self, progress: Progress = lambda _: None) -> Report:
        """Fetch, run cycle after cycle, and deliver what they wrote.

        It stops behind the first cycle that awaits a log, or in which something failed; one
        head-end's failure does not keep the logs of the others from being taken in before.
        """
        try:
            self.report.finished = all(self._up_to(*target, progress) for target in self._targets())
            for heid in set(self._logs) - self._troubled:
                self._files.cleared(TRANSFER, f"HE{heid}")
        except EngineError as error:
            self.report.failed.append(str(error))
        self._deliver(progress)
        return self.report

    def plan(self) -> list[str]:
        """What a run would do, a line for each log; nothing is changed. Raises TransferError."""
        rows = [row for target in self._targets() for row in self._opened(*target) or ()]
        snapshots, heids = _split(rows)
        lines = []
        there = {
            name
            for heid in heids
            for name in listed(self.config.transfer.logs.get(heid), f"HE{heid}_*.csv")
        } | {path.name for path in self.inbox.waiting("HE*.csv")}
        for row in rows:
            name = _ontime(row["HEID"], row["SNAPSHOT_TIME"])
            if row["STATE"] in _OPEN and name not in there:
                lines.append(f"{name}: {_OPEN[row['STATE']]}")
        for name in there:
            stamp = _moment(name)
            if stamp is None:
                lines.append(f"{name}: would be rejected: this is no name of a collection log")
            elif snapshots and stamp <= snapshots[-1][0]:
                lines.append(f"{name}: would be taken in")
        return sorted(set(lines))

    # --- Which cycles ------------------------------------------------------------------------

    def _targets(self) -> list[tuple[datetime | None, bool]]:
        """The snapshots to come to, one after the other, and whether they may be behind us."""
        if self.at is not None and self.until is not None:
            return [(self.at, True), (self.until, False)]
        return [(self.until or self.at, False)]

    def _up_to(self, target: datetime | None, passed: bool, progress: Progress) -> bool:
        """Run the cycles up to a snapshot; whether all are finished."""
        snapshots, _ = _split(self._fetched(target, passed, progress) or [])
        return all(self._cycle(*snapshot, progress) for snapshot in snapshots)

    def _fetched(
        self, at: datetime | None, passed: bool, progress: Progress
    ) -> list[dict[str, Any]] | None:
        """What OPEN_CYCLE answers once the logs of every head-end that it names are fetched."""
        while True:
            rows = self._opened(at, passed)
            new = {row["HEID"] for row in rows or ()} - set(self._logs)
            if not new:
                return rows
            for heid in sorted(new):
                self._fetch(heid, progress)

    def _opened(self, at: datetime | None, passed: bool = False) -> list[dict[str, Any]] | None:
        """What OPEN_CYCLE answers; nothing for a cycle that was finished before."""
        rule = "OPEN_CYCLE"
        opened = self.rules.call(rule, p_cycle_time=at, p_now=self.now)
        if opened.code == REPEAT or (passed and opened.code == STATE_FORBIDS):
            return None
        self._expect(opened, rule)
        return self.rules.rows_of(rule, opened)

    # --- One cycle ---------------------------------------------------------------------------

    def _cycle(self, at: datetime, end: datetime, progress: Progress) -> bool:
        """Run one cycle; whether it is finished."""
        try:
            rows = self._fetched(at, False, progress)
            if rows is not None:
                self._make_room(end)
            if rows is None or (
                self._take_all_in(at, rows, progress) and self._close(at, end, progress)
            ):
                self._count(at)
                return True
        except (EngineError, OSError) as error:
            self.report.failed.append(str(error))
        self.report.stopped = at
        return False

    def _count(self, at: datetime) -> None:
        self.report.count += 1
        self.report.cycles = [*self.report.cycles[:1], at]

    def _make_room(self, end: datetime) -> None:
        """Partitions for what comes in. Others may be using the histories: then the next cycle."""
        made = self.rules.call("EXTEND_HISTORY", p_at=end)
        if made.code != BUSY:
            self._expect(made, "EXTEND_HISTORY")

    def _take_all_in(self, at: datetime, rows: list[dict[str, Any]], progress: Progress) -> bool:
        """The logs of every head-end; whether none failed and none is awaited."""
        failed: set[int] = set()
        progress(f"{at:{_MOMENT}} logs")
        self._answers = abreast.take_in(self.rules, IMPORT, LOG, self._waiting(rows))
        for row in rows:
            heid = row["HEID"]
            progress(f"{at:{_MOMENT}} HE{heid}")
            # A later snapshot must not be taken in before an earlier one of the same head-end.
            if row["STATE"] in ("DUE", "LATE") and heid not in failed:
                late = row["STATE"] == "LATE"
                work = partial(self._snapshot, heid, row["SNAPSHOT_TIME"], late)
                self._isolated(failed, heid, work)
        for heid in sorted({row["HEID"] for row in rows} - failed):
            self._isolated(failed, heid, partial(self._other_logs, heid, at))
        return not failed and not self.report.awaited

    def _waiting(self, rows: list[dict[str, Any]]) -> dict[int, list[abreast.Log]]:
        """The logs that are awaited and here, by head-ends, up to the first that is not here."""
        logs: dict[int, list[abreast.Log]] = {}
        ended: set[int] = set()
        for row in rows:
            heid, snapshot = row["HEID"], row["SNAPSHOT_TIME"]
            if row["STATE"] not in _OPEN or heid in ended:
                continue
            path = self.inbox.folder / _ontime(heid, snapshot)
            if path.exists():
                logs.setdefault(heid, []).append((path, (heid, snapshot, "ONTIME", path.name)))
            else:
                ended.add(heid)
        return logs

    def _isolated(self, failed: set[int], heid: int, work: Callable[[], None]) -> None:
        try:
            work()
        except (EngineError, OSError) as error:
            failed.add(heid)
            self.report.failed.append(f"HE{heid}: {error}")
            self._troubled.add(heid)
            self._files.raised(TRANSFER, str(error), f"HE{heid}")

    def _snapshot(self, heid: int, snapshot: datetime, late: bool) -> None:
        path = self.inbox.folder / _ontime(heid, snapshot)
        if path.exists() and self._take_in(heid, snapshot, "ONTIME", path):
            return
        if not late:
            self.report.awaited.append(path.name)
            return
        rule = "MARK_SNAPSHOT_MISSING"
        self._expect(self.rules.call(rule, p_heid=heid, p_snapshot_time=snapshot), rule)
        self.report.marked += 1

    def _other_logs(self, heid: int, at: datetime) -> None:
        """Past logs that were written by then, and logs of snapshots closed without them."""
        logs = self._logs[heid]
        kept = []
        while logs and logs[0][0] <= at:
            stamp, path = logs.popleft()
            if path.name in self.report.awaited:
                kept.append((stamp, path))
            elif path.exists():
                self._take_in(heid, at, "PAST", path)
        logs.extendleft(reversed(kept))

    def _take_in(self, heid: int, snapshot: datetime, log_class: str, path: Path) -> bool:
        """Take in one log and move it away; False when it was refused."""
        arguments = (heid, snapshot, log_class, path.name)
        result = abreast.answered(self._answers, path) or offer(
            self.rules, IMPORT, LOG, arguments, path
        )
        if result.code == STATE_FORBIDS and log_class == "ONTIME":
            return False
        if not result.ok:
            self._reject(heid, path, f"{result.code} {self.rules.catalog.said(IMPORT, result)}")
            return False
        if result.code == REPEAT:
            self.report.repeated += 1
        else:
            self.report.taken += 1
        self.inbox.done(path)
        return True

    def _reject(self, heid: int, path: Path, why: str) -> None:
        # With the time of the file: a run that breaks off here tells it once.
        at = datetime.fromtimestamp(int(path.stat().st_mtime))
        self.incidents.happened(REJECTED, f"{path.name}: {why}", f"HE{heid}", at)
        self.report.rejected.add(path.name, why)
        self.inbox.reject(path, why)

    def _close(self, at: datetime, end: datetime, progress: Progress) -> bool:
        """Diagnose, write usage, price, and close the cycle; whether that was possible."""
        progress(f"{at:{_MOMENT}} diagnose")
        # So many rows as there are alerts: they are counted, and none is kept.
        database = self.rules.catalog.database_of("DIAGNOSE")
        diagnosed, alerts = self.rules.session.count(database, "DIAGNOSE", at, end)
        self._expect(diagnosed, "DIAGNOSE")
        self.report.alerts += alerts
        progress(f"{at:{_MOMENT}} usage")
        try:
            self._export(at, end, "ONTIME")
            self._export(at, end, "PAST")
        except OSError as error:
            self._undelivered(f"usage of {at:{_MOMENT}}: {error}")
            return False
        progress(f"{at:{_MOMENT}} price")
        priced = self.rules.call("PRICE_CYCLE", p_first_snapshot=at, p_cycle_time=at)
        self._expect(priced, "PRICE_CYCLE")
        self._expect(self.rules.call("FINISH_CYCLE", p_cycle_time=at), "FINISH_CYCLE")
        self._give_out(at)
        return True

    def _export(self, start: datetime, end: datetime, usage_class: str) -> None:
        """Write usage under a name that nobody takes: until the cycle is finished it may change."""
        path = self.outbox / f".USAGE_{usage_class}_{start:%Y%m%d%H%M}_{end:%Y%m%d%H%M}.csv{_READY}"
        self.outbox.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        rule = "EXPORT_USAGE_ROWS"
        result = self.rules.session.stream(
            self.rules.catalog.database_of(rule), rule, (start, end, usage_class), path
        )
        self._expect(result, rule)

    def _ready(self) -> list[tuple[datetime, Path]]:
        """The usage files of cycles that were not finished when they were written; newest first."""
        paths = self.outbox.glob(f".USAGE_*.csv{_READY}")
        found = [(_READY_NAME.fullmatch(path.name), path) for path in paths]
        return sorted(
            ((datetime.strptime(name[1], _STAMP), path) for name, path in found if name),
            reverse=True,
        )

    def _give_out(self, last: datetime) -> None:
        """Let the usage of the cycles up to a finished one be seen: each file exactly once."""
        try:
            for at, path in self._ready():
                if at <= last:
                    path.replace(path.with_name(path.name[1 : -len(_READY)]))
                    self.report.written += 1
            sync_folder(self.outbox)
        except OSError as error:
            self._undelivered(f"usage of {last:{_MOMENT}}: {error}")

    def _give_out_rest(self) -> None:
        """The same for a run that broke off just before. Raises EngineError."""
        for at, _ in self._ready():
            asked = self.rules.call("OPEN_CYCLE", p_cycle_time=at, p_now=max(at, self.now))
            if asked.code in (REPEAT, STATE_FORBIDS):
                self._give_out(at)
                return

    def _expect(self, result: Result, rule: str) -> None:
        if not result.ok:
            said = self.rules.catalog.said(rule, result)
            raise EngineError(f"{rule} answered {result.code} {said}")

    # --- To and from the others --------------------------------------------------------------

    def _fetch(self, heid: int, progress: Progress) -> None:
        """The new logs of a head-end. Of one that cannot be reached what is here counts."""
        remote, name = self.config.transfer.logs.get(heid), f"HE{heid}"
        failed = fetch(remote, self.inbox, f"{name}_*.csv", progress, self.incidents, name)
        if failed:
            self.report.failed.append(f"{name}: {failed}")
        self._logs[heid] = self._logs_of(heid)

    def _logs_of(self, heid: int) -> deque[tuple[datetime, Path]]:
        """The logs that are here, by their names, each with the time when it was written."""
        found = []
        for path in self.inbox.waiting(f"HE{heid}_*.csv"):
            stamp = _moment(path.name)
            if stamp is None:
                self._reject(heid, path, "this is no name of a collection log")
            else:
                found.append((stamp, path))
        return deque(found)

    def _deliver(self, progress: Progress) -> None:
        """Deliver every usage file that waits, of earlier runs as well."""
        try:
            self._give_out_rest()
        except EngineError as error:
            self.report.failed.append(str(error))
        try:
            sent = deliver_all(self.config.transfer.usage, self.outbox, "USAGE_*.csv", progress)
            self.report.delivered = len(sent)
            if not self._failing_delivery:
                self.incidents.cleared(DELIVERY)
        except EngineError as error:
            self.report.failed.append(str(error))
        except TransferError as error:
            self.report.delivered = len(error.done)
            self._undelivered(str(error))
        except OSError as error:
            self._undelivered(str(error))

    def _undelivered(self, why: str) -> None:
        self._failing_delivery = True
        self.report.failed.append(why)
        self.incidents.raised(DELIVERY, why)


def _split(rows: list[dict[str, Any]]) -> tuple[list[tuple[datetime, datetime]], list[int]]:
    """The snapshots of rows, each with the one behind it, and the head-ends."""
    snapshots = {(row["SNAPSHOT_TIME"], row["SNAPSHOT_END"]) for row in rows}
    return sorted(snapshots), sorted({row["HEID"] for row in rows})


def _ontime(heid: int, snapshot: datetime) -> str:
    return f"HE{heid}_{snapshot:%Y%m%d%H%M}_ONTIME.csv"


def _moment(name: str) -> datetime | None:
    """When a log was written, as its name has it; nothing when it is no name of a log."""
    match = _NAME.fullmatch(name)
    try:
        return datetime.strptime(match[1], _STAMP) if match else None
    except ValueError:
        return None
