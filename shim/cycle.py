"""The periodic cycle: collection logs in, usage files out. What to do is asked of the rules."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kenshin.catalog import Catalog
from kenshin.engines import EngineError, Result, Session

LOG = "COLLECTION_LOG_LINE"
STATE_FORBIDS = 3002
_NAME = re.compile(r"HE(?P<heid>[1-9])_\d{12}_(ONTIME|PAST_\d+)\.csv")


class Busy(Exception):
    """Another run holds the lock."""


@dataclass
class Report:
    """What one cycle did."""

    at: datetime
    taken: int = 0
    marked: int = 0
    repeated: int = 0
    rejected: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    awaited: list[str] = field(default_factory=list)
    alerts: int = 0
    written: list[Path] = field(default_factory=list)
    finished: bool = False

    @property
    def exit_status(self) -> int:
        """0 done, 3 done with rejects or gaps, 1 failed, 75 try again."""
        if self.failed:
            return 1
        if self.awaited:
            return 75
        return 3 if self.rejected or self.marked else 0

    def line(self) -> str:
        """The result in one line."""
        parts = [f"cycle {self.at:%Y-%m-%d %H:%M}", f"{self.taken} logs taken in"]
        if self.repeated:
            parts.append(f"{self.repeated} repeated")
        if self.marked:
            parts.append(f"{self.marked} snapshots marked missing")
        if self.rejected:
            parts.append(f"rejected: {'; '.join(self.rejected)}")
        if self.failed:
            parts.append(f"failed: {'; '.join(self.failed)}")
        if self.awaited:
            parts.append(f"awaited: {', '.join(self.awaited)}")
        parts.append(f"{self.alerts} new alerts")
        parts.append(f"{len(self.written)} usage files")
        return ", ".join(parts)


@contextmanager
def locked(folder: Path, name: str) -> Iterator[None]:
    """Hold a lock of the installation; raise Busy at once when another process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(f"another {name} holds {file.name}") from error
        yield


class Cycle:
    """One run of the cycle of one snapshot."""

    def __init__(self, session: Session, catalog: Catalog, at: datetime, now: datetime) -> None:
        self.session = session
        self.catalog = catalog
        self.inbox = session.config.inbox
        self.outbox = session.config.outbox
        self.at = at
        self.now = now
        self.report = Report(at)

    def run(self, progress: Callable[[str], None] = lambda _: None) -> Report:
        """Take in what has come, and when nothing is awaited any more, deliver and close.

        Raises EngineError when a rule fails for all head-ends alike; one head-end's failure
        is reported and does not stop the others.
        """
        opened = self._call("OPEN_CYCLE", self.at, self.now)
        if opened.code == 10:
            self.report.finished = True
            return self.report
        _expect(opened, "OPEN_CYCLE")
        for heid, snapshot, _, state in opened.rows:
            progress(f"HE{heid} {snapshot:%Y-%m-%d %H:%M}")
            if state in ("DUE", "LATE") and not self._has_failed(heid):
                self._isolated(heid, self._snapshot, snapshot, state)
        for heid in sorted({row[0] for row in opened.rows}):
            self._isolated(heid, self._other_logs)
        if not self.report.failed and not self.report.awaited:
            self._deliver(sorted({(row[1], row[2]) for row in opened.rows}), progress)
        return self.report

    def _call(self, rule: str, *arguments: object) -> Result:
        return self.session.call(self.catalog.database_of(rule), rule, *arguments)

    def _has_failed(self, heid: int) -> bool:
        # A later snapshot must not be taken in before an earlier one of the same head-end.
        return any(line.startswith(f"HE{heid}:") for line in self.report.failed)

    def _isolated(self, heid: int, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(heid, *arguments)
        except (EngineError, OSError) as error:
            self.report.failed.append(f"HE{heid}: {error}")

    def _snapshot(self, heid: int, snapshot: datetime, state: str) -> None:
        path = self.inbox / f"HE{heid}_{snapshot:%Y%m%d%H%M}_ONTIME.csv"
        if path.exists() and self._take_in(heid, snapshot, "ONTIME", path):
            return
        if state == "DUE":
            self.report.awaited.append(path.name)
            return
        _expect(self._call("MARK_SNAPSHOT_MISSING", heid, snapshot), "MARK_SNAPSHOT_MISSING")
        self.report.marked += 1

    def _other_logs(self, heid: int) -> None:
        """Past logs, and logs of snapshots that were closed without them."""
        for path in sorted(self.inbox.glob(f"HE{heid}_*.csv")):
            match = _NAME.fullmatch(path.name)
            if match is None:
                self._reject(path, "is no name of a collection log")
            elif "_PAST_" in path.name or path.name not in self.report.awaited:
                self._take_in(heid, self.at, "PAST", path)

    def _take_in(self, heid: int, snapshot: datetime, log_class: str, path: Path) -> bool:
        """Take in one log and move it away; False when it was refused."""
        rule = "IMPORT_COLLECTION_LOG_ROWS"
        result = self.session.call_with_file(
            self.catalog.database_of(rule),
            rule,
            (heid, snapshot, log_class, path.name),
            LOG,
            self.catalog.file_columns(LOG),
            path,
        )
        if result.code == STATE_FORBIDS and log_class == "ONTIME":
            return False
        if not result.ok:
            if result.code >= 9000:
                raise EngineError(f"{path.name}: {rule} answered {result.code} {result.message}")
            self._reject(
                path, f"{result.code} {result.message or self.catalog.meaning(rule, result.code)}"
            )
            return False
        if result.code == 10:
            self.report.repeated += 1
        else:
            self.report.taken += 1
        _move(path, self.inbox / "done")
        return True

    def _reject(self, path: Path, why: str) -> None:
        self.report.rejected.append(f"{path.name}: {why}")
        _move(path, self.inbox / "rejected")

    def _deliver(
        self, snapshots: list[tuple[datetime, datetime]], progress: Callable[[str], None]
    ) -> None:
        for start, end in snapshots:
            progress(f"diagnose {start:%Y-%m-%d %H:%M}")
            diagnosed = self._call("DIAGNOSE", start, end)
            _expect(diagnosed, "DIAGNOSE")
            self.report.alerts += len(diagnosed.rows)
            self._export(start, end, "ONTIME")
        self._export(self.at, snapshots[-1][1], "PAST")
        progress("price")
        _expect(self._call("PRICE_CYCLE", snapshots[0][0], self.at), "PRICE_CYCLE")
        _expect(self._call("FINISH_CYCLE", self.at), "FINISH_CYCLE")
        self.report.finished = True

    def _export(self, start: datetime, end: datetime, usage_class: str) -> None:
        name = f"USAGE_{usage_class}_{start:%Y%m%d%H%M}_{end:%Y%m%d%H%M}.csv"
        path = self.outbox / name
        if path.exists():
            return  # delivered by a run that broke off behind it: the rows have not changed since
        self.outbox.mkdir(parents=True, exist_ok=True)
        rule = "EXPORT_USAGE_ROWS"
        result = self.session.stream(
            self.catalog.database_of(rule), rule, (start, end, usage_class), path
        )
        _expect(result, rule)
        if path.exists():
            self.report.written.append(path)


def _expect(result: Result, rule: str) -> None:
    if not result.ok:
        raise EngineError(f"{rule} answered {result.code} {result.message}")


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path.replace(folder / path.name)
