"""Files that come in: where they wait, what a rule makes of one, and where it goes then."""

from __future__ import annotations

import filecmp
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from kenshin.config import Remote
from kenshin.engines import EngineError, Result
from kenshin.engines.base import REPEAT, SQL_FAILED
from kenshin.incident import TRANSFER, Incidents
from kenshin.rules import Rules
from kenshin.transfer import FileRefused, Patience, TransferError, fetch_new, open_place
from kenshin.transfer.link import is_finished
from kenshin.trial import tried

_NAMED = 3  # refusals that a line names


class Tray:
    """A folder in which files wait, with done/ and rejected/ for those that do no longer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def waiting(self, pattern: str = "*") -> list[Path]:
        """The files that wait, by name; not those that are still written under another name."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path for path in self.folder.glob(pattern) if path.is_file() and is_finished(path.name)
        )

    def done(self, path: Path) -> Path:
        """Put away a file that was taken in."""
        return path.replace(_place(path, self.folder / "done"))

    def reject(self, path: Path, why: str) -> Path:
        """Put away a file that was refused; `<name>.why` beside it says why."""
        place = _place(path, self.folder / "rejected")
        place.with_name(place.name + ".why").write_text(why + "\n", encoding="utf-8")
        return path.replace(place)

    def name_when_done(self, path: Path) -> str:
        """The name that a file will have in done/."""
        return _place(path, self.folder / "done").name


def _place(path: Path, folder: Path) -> Path:
    """Where a file goes in a folder: another one of its name that lies there keeps its place."""
    folder.mkdir(parents=True, exist_ok=True)
    place, number = folder / path.name, 1
    while place.exists() and not filecmp.cmp(path, place, shallow=False):
        number += 1
        place = folder / f"{path.name}.{number}"
    return place


