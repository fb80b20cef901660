"""The demonstration: four head-ends, a week of real load curves, losses and repairs."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from kenshin import config as configuration
from kenshin import release
from kenshin.catalog import Catalog
from kenshin.cycle import Cycle
from kenshin.engines import EngineError, open_session
from kenshin.rules import Rules
from kenshin.simulator import Points
from kenshin.station import ENERGY_ALONE, METER, Device, Station, moments, plan

INTERVAL = timedelta(minutes=30)
START = datetime(2026, 1, 12, 0, 30)
MARKER = ".kenshin-demo"
_CONFIG = """\
# The installation that the demonstration made: everything lies in this folder.
engine = "firebird-embedded"

[connection]
durable = false   # a power cut may cost this demonstration its end; real installations leave it out
"""


@dataclass
class Options:
    """What the demonstration does; all of it follows from the seed."""

    folder: Path
    meters: int = 500
    days: float = 7
    seed: int = 2026
    loss: float = 0.02
    unanswered: float = 0.1


@dataclass
class Counts:
    """What went by."""

    taken: int = 0
    marked: int = 0
    rejected: int = 0
    incidents: list[str] = field(default_factory=list)


class Demo:
    """One run of the demonstration."""

    def __init__(self, options: Options, console: Console) -> None:
        self.options = options
        self.console = console
        self.dice = random.Random(options.seed)  # noqa: S311 - a simulation
        self.counts = Counts()
        self.exchanged: set[str] = set()
        self.late: dict[datetime, list[Path]] = {}

    def run(self) -> None:
        """Make the installation, run the cycles, and print what came out.

        Raises EngineError when a rule refuses what must work, or the folder is somebody else's.
        """
        began = time.monotonic()
        config = self._prepare()
        with self._progress() as progress:
            bar = progress.add_task("install the schema", total=None)
            release.apply(
                config, lambda at: progress.update(bar, completed=at.number, total=at.total)
            )
        with open_session(config) as session:
            rules = Rules(session, Catalog(config.dialect))
            release.load_rows(session, config, "demo")
            station = Station(
                rules,
                self.options.seed,
                START - INTERVAL,
                self.options.loss,
                self.options.unanswered,
            )
            self._register(rules, station)
            station.open_heads(config.inbox, backwards=(7,))
            self._cycles(rules, station)
            self._report(rules, config, time.monotonic() - began)

    def _prepare(self) -> configuration.Config:
        folder = self.options.folder
        if folder.exists() and any(folder.iterdir()):
            if not (folder / MARKER).exists():
                raise EngineError(
                    f"{folder} is not a demonstration's folder; name another with --folder"
                )
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).touch()
        path = folder / "kenshin.toml"
        path.write_text(_CONFIG, encoding="utf-8")
        return configuration.load(path)

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def _register(self, rules: Rules, station: Station) -> None:
        rules.run("SET_CONFIG", p_name="HE_ALLOCATION", p_value="BALANCE")
        meters = self.options.meters
        with self._progress() as progress:
            bar = progress.add_task(f"register {meters} devices", total=meters)
            station.register(plan(meters), lambda: progress.advance(bar))
        rules.run("SYNC_HE")

    def _cycles(self, rules: Rules, station: Station) -> None:
        items = station.items()
        readings = sum(map(len, items.values()))
        self.console.print(
            f"{self.options.meters} devices on four head-ends, {readings} readings each half hour"
        )
        snapshots = list(moments(START, self.options.days, INTERVAL))
        swap = snapshots[len(snapshots) * 3 // 7]
        with self._progress() as progress:
            bar = progress.add_task("half-hourly cycles", total=len(snapshots))
            for at in snapshots:
                if at.hour % 6 == 0 and at.minute == 0:
                    # A cycle of cron has a connection of its own; one kept for days grows slow.
                    rules.session.close()
                    rules.session.connect()
                if at == swap:
                    self._exchange(station, at)
                    items = station.items()
                self._collect(station, items, at)
                report = Cycle(
                    rules.session, rules.catalog, at, at + INTERVAL - timedelta(minutes=1)
                ).run()
                if report.failed or not report.finished:
                    raise EngineError(report.line())
                self.counts.taken += report.taken
                self.counts.marked += report.marked
                self.counts.rejected += report.rejected.count
                progress.update(bar, advance=1, description=f"cycle {at:%a %d %b %H:%M}")
                for incident in self._news():
                    progress.console.print(f"  {at:%d %b %H:%M}  {incident}")
            # What is still missing is asked for until the meters have answered, or will not.
            self._last_repolls(rules, station, items, snapshots[-1])

    def _collect(self, station: Station, items: dict[int, Points], at: datetime) -> None:
        for heid, head in station.heads.items():
            head.repoll(at, station.targets(heid), items[heid])
            path = head.collect(at, items[heid].values())
            if path is None:
                continue
            fate = self.dice.random()
            if fate < 0.004:
                path.unlink()
                self.counts.incidents.append(f"HE{heid}: the log was lost on its way")
            elif fate < 0.01:
                path = path.rename(path.with_suffix(".held"))
                self.late.setdefault(at + 2 * INTERVAL, []).append(path)
                self.counts.incidents.append(f"HE{heid}: the log is held up for an hour")
        for path in self.late.pop(at, []):
            path.rename(path.with_suffix(".csv"))

    def _last_repolls(
        self,
        rules: Rules,
        station: Station,
        items: dict[int, Points],
        last: datetime,
    ) -> None:
        for step in range(1, 49):
            at = last + step * INTERVAL
            open_slots = sum(1 for heid in station.heads for _ in station.targets(heid))
            if not open_slots:
                return
            # The meters go on; their logs are taken in like any other.
            self._collect(station, items, at)
            report = Cycle(
                rules.session, rules.catalog, at, at + INTERVAL - timedelta(minutes=1)
            ).run()
            if step >= 4 or report.failed:
                return

    def _exchange(self, station: Station, at: datetime) -> None:
        old = Device(9, METER, (ENERGY_ALONE,))
        new = Device(900_009, METER, (ENERGY_ALONE,))
        station.exchange(old, new, at)
        self.exchanged.add(old.point(0))
        self.counts.incidents.append(
            f"meter {old.serial} exchanged for {new.serial} at point {old.point(0)}"
        )

    def _news(self) -> list[str]:
        news, self.counts.incidents = self.counts.incidents, []
        return news

    def _report(self, rules: Rules, config: configuration.Config, seconds: float) -> None:
        snapshots = rules.rows("SNAPSHOT_COMPLETENESS", "ORDER BY MEASURED_TIME")
        days = rules.rows("DAILY_TOTAL", "ORDER BY DAY_ON, UNIT")
        table = Table(title=f"A week of kenshin in {seconds:.0f} s", show_header=False)
        for name, value in self._figures(rules, snapshots, days):
            table.add_row(name, value)
        self.console.print(table)
        chart = _chart(config.outbox.parent / "chart.png", snapshots, days)
        last = sorted(config.outbox.glob("USAGE_ONTIME_*.csv"))[-1]
        self.console.print(f"usage files   {last.parent}  (newest: {last.name})", soft_wrap=True)
        self.console.print(f"database      {config.places['mdm']}", soft_wrap=True)
        self.console.print(f"chart         {chart}", soft_wrap=True)

    def _figures(
        self, rules: Rules, snapshots: list[dict[str, Any]], days: list[dict[str, Any]]
    ) -> list[tuple[str, str]]:
        def total(column: str) -> int:
            return sum(int(row[column]) for row in snapshots)

        expected, on_time, again = total("EXPECTED"), total("READ_ON_TIME"), total("RE_POLLED")
        missing = total("STILL_MISSING")
        balance = [
            row
            for row in rules.rows("USAGE_BALANCE")
            if row["LD_ID"].strip() not in self.exchanged
            and row["SUB_NUMBER"] == 1
            and row["OPEN_SLOTS"] == 0
        ]
        exact = sum(
            row["USAGE_SUM"] == row["LAST_READING"] - row["FIRST_READING"] for row in balance
        )
        alerts = Counter(row["ALERT_CODE"].strip() for row in rules.rows("OPEN_ALERT"))
        money = sum((row["QUOTE_SUM"] or Decimal(0) for row in days), Decimal(0))
        co2 = sum((row["CO2_SUM"] or Decimal(0) for row in days), Decimal(0))
        units = {row["UNIT"].strip() for row in days}
        lines = [
            ("readings expected", f"{expected:,}"),
            ("read on time", f"{on_time:,}  ({on_time / expected:.3%})"),
            ("repaired by re-polling", f"{again:,}"),
            (
                "complete after re-polling",
                f"{(on_time + again) / expected:.3%}  ({missing:,} still missing)",
            ),
            ("logs taken in", f"{self.counts.taken:,}, {self.counts.marked} never came on time"),
        ]
        for unit in sorted(units):
            used = sum(
                (row["USAGE_SUM"] or Decimal(0) for row in days if row["UNIT"].strip() == unit),
                Decimal(0),
            )
            lines.append((f"usage in {unit}", f"{used:,.2f}"))
        lines += [
            ("estimated bills", f"{money:,.2f}"),
            ("carbon dioxide, kg", f"{co2:,.2f}"),
            ("usage = registers' difference", f"{exact} of {len(balance)} complete points"),
            (
                "open alerts",
                ", ".join(f"{n} {code}" for code, n in sorted(alerts.items())) or "none",
            ),
        ]
        return lines


def _chart(path: Path, snapshots: list[dict[str, Any]], days: list[dict[str, Any]]) -> Path:
    """Draw completeness over time, and usage and bills by day."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    times = [row["MEASURED_TIME"] for row in snapshots]
    on_time = [100 * int(row["READ_ON_TIME"]) / int(row["EXPECTED"]) for row in snapshots]
    repaired = [
        100 * (int(row["READ_ON_TIME"]) + int(row["RE_POLLED"])) / int(row["EXPECTED"])
        for row in snapshots
    ]
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(11, 7), constrained_layout=True)
    above.fill_between(times, on_time, repaired, color="#8fbf8f", label="repaired by re-polling")
    above.plot(times, on_time, color="#b04030", linewidth=1, label="read on time")
    above.plot(times, repaired, color="#2f6f3f", linewidth=1.4, label="complete after re-polling")
    above.set(
        title="Readings of each half hour", ylabel="% of the readings expected", ylim=(0, 103)
    )
    above.legend(loc="lower right")
    kwh = [row for row in days if row["UNIT"].strip() == "kWh"]
    names = [f"{row['DAY_ON']:%a %d %b}" for row in kwh]
    below.bar(
        names, [float(row["USAGE_SUM"] or 0) for row in kwh], color="#4a78a8", label="usage, kWh"
    )
    money = below.twinx()
    money.plot(
        names,
        [float(row["QUOTE_SUM"] or 0) for row in kwh],
        color="#c08020",
        marker="o",
        label="estimated bills",
    )
    below.set(title="Electricity by day", ylabel="kWh")
    money.set(ylabel="money")
    money.set_ylim(bottom=0)
    below.legend(loc="upper left")
    money.legend(loc="upper right")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path
