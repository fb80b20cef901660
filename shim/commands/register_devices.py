"""The verb that registers the devices of facility management's lists."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import click

from kenshin import config as configuration
from kenshin import devices
from kenshin.batch import batch
from kenshin.catalog import Catalog
from kenshin.config import Config
from kenshin.devices import DeviceLeft, Head, ListRefused, RowRefused
from kenshin.dhcp import DhcpError
from kenshin.engines import EngineError, Result, open_session
from kenshin.engines.base import REPEAT
from kenshin.incident import Incidents
from kenshin.intake import Counts, Refused, Tray, Words, fetch, listed
from kenshin.rules import Rules
from kenshin.trial import tried

WORDS = Words(
    files="lists",
    rows="devices registered",
    repeated="were registered before",
    rows_rejected="devices rejected",
    refused="lists rejected",
    figure="registered",
)


class Lists:
    """Works off the lists that wait. A list that broke off is begun anew: what is there repeats."""

    def __init__(self, rules: Rules, tray: Tray, register: devices.Registrar) -> None:
        self.rules = rules
        self.tray = tray
        self.register = register
        self.counts = Counts(WORDS)

    def run(self, progress: Callable[[str], None]) -> None:
        """One list after the other; one's failure does not stop the others, it waits on."""
        for path in self.tray.waiting():
            try:
                head = devices.check(self.rules.catalog, path)
                with self._rejects(path) as reject:
                    left = self._rows(path, head, progress, reject)
                if left.count:
                    self.counts.failed.append(f"{path.name} waits for another run: {left}")
                    continue
                self.tray.done(path)
                self.counts.files += 1
            except ListRefused as error:
                self.counts.refused.add(path.name, str(error))
                self.tray.reject(path, str(error))
            except (EngineError, OSError) as error:
                self.counts.failed.append(f"{path.name}: {error}")

    def trial(self) -> None:
        """The same, each list in a transaction that is taken back."""
        for path in self.tray.waiting():
            try:
                head = devices.check(self.rules.catalog, path)
                tried(self.rules.session, partial(self._tried, path, head, replace(self.counts)))
            except ListRefused as error:
                self.counts.refused.add(path.name, str(error))

    def _tried(self, path: Path, head: Head, before: Counts) -> None:
        self.counts = replace(before)  # it may be done again, after a deadlock
        self._rows(path, head, lambda _: None, lambda *_: None)
        self.counts.files += 1

    def _rows(
        self,
        path: Path,
        head: Head,
        progress: Callable[[str], None],
        reject: Callable[[int, int, str], None],
    ) -> Refused:
        """Register the devices of a list; those that could not be by now."""
        left = Refused()
        for number, fields in devices.rows_of(path):
            progress(f"{path.name} line {number}")
            try:
                arguments = devices.arguments_of(self.rules.catalog, head, fields)
                result = self.register(head.rule, arguments)
            except RowRefused as error:
                result = Result(error.code, str(error))
            except DeviceLeft as error:
                left.add(f"line {number}", str(error))
                continue
            if result.code == REPEAT:
                self.counts.repeated += 1
            elif result.ok:
                self.counts.rows += 1
            else:
                self.counts.rows_rejected += 1
                reject(number, result.code, self.rules.catalog.said(head.rule, result))
        return left

    @contextmanager
    def _rejects(self, path: Path) -> Iterator[Callable[[int, int, str], None]]:
        """The file of the rows of a list that were refused, which appears when it is whole.

        It has the name, and the number, that its list will have in done/.
        """
        folder = self.tray.folder / "rejected"
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / f"{self.tray.name_when_done(path)}.rejects.csv"
        part = whole.with_name(whole.name + ".part")
        rows = 0
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["LINE_NO", "RESULT_CODE", "REASON"])

            def reject(number: int, code: int, why: str) -> None:
                nonlocal rows
                rows += 1
                writer.writerow([number, code, why])

            yield reject
            writer.writerow([devices.END, rows])
        if rows:
            part.replace(whole)
        else:
            part.unlink()


def _work(rules: Rules, config: Config, dry_run: bool, progress: Callable[[str], None]) -> Counts:
    tray = Tray(config.inbox / "devices")
    incidents = Incidents(rules, "register-devices", datetime.now())
    if dry_run:
        lists = Lists(rules, tray, devices.Tried(rules))
        lists.trial()
        for name in listed(config.transfer.devices, "*"):
            click.echo(f"{name}: would be fetched")
        return lists.counts
    linked = devices.Linked(rules, config, "register-devices", _say)
    lists = Lists(rules, tray, linked)
    try:
        linked.settle()
    except (DhcpError, EngineError) as error:
        lists.counts.warning = f"changes of DHCP stay open: {error}"
    failed = fetch(config.transfer.devices, tray, "*", progress, incidents)
    if failed:
        lists.counts.failed.append(failed)
    lists.run(progress)
    return lists.counts


def _say(text: str) -> None:
    click.echo(f"register-devices: {text}", err=True)


@click.command("register-devices")
@click.option(
    "--dry-run", is_flag=True, help="Try the lists here, list the others; change nothing."
)
@click.pass_obj
def register_devices(path: Path, dry_run: bool) -> None:
    """Fetch device lists and register each device.

    They wait in inbox/devices, and are in its done/ afterwards; rejected/NAME.rejects.csv then
    says which lines were refused, and why. A list is UTF-8 CSV with a header, one device a line,
    and a last line #END,<devices>. Its columns are the arguments of REGISTER_CONTROLLER or of
    REGISTER_CONCENTRATOR, in any order, and say by which of the two its devices are registered;
    an empty field is null. No list holds a password. Each device is a transaction: a list that
    broke off goes on when it is begun anew.

    Exit status: 0 done; 3 done, with devices or lists that were rejected; 1 failed; 75 another
    run is at work.
    """
    config = configuration.load(path)
    with batch("register-devices", config) as run, open_session(config) as session:
        rules = Rules(session, Catalog(config.dialect))
        counts = _work(rules, config, dry_run, run.progress)
        would = "would be: " if dry_run else ""
        run.say(would + counts.line(), counts.status, **counts.fields())