@dataclass
class Refused:
    """Files that were refused: how many, and the first ones with the reason."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def add(self, name: str, why: str) -> None:
        """One more."""
        self.count += 1
        if len(self.named) < _NAMED:
            self.named.append(f"{name}: {why}")

    def __str__(self) -> str:
        more = self.count - len(self.named)
        return "; ".join([*self.named, *([f"{more} more"] if more else [])])


def offer(rules: Rules, rule: str, staging: str, arguments: Sequence[Any], path: Path) -> Result:
    """What a rule makes of a file, which is streamed to it. Raises EngineError when it failed."""
    catalog = rules.catalog
    database, columns = catalog.database_of(rule), catalog.file_columns(staging)
    result = rules.session.call_with_file(database, rule, arguments, staging, columns, path)
    if result.code >= SQL_FAILED:
        raise EngineError(f"{path.name}: {rule} answered {result.code} {result.message}")
    return result


def fetch(
    remote: Remote | None,
    tray: Tray,
    pattern: str,
    progress: Callable[[str], None],
    incidents: Incidents,
    device: str | None = None,
    patience: Patience | None = None,
) -> str:
    """Fetch what is new into a tray; what went wrong, which raises an alert, or nothing.

    That single files cannot be had is an alert of its own: their place has been reached.
    """
    files, failed = incidents.of("files"), ""
    try:
        tray.folder.mkdir(parents=True, exist_ok=True)
        fetch_new(remote, tray.folder, pattern, progress, patience)
    except FileRefused as error:
        failed = str(error)
        files.raised(TRANSFER, failed, device)
    except (TransferError, OSError) as error:
        incidents.raised(TRANSFER, str(error), device)
        return str(error)
    else:
        files.cleared(TRANSFER, device)
    incidents.cleared(TRANSFER, device)
    return failed


def listed(remote: Remote | None, pattern: str) -> list[str]:
    """The names of the files that could be fetched. Raises TransferError."""
    if remote is None:
        return []
    with open_place(remote) as place:
        return sorted(entry.name for entry in place.entries(pattern))


@dataclass(frozen=True)
class Kind:
    """A kind of file, and the rule that takes one in."""

    folder: str  # below the inbox
    rule: str
    staging: str
    remote: Remote | None
    arguments: Callable[[str], Sequence[Any]]  # of the rule, from the name of a file


@dataclass(frozen=True)
class Words:
    """What a line says of each of the counts, and what the structured line calls the rows."""

    files: str = "files taken in"
    rows: str = "rows"
    repeated: str = "files repeated"
    rows_rejected: str = "rows rejected"
    refused: str = "files rejected"
    figure: str = "rows"


@dataclass
class Counts:
    """What became of the files of one run, and of what stands in them."""

    words: Words = Words()
    files: int = 0  # taken in
    rows: int = 0
    repeated: int = 0
    rows_rejected: int = 0
    refused: Refused = field(default_factory=Refused)
    failed: list[str] = field(default_factory=list)
    warning: str = ""

    def line(self) -> str:
        """It in one line."""
        parts = [f"{self.files} {self.words.files}", f"{self.rows} {self.words.rows}"]
        if self.repeated:
            parts.append(f"{self.repeated} {self.words.repeated}")
        if self.rows_rejected:
            parts.append(f"{self.rows_rejected} {self.words.rows_rejected}")
        if self.refused.count:
            parts.append(f"{self.refused.count} {self.words.refused}: {self.refused}")
        if self.failed:
            parts.append(f"failed: {'; '.join(self.failed)}")
        if self.warning:
            parts.append(f"warning: {self.warning}")
        return ", ".join(parts)

    def fields(self) -> dict[str, object]:
        """The figures of it, for the structured line."""
        return {
            "files": self.files,
            self.words.figure: self.rows,
            "repeated": self.repeated,
            "rows_rejected": self.rows_rejected,
            "rejected": self.refused.count,
        }

    @property
    def status(self) -> int:
        """0 done, 3 rows or files were rejected, 1 failed."""
        if self.failed:
            return 1
        return 3 if self.rows_rejected or self.refused.count else 0


class Intake:
    """Takes in the files of a kind, one after the other by their names."""

    def __init__(self, rules: Rules, inbox: Path, kind: Kind, incidents: Incidents) -> None:
        self.rules = rules
        self.tray = Tray(inbox / kind.folder)
        self.kind = kind
        self.incidents = incidents
        self.counts = Counts()

    def run(self, progress: Callable[[str], None]) -> Counts:
        """Fetch and take in. One file's failure does not stop the others: it waits on."""
        failed = fetch(self.kind.remote, self.tray, "*", progress, self.incidents)
        if failed:
            self.counts.failed.append(failed)
        for path in self.tray.waiting():
            progress(path.name)
            try:
                self._settle(path, self._offer(path))
            except (EngineError, OSError) as error:
                self.counts.failed.append(str(error))
        return self.counts

    def trial(self) -> tuple[Counts, Iterable[str]]:
        """The same with every change taken back and every file left; the names of the others'."""
        for path in self.tray.waiting():
            result = tried(self.rules.session, partial(self._counted, path))
            if not result.ok:
                self.counts.refused.add(path.name, self._said(result))
        return self.counts, listed(self.kind.remote, "*")

    def _offer(self, path: Path) -> Result:
        kind = self.kind
        return offer(self.rules, kind.rule, kind.staging, kind.arguments(path.name), path)

    def _counted(self, path: Path) -> Result:
        result = self._offer(path)
        if result.ok:
            self._count(path.name, result)
        return result

    def _settle(self, path: Path, result: Result) -> None:
        if result.ok:
            self._count(path.name, result)
            self.tray.done(path)
        else:
            self.counts.refused.add(path.name, self._said(result))
            self.tray.reject(path, self._said(result))

    def _said(self, result: Result) -> str:
        return f"{result.code} {self.rules.catalog.said(self.kind.rule, result)}"

    def _count(self, name: str, result: Result) -> None:
        if result.code == REPEAT:
            self.counts.repeated += 1
            return
        self.counts.files += 1
        newest = self.rules.rows("IMPORT_RESULT", "WHERE FILE_NAME = ? ORDER BY FINISHED_AT", name)
        self.counts.rows += newest[-1]["ROWS_READ"]
        self.counts.rows_rejected += newest[-1]["ROWS_REJECTED"]
