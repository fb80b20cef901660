"""An installation whose batch verbs are run as cron does: files, folders of others, and syslog."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from actors import write_config
from case import Call, do, plain_rows
from cases._station import STATION, head_ends
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.commands.add_certificates import add_certificates
from kenshin.commands.close_month import close_month
from kenshin.commands.cycle import cycle
from kenshin.commands.import_bill import import_bill
from kenshin.commands.register_devices import register_devices
from kenshin.commands.sync_he import sync_he
from kenshin.config import Config
from kenshin.engines import Session, open_session
from kenshin.lock import Busy

START = datetime(2026, 1, 14, 10, 0)
INTERVAL = timedelta(minutes=30)
SOON = timedelta(minutes=5)  # behind a snapshot, within the grace
LATE = timedelta(minutes=25)  # and past it
VERBS: dict[str, click.Command] = {
    "cycle": cycle,
    "sync-he": sync_he,
    "import-bill": import_bill,
    "add-certificates": add_certificates,
    "register-devices": register_devices,
    "close-month": close_month,
}
LOG_HEADER = "PD_TABLE_KEY,LD_ADDRESS,SUB_NUMBER,MEASURED_TIME,VALUE,STATUS"
HEADS = {1: (901, 902, 903), 2: (904,)}  # the meters of STATION
# Columns that the clock of the wall decides, or that number rows.
PASSING = re.compile(
    r"GENERATED_TIME|RECORDED_AT|STARTED_AT|UPDATED_AT|CLOSED_AT|.*NOTIFIED_AT|CLEAR_.*|.*_ID|CHANGED_AT"
)
# An event ends when it is recorded, a missing log not before.
ENDED = "CASE WHEN ALERT_CODE IN ('LOG_REJECTED', 'LOG_MISSING') THEN NULL ELSE CLEARED_AT END"
FINISHED_AT = {"COLLECTION_LOG", "CYCLE_LOG", "IMPORT_LOG"}


def text_of(header: str, lines: Sequence[str]) -> str:
    return "\n".join([header, *lines, f"#END,{len(lines)}", ""])


def stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M}"


@dataclass(frozen=True)
class Outcome:
    """What a verb said and how it ended."""

    status: int
    said: str


@dataclass
class Site:
    """One installation with two head-ends, a folder of each, and a folder of billing."""

    config: Config
    folder: Path
    catalog: Catalog
    heard: socket.socket
    path: Path = field(default=Path())

    @property
    def inbox(self) -> Path:
        return self.config.inbox

    @property
    def outbox(self) -> Path:
        return self.config.outbox

    def remote(self, name: str) -> Path:
        return self.folder / "others" / name

    def configure(self, transfer: str = "") -> None:
        """Write kenshin.toml; `transfer` names folders of others, or has entries of its own."""
        self.path = write_config(self.config, self.folder)
        text = self.path.read_text().replace(
            "[files]", f'[files]\ninbox = "{self.inbox}"\noutbox = "{self.outbox}"'
        )
        entries = f'[syslog]\nto = "unix:{self.folder}/log"\n'
        for name in transfer.split() if "[" not in transfer else []:
            self.remote(name).mkdir(parents=True, exist_ok=True)
            entries += f'[transfer.{name}]\nurl = "file://{self.remote(name)}"\n'
        self.path.write_text(text + entries + (transfer if "[" in transfer else ""))

    def run(self, verb: str, *words: str) -> Outcome:
        """Run a verb in this process."""
        result = CliRunner().invoke(VERBS[verb], list(words), obj=self.path)
        error = result.exception
        if isinstance(error, Busy):
            return Outcome(75, str(error))
        if error is not None and not isinstance(error, SystemExit):
            raise error
        return Outcome(result.exit_code, result.output)

    def cycle(self, at: datetime | None, now: datetime, *words: str) -> Outcome:
        which = [f"{at:%Y-%m-%dT%H:%M}"] if at is not None else []
        return self.run("cycle", *which, "--now", f"{now:%Y-%m-%dT%H:%M}", *words)

    def messages(self) -> list[str]:
        """What syslog has heard since the last time."""
        found = []
        while True:
            try:
                found.append(self.heard.recv(65536).decode())
            except BlockingIOError:
                return found

    # --- Rows -------------------------------------------------------------------------------

    @contextmanager
    def session(self) -> Iterator[Session]:
        with open_session(self.config) as session:
            yield session

    def given(self, calls: Sequence[Call]) -> None:
        database_of = {name: found[0] for name, found in self.catalog.objects.items()}
        with self.session() as session, session.transaction():
            for call in calls:
                do(session, database_of, call)

    def read(self, query: str) -> list[tuple[Any, ...]]:
        database, sql = query.split(":", 1)
        with self.session() as session:
            return plain_rows(session.execute(database, sql))

    def alerts(self, code: str) -> list[tuple[Any, ...]]:
        """Device, message and whether it is open, of each alert of a code."""
        return self.read(
            "mdm:SELECT DEVICE, MESSAGE, CASE WHEN CLEARED_AT IS NULL THEN 1 ELSE 0 END"
            f" FROM MDM_ALERT_HISTORY WHERE ALERT_CODE = '{code}' ORDER BY ALERT_ID"
        )

    def tables(self, passing: bool = True) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table; without what the clock of the wall decides if so wished."""
        found = {}
        with self.session() as session:
            for name, (database, declared) in sorted(self.catalog.objects.items()):
                if declared.kind != "table" or name.startswith("SCHEMA_"):
                    continue
                columns = [c for c in declared.columns if passing or not self._passes(name, c)]
                if not passing and name == "MDM_ALERT_HISTORY":
                    columns[columns.index("CLEARED_AT")] = ENDED
                rows = session.execute(database, f"SELECT {', '.join(columns)} FROM {name}")
                found[name] = sorted(plain_rows(rows), key=repr)
        return found

    @staticmethod
    def _passes(table: str, column: str) -> bool:
        if column == "LD_ID":
            return False
        return (
            bool(PASSING.fullmatch(column))
            or (column == "FINISHED_AT" and table in FINISHED_AT)
            or (column == "TABLE_KEY" and table == "LOGICAL_DEVICE")
        )

    def clear(self) -> None:
        """As it was made, with the station in it."""
        with self.session() as session, session.transaction():
            for name, (database, declared) in self.catalog.objects.items():
                if declared.kind == "table" and name in CHANGING:
                    session.execute(database, f"DELETE FROM {name}")
        self.given([*STATION, head_ends(1, 2)])
        for folder in (self.inbox, self.outbox, self.folder / "others"):
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
        self.messages()

    # --- Logs -------------------------------------------------------------------------------

    def log(
        self, heid: int, at: datetime, folder: Path | None = None, without: Sequence[int] = ()
    ) -> Path:
        """The log of a snapshot: each meter counts one a slot."""
        slot = (at - START) // INTERVAL
        lines = [
            f"{key},2,1,{at},{1000 + key + slot},0" for key in HEADS[heid] if key not in without
        ]
        return self.write(f"HE{heid}_{stamp(at)}_ONTIME.csv", LOG_HEADER, lines, folder)

    def past(
        self,
        heid: int,
        written: datetime,
        of: datetime,
        keys: Sequence[int],
        folder: Path | None = None,
    ) -> Path:
        """A log of past readings of one snapshot."""
        slot = (of - START) // INTERVAL
        lines = [f"{key},2,1,{of},{1000 + key + slot},0" for key in keys]
        return self.write(f"HE{heid}_{stamp(written)}_PAST_1.csv", LOG_HEADER, lines, folder)

    def write(
        self, name: str, header: str, lines: Sequence[str], folder: Path | None = None
    ) -> Path:
        path = (folder or self.inbox) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(header, lines))
        return path


CHANGING = {
    "USAGE_HISTORY", "QUOTE_HISTORY", "USAGE_GAP", "USAGE_REVISION", "IMPORT_REJECT", "IMPORT_LOG",
    "COLLECTION_LOG", "CYCLE_LOG", "MDM_ALERT_HISTORY", "MONTH_CLOSED", "MONTH_TOTAL",
    "MONTH_USAGE", "CERTIFICATE_HISTORY", "CONTROLLER", "CONTROLLER_TRANSACTION",
    "LOGICAL_DEVICE", "RULE_ERROR",
}  # fmt: skip


@contextmanager
def site_of(config: Config, folder: Path) -> Iterator[Site]:
    """An installation that is made here, and what hears its messages."""
    release.apply(config)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(folder / "log"))
        heard.setblocking(False)
        yield Site(config, folder, Catalog(config.dialect), heard)


def names(folder: Path) -> list[str]:
    """The files of a folder that have a name of their own."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if path.is_file() and path.name[0] != ".")
